/** One step of a job, run by the runner's docker command, and the worker that it starts. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Github } from './e2e-github.js';
import { e2eImage } from './e2e-image.js';
import { environmentOf, layOut, written, type Folders, type Job } from './e2e-job.js';
import { runnerCommand, type RunnerCommand, type RunnerStep } from './runner-command.js';

export interface Step extends Omit<Job, 'apiUrl'> {
  /** Absent: a network without anybody in it, and no comment. */
  readonly github?: Github;
  /** What is otherwise about the runner. */
  readonly runner?: Partial<RunnerStep>;
  /** Another runner's way to put it. */
  readonly rewrite?: (command: RunnerCommand, folders: Folders) => RunnerCommand;
  /** Before the container starts. */
  readonly prepare?: (folders: Folders) => void;
}

export interface StepResult {
  readonly exitCode: number | null;
  /** Both streams, line by line as the runner reads them. */
  readonly lines: readonly string[];
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly folders: Folders;
}

export interface RunningStep {
  /** The `docker run` that the runner sends its signals to. */
  readonly client: ChildProcess;
  /** The action's container. */
  readonly name: string;
  readonly folders: Folders;
  /** So far. */
  readonly lines: readonly string[];
  readonly finished: Promise<StepResult>;
}

export async function runStep(step: Step): Promise<StepResult> {
  return startStep(step).finished;
}

/** Whatever is left of it when the test ends is removed. */
export function startStep(step: Step): RunningStep {
  const root = mkdtempSync(path.join(tmpdir(), 'kfaas-e2e-'));
  const name = `kfaas_bench_e2e_${randomBytes(3).toString('hex')}`;
  onTestFinished(() => {
    execFileSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' });
    rmSync(root, { recursive: true, force: true });
  });
  const folders = layOut(root, step);
  step.prepare?.(folders);
  const { workspace = folders.workspace } = step.runner ?? {};
  const usual = runnerCommand({
    ...{ image: e2eImage, name, label: '6f3a1b', network: step.github?.network ?? 'none' },
    ...{ workspace, temp: folders.temp },
    environment: environmentOf({ ...step, apiUrl: step.github?.apiUrl }, { ...folders, workspace }),
    ...step.runner,
  });
  const { argv, environment } = step.rewrite?.(usual, folders) ?? usual;
  const client = spawn('docker', argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const lines: string[] = [];
  const finished = finish(client, folders, lines);
  finished.catch(() => undefined); // a test that fails earlier does not wait for it
  return { client, name, folders, lines, finished };
}

async function finish(client: ChildProcess, folders: Folders, lines: string[]): Promise<StepResult> {
  const read = async (stream: NodeJS.ReadableStream | null): Promise<void> => {
    if (stream !== null) for await (const line of createInterface({ input: stream })) lines.push(line);
  };
  const ended = new Promise<number | null>((resolve) => client.once('close', resolve));
  await Promise.all([read(client.stdout), read(client.stderr)]);
  const exitCode = await ended;
  return { exitCode, lines, log: lines.join('\n'), ...written(folders), folders };
}

function docker(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const label = 'kfaas-bench.orchestrator';

/** Workers of one action's container, by its id. */
export function workersOf(orchestrator: string, status?: 'running'): string[] {
  const filters = [`label=${label}=${orchestrator}`, ...(status === undefined ? [] : [`status=${status}`])];
  const list = docker('ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((filter) => ['--filter', filter]));
  return list.split('\n').filter(Boolean);
}

/** Waits until the step's worker runs. */
export async function workerOf(step: RunningStep): Promise<{ orchestrator: string; worker: string }> {
  for (;;) {
    const orchestrator = docker('ps', '--quiet', '--no-trunc', '--filter', `name=^${step.name}$`);
    const worker = orchestrator === '' ? undefined : workersOf(orchestrator, 'running')[0];
    if (worker !== undefined) return { orchestrator, worker };
    await goesOn(step, 'it had a worker');
  }
}

/** Waits until the step's log has a line that starts like this. */
export async function said(step: RunningStep, start: string): Promise<void> {
  while (!step.lines.some((line) => line.startsWith(start))) await goesOn(step, `it said ${start}`);
}

async function goesOn({ client, lines }: RunningStep, until: string): Promise<void> {
  if (client.exitCode !== null) throw new Error(`the step ended before ${until}:\n${lines.join('\n')}`);
  await sleep(50);
}
