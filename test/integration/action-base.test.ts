/** The action's base by event, git and GitHub on the loopback, on the real kernel. Nothing here is about how fast anything is. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compiledEntry } from '../helpers/compiled.js';
import { startFakeGithub } from '../helpers/fake-github/server.mjs';
import { pullRequest } from '../helpers/e2e-pull-request.js';
import { available } from '../helpers/require.js';
import { serveSilence } from './trees/server.js';

const fnv1a = readFileSync('bpf/functions/fnv1a.bpf.c', 'utf8');
const token = 'ghs_e2eToken';

let temporary: string;
let workspace: string;
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'kfaas-temp-'));
  workspace = mkdtempSync(path.join(tmpdir(), 'kfaas-workspace-'));
});
afterEach(() => {
  for (const folder of [temporary, workspace]) rmSync(folder, { recursive: true });
});

interface Run {
  readonly event: string;
  readonly payload: unknown;
  readonly server: string;
  readonly api?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

async function run({ event, payload, server, api = server, inputs = {}, env = {} }: Run, atFetch?: Promise<unknown>) {
  const given = { 'github-token': token, iterations: '1000', 'max-slowdown': '900', ...inputs };
  for (const [name, text] of [
    ['event', JSON.stringify(payload)],
    ['out', ''],
    ['summary', ''],
  ] as const) {
    writeFileSync(path.join(temporary, name), text);
  }
  const child = spawn(process.execPath, [compiledEntry()], {
    cwd: workspace,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: temporary,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temporary,
      GITHUB_OUTPUT: path.join(temporary, 'out'),
      GITHUB_STEP_SUMMARY: path.join(temporary, 'summary'),
      GITHUB_EVENT_NAME: event,
      GITHUB_EVENT_PATH: path.join(temporary, 'event'),
      GITHUB_REPOSITORY: 'octo/kit',
      GITHUB_API_URL: api,
      GITHUB_SERVER_URL: server,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...env,
    },
  });
  void atFetch?.then(() => child.kill('SIGINT'));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const summary = readFileSync(path.join(temporary, 'summary'), 'utf8');
  return { code, log, summary, left: readdirSync(temporary).filter((name) => /base/.test(name)) };
}

const programs = {
  'kfaas.yml': 'version: 1\nbenchmarks: [{ name: hash, source: bpf/hash.bpf.c }]\n',
  'bpf/hash.bpf.c': fnv1a,
};

async function github(pull: ReturnType<typeof pullRequest>, mergeBases: Record<string, string> = {}) {
  const server = await startFakeGithub({ git: pull.git, mergeBases });
  onTestFinished(() => server.close());
  return server;
}

describe.skipIf(!available('kernel'))('the base of the action', () => {
  it('is asked of GitHub where the head was checked out, shallowly', async () => {
    const pull = pullRequest({ base: programs, head: { ...programs, 'NOTES.md': 'new\n' } });
    const { base, head } = pull.commits;
    const server = await github(pull, { [`main...${head}`]: base });
    pull.checkOut(workspace, server.url, 'refs/heads/faster');
    const { code, log, summary, left } = await run({ event: 'pull_request', payload: pull.event, server: server.url });
    expect(code, log).toBe(0);
    const sentence = `the base is ${base.slice(0, 7)}, the merge base of main and the commit ${head.slice(0, 7)} of pull request #7`;
    expect(log.split('\n')).toContain(sentence);
    expect(summary).toContain(`commit \`${head.slice(0, 7)}\` · base \`${base.slice(0, 7)}\``);
    expect(left).toEqual([]);
    expect(log).not.toContain(token);
  });

  it('is found where the source lies outside of the working directory, and told where it has none', async () => {
    const edited = { 'bpf/hash.bpf.c': fnv1a.replace('2166136261u', '2166136262u') };
    const pull = pullRequest({ base: { ...programs, 'sub/a': '' }, head: { ...edited, 'new/a': '' } });
    const server = await github(pull);
    pull.checkOut(workspace, server.url);
    const runIn = (folder: string) =>
      run({
        event: 'pull_request',
        payload: pull.event,
        server: server.url,
        inputs: { 'working-directory': folder, source: '../bpf/hash.bpf.c' },
      });
    const there = await runIn('sub');
    expect(there.code, there.log).toBe(0);
    expect(there.summary).toContain(`base \`${pull.commits.base.slice(0, 7)}\``);
    expect(there.summary).not.toContain('unchanged program');
    const lacking = await runIn('new');
    expect(lacking.code, lacking.log).toBe(0);
    expect(lacking.summary).toMatch(/^No base: .* has no folder new$/m);
  });

  const onMain = { repository: { default_branch: 'main' } };

  it('is none where the event gives none, and all are told why', async () => {
    const pull = pullRequest({ base: programs, head: {} });
    const server = await github(pull);
    pull.checkOut(workspace, server.url, 'refs/heads/main');
    const { code, log, summary } = await run({
      event: 'schedule',
      payload: onMain,
      server: server.url,
      inputs: { threshold: '100000' },
      env: { GITHUB_REF: 'refs/heads/main', GITHUB_SHA: pull.commits.base },
    });
    expect(code, log).toBe(1);
    const sentence = 'schedule names nothing to compare main with; `base` can';
    expect(log.split('\n')).toContain(`no base: ${sentence}`);
    expect(summary).toContain(`\nNo base: ${sentence}\n`);
    expect(summary).toMatch(/^### ❌ `hash` is .*threshold 100000x/m);
  });

  it('is none where a forced push left nothing of it, and an error where it was named', async () => {
    const pull = pullRequest({ base: programs, head: {} });
    const server = await github(pull);
    pull.checkOut(workspace, server.url, 'refs/heads/main');
    const before = 'd'.repeat(40);
    const payload = { ...onMain, before, ref: 'refs/heads/main', forced: true };
    const pushed = await run({ event: 'push', payload, server: server.url });
    expect(pushed.code, pushed.log).toBe(0);
    expect(pushed.summary).toContain(`No base: the base ${before} is not in this checkout and cannot be fetched from`);
    const named = await run({ event: 'push', payload, server: server.url, inputs: { base: before } });
    expect(named.code, named.log).toBe(2);
    expect([pushed.left, named.left]).toEqual([[], []]);
  });

  it('that may not be read ends the run: no gate opens by itself', async () => {
    const pull = pullRequest({ base: programs, head: {} });
    const server = await github(pull);
    pull.checkOut(workspace, server.url);
    const inputs = { 'github-token': 'ghs_other' };
    const { code, log, summary, left } = await run({
      event: 'pull_request',
      payload: pull.event,
      server: server.url,
      inputs,
    });
    expect(code, log).toBe(3);
    expect(summary).toContain('permissions: contents: read');
    expect(log).not.toContain('ghs_other');
    expect(left).toEqual([]);
  });

  it('leaves nothing where the run is interrupted while it is fetched', async () => {
    const pull = pullRequest({ base: programs, head: {} });
    const silent = await serveSilence();
    onTestFinished(() => silent.close());
    pull.checkOut(workspace, silent.url);
    const asked = (async () => {
      while (silent.authorizations.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    })();
    const { code, log, left } = await run({ event: 'pull_request', payload: pull.event, server: silent.url }, asked);
    expect(code, log).toBe(130);
    expect(left).toEqual([]);
    expect(readdirSync(workspace).sort()).toEqual(['.git', 'README.md', 'bpf', 'kfaas.yml']);
  });
});
