import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startGithub } from '../helpers/e2e-github.js';
import { add, lengthy } from '../helpers/e2e-programs.js';
import { said, startStep, workerOf, workersOf } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';

/** From a job's cancellation to the runner's kill: 7.5 s after SIGINT and 2.5 s after SIGTERM. */
const patienceMs = 10_000;

function volumesOf(container: string): string[] {
  const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}';
  return execFileSync('docker', ['inspect', '--format', format, container], { encoding: 'utf8' }).trim().split(' ');
}

describe.skipIf(!available('docker'))('a job that is cancelled', () => {
  it.each([
    ['SIGINT', 'while it measures', 'add: measure', 130],
    ['SIGTERM', 'while it builds', 'add: build', 143],
  ] as const)('by %s %s ends in time and leaves nothing', async (signal, _when, stage, exitCode) => {
    const github = await startGithub();
    const running = startStep({ github, files: add, with: { ...lengthy, source: 'bpf/add.bpf.c' } });
    const { orchestrator, worker } = await workerOf(running);
    const volumes = volumesOf(worker);
    expect(volumes).not.toEqual(['']);
    await said(running, stage);

    running.client.kill(signal);
    const impatience = setTimeout(() => running.client.kill('SIGKILL'), patienceMs);
    const ended = await running.finished;
    clearTimeout(impatience);
    expect(ended.exitCode, ended.log).toBe(exitCode);
    expect(ended.lines.at(-1)).toBe(`interrupted by ${signal}`);
    expect(workersOf(orchestrator)).toEqual([]);
    const left = execFileSync('docker', ['volume', 'ls', '--quiet'], { encoding: 'utf8' }).split('\n');
    expect(left.filter((volume) => volumes.includes(volume))).toEqual([]);
    expect(readdirSync(ended.folders.workspace)).toEqual(['bpf']);
    expect(github.calls()).toEqual([]);
  });
});
