import { execFileSync } from 'node:child_process';
import { lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { e2eImage } from '../helpers/e2e-image.js';
import { add, program, quick } from '../helpers/e2e-programs.js';
import type { Folders } from '../helpers/e2e-job.js';
import { runStep, type Step } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import type { RunnerCommand } from '../helpers/runner-command.js';
import { commandsObeyed } from '../helpers/runner-log.js';

const socket = '/var/run/docker.sock';
const step = { files: add, with: { ...quick, source: 'bpf/add.bpf.c' } };
const docker = (...args: string[]) =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

function everythingIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
}

/** Puts options of `docker run` in front of all others. */
function withOptions(argv: readonly string[], ...options: string[]): string[] {
  const [run = '', ...rest] = argv;
  return [run, ...options, ...rest];
}

/** Takes a mount out of the arguments. */
function withoutMount(argv: string[], target: string): string[] {
  const at = argv.findIndex((word) => word.endsWith(`:${target}`));
  expect(argv[at - 1]).toBe('-v');
  return argv.toSpliced(at - 1, 2);
}

describe.skipIf(!available('docker'))('on a runner', () => {
  it("whose workspace is another user's, all that is left there belongs to that user", async () => {
    const [uid, gid] = [1001, 121];
    const own = (folder: string): void =>
      [folder, ...everythingIn(folder)].forEach((file) => lchownSync(file, uid, gid));
    const { exitCode, log, folders } = await runStep({
      files: program('rejected'),
      with: { source: 'bpf/rejected.bpf.c' },
      prepare: ({ workspace, temp }) => [workspace, temp].forEach(own),
    });
    expect(exitCode, log).toBe(1);
    const left = everythingIn(path.join(folders.workspace, 'kfaas-bench-out'));
    expect(left.map((file) => path.basename(file)).sort()).toEqual([
      '.gitignore',
      'record.json',
      expect.stringMatching(/\.log$/),
    ]);
    for (const file of [...everythingIn(folders.workspace), ...everythingIn(folders.temp)]) {
      expect([file, statSync(file).uid, statSync(file).gid]).toEqual([file, uid, gid]);
    }
  });

  it("that gives it another container's hostname, it finds itself", async () => {
    const github = await startGithub(); // any container that is not the action's
    const other = docker('inspect', '--format', '{{.Id}}', github.network.replace('container:', ''));
    const { exitCode, log, outputs } = await runStep({
      ...step,
      rewrite: ({ argv, environment }) => ({
        argv: withOptions(argv, '--hostname', other.slice(0, 12)),
        environment,
      }),
      with: { ...step.with, comment: 'never' },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['verdict']).toBe('pass');
  });

  it('that keeps the workspace on a named volume, it works there', async () => {
    const volume = docker('volume', 'create');
    onTestFinished(() => void docker('volume', 'rm', volume));
    const onVolume = (from: string, command: string): string =>
      docker(
        'run',
        '--rm',
        '-v',
        `${volume}:/ws`,
        '-v',
        `${from}:/from:ro`,
        '--entrypoint',
        'sh',
        e2eImage,
        '-c',
        command,
      );
    const github = await startGithub();
    const { exitCode, log, outputs, folders } = await runStep({
      ...step,
      github,
      runner: { workspace: volume },
      prepare: ({ workspace }) => onVolume(workspace, 'cp -r /from/. /ws && chown -R 1001:121 /ws'),
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['record']).toBe('kfaas-bench-out/record.json');
    expect(onVolume(folders.workspace, 'stat -c %u:%g /ws/kfaas-bench-out/record.json')).toBe('1001:121');
    expect(readdirSync(folders.workspace)).toEqual(['bpf']);
    expect(commentsAfter(github.calls()).size).toBe(1);
  });

  it('that mounts no temporary folder, it makes do', async () => {
    const { exitCode, log, outputs } = await runStep({ ...step, runner: { mountsTemp: false } });
    expect(exitCode, log).toBe(0);
    expect(outputs['verdict']).toBe('pass');
  });

  it('that has the same paths inside and outside, and its files elsewhere, it works too', async () => {
    const github = await startGithub();
    const { exitCode, log, outputs, summary } = await runStep({ ...step, github, rewrite: samePaths });
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', record: 'kfaas-bench-out/record.json' });
    expect(summary).toContain('`add`');
    expect(commentsAfter(github.calls()).size).toBe(1);
  });

  it.each<[string, NonNullable<Step['rewrite']>, string]>([
    [
      'without a Docker socket',
      ({ argv, environment }) => ({ argv: withoutMount(argv, socket), environment }),
      `there is no Docker socket at ${socket}`,
    ],
    ['where a folder stands in for the socket', folderForSocket, `no Docker engine listens at ${socket}`],
  ])('%s, it says what is missing and what to do', async (_, rewrite, message) => {
    const github = await startGithub();
    const { exitCode, lines, log, outputs, summary, folders } = await runStep({ ...step, github, rewrite });
    expect(exitCode, log).toBe(3);
    const errors = commandsObeyed(lines).filter(({ command }) => command === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]?.message).toMatch(/→ .*ubuntu-24\.04/);
    expect(outputs).toMatchObject({ verdict: 'inconclusive', results: '[]' });
    const [comment = ''] = commentsAfter(github.calls()).values();
    for (const text of [summary, comment]) expect(text).toContain(message);
    expect(readdirSync(folders.workspace)).toEqual(['bpf']);
  });
});

/** A layout that is nothing like that of GitHub's runner: no `/github`, one mount that holds everything. */
function samePaths({ argv, environment }: RunnerCommand, { workspace, temp, commands }: Folders): RunnerCommand {
  const outside: readonly [string, string][] = [
    ['/github/workspace', workspace],
    ['/github/file_commands', commands],
    ['/github/runner_temp', temp],
    ['/github/home', path.join(temp, '_github_home')],
    ['/github/workflow', path.join(temp, '_github_workflow')],
  ];
  const there = (text: string): string => outside.reduce((moved, [from, to]) => moved.replace(from, to), text);
  const work = path.dirname(temp);
  return {
    argv: withOptions(
      outside.reduce((rest, [target]) => withoutMount(rest, target), argv).map(there),
      ...['-v', `${work}:${work}`],
    ),
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, there(value)])),
  };
}

/** What `docker run` makes of a socket that the machine does not have. */
function folderForSocket({ argv, environment }: RunnerCommand, { temp }: Folders): RunnerCommand {
  const folder = path.join(temp, '../docker.sock');
  mkdirSync(folder);
  return { argv: withOptions(withoutMount(argv, socket), '-v', `${folder}:${socket}`), environment };
}
