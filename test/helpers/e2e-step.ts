/** One step of a job, run as the runner runs it: its folders and files, its environment, its docker command, its log. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import type { Github } from './e2e-github.js';
import { e2eImage, repositoryRoot } from './e2e-image.js';
import { inputVariables, runnerCommand, type RunnerCommand, type RunnerStep } from './runner-command.js';

/** Worth stealing: neither the worker nor anything that it says may hold one of them. */
export const secrets = { token: 'ghs_e2eToken', runtimeToken: 'e2eRuntimeToken' } as const;

export interface Step {
  /** `with:` of the workflow; the rest is as `action.yml` has it by default. */
  readonly with?: Readonly<Record<string, string>>;
  /** Files of the workspace, by their path in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Absent: a network without anybody in it, and no comment. */
  readonly github?: Github;
  /** Of the step, beside what the runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** The payload; default: of pull request 7. */
  readonly event?: unknown;
  /** What is otherwise about the runner. */
  readonly runner?: Partial<RunnerStep>;
  /** Another runner's way to put it. */
  readonly rewrite?: (command: RunnerCommand, folders: Folders) => RunnerCommand;
  /** Before the container starts. */
  readonly prepare?: (folders: Folders) => void;
}

export interface Folders {
  readonly workspace: string;
  readonly temp: string;
  /** Files of the step: `GITHUB_OUTPUT` and the like. */
  readonly commands: string;
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

/** A pull request of this repository's own. */
export const pullRequestEvent = {
  action: 'synchronize',
  number: 7,
  pull_request: {
    number: 7,
    head: { sha: '0123456789abcdef0123456789abcdef01234567', repo: { full_name: 'octo/kit' } },
    base: { repo: { full_name: 'octo/kit' } },
  },
};

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
  const usual = runnerCommand({
    ...{ image: e2eImage, name, label: '6f3a1b', network: step.github?.network ?? 'none' },
    ...{ workspace: folders.workspace, temp: folders.temp },
    environment: environmentOf(step, folders),
    ...step.runner,
  });
  const { argv, environment } = step.rewrite?.(usual, folders) ?? usual;
  const client = spawn('docker', argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const lines: string[] = [];
  const finished = finish(client, folders, lines);
  finished.catch(() => undefined); // a test that fails earlier does not wait for it
  return { client, name, folders, lines, finished };
}

function layOut(root: string, { files = {}, event = pullRequestEvent }: Step): Folders {
  const work = path.join(root, 'work');
  const [workspace, temp] = [path.join(work, 'kit/kit'), path.join(work, '_temp')];
  const commands = path.join(temp, '_runner_file_commands');
  for (const folder of [workspace, commands, path.join(temp, '_github_home'), path.join(temp, '_github_workflow')]) {
    mkdirSync(folder, { recursive: true });
  }
  writeFileSync(path.join(temp, '_github_workflow/event.json'), JSON.stringify(event));
  for (const kind of ['set_output', 'step_summary', 'set_env', 'add_path', 'save_state']) {
    writeFileSync(path.join(commands, `${kind}_${commandsId}`), '');
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true });
    writeFileSync(path.join(workspace, file), text);
  }
  return { workspace, temp, commands };
}

const commandsId = randomUUID();

/** What the runner sets for every step of a container action, and what this workflow and job are called. */
function environmentOf(step: Step, { workspace, temp, commands }: Folders): Record<string, string> {
  return {
    ...inputVariables({ ...defaultInputs(), ...(step.github ? {} : { comment: 'never' }), ...step.with }),
    GITHUB_ACTION: '__kiinitix_kfaas-bench',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'kiinitix/kfaas-bench',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: step.github?.apiUrl ?? 'http://127.0.0.1:9',
    GITHUB_BASE_REF: 'main',
    GITHUB_ENV: path.join(commands, `set_env_${commandsId}`),
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path.join(temp, '_github_workflow/event.json'),
    GITHUB_GRAPHQL_URL: `${step.github?.apiUrl ?? 'http://127.0.0.1:9'}/graphql`,
    GITHUB_HEAD_REF: 'faster',
    GITHUB_JOB: 'bench',
    GITHUB_OUTPUT: path.join(commands, `set_output_${commandsId}`),
    GITHUB_PATH: path.join(commands, `add_path_${commandsId}`),
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_REF_NAME: '7/merge',
    GITHUB_REPOSITORY: 'octo/kit',
    GITHUB_REPOSITORY_OWNER: 'octo',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '4242',
    GITHUB_RUN_NUMBER: '42',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: 'fedcba9876543210fedcba9876543210fedcba98',
    GITHUB_STATE: path.join(commands, `save_state_${commandsId}`),
    GITHUB_STEP_SUMMARY: path.join(commands, `step_summary_${commandsId}`),
    GITHUB_WORKFLOW: 'eBPF performance',
    GITHUB_WORKSPACE: step.runner?.workspace ?? workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'e2e',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: '/opt/hostedtoolcache',
    RUNNER_WORKSPACE: path.dirname(workspace),
    ACTIONS_RUNTIME_TOKEN: secrets.runtimeToken,
    ACTIONS_RUNTIME_URL: 'https://pipelines.example/',
    ...step.env,
  };
}

interface ActionFile {
  readonly inputs: Record<string, { readonly default?: string }>;
  readonly outputs: Record<string, unknown>;
}

const action = parse(readFileSync(path.join(repositoryRoot, 'action.yml'), 'utf8')) as ActionFile;

/** Every input of `action.yml`: the runner hands over an empty one where there is no default. */
function defaultInputs(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value = '' }]) => [
      name,
      value.replace('${{ github.token }}', secrets.token),
    ]),
  );
}

export function declaredOutputs(): string[] {
  return Object.keys(action.outputs);
}

async function finish(client: ChildProcess, folders: Folders, lines: string[]): Promise<StepResult> {
  const read = async (stream: NodeJS.ReadableStream | null): Promise<void> => {
    if (stream !== null) for await (const line of createInterface({ input: stream })) lines.push(line);
  };
  const ended = new Promise<number | null>((resolve) => client.once('close', resolve));
  await Promise.all([read(client.stdout), read(client.stderr)]);
  const exitCode = await ended;
  const told = (kind: string): string => readFileSync(path.join(folders.commands, `${kind}_${commandsId}`), 'utf8');
  return {
    exitCode,
    lines,
    log: lines.join('\n'),
    outputs: parseOutputs(told('set_output')),
    summary: told('step_summary'),
    folders,
  };
}

/** `name=value` and `name<<delimiter`, as FileCommandManager reads them. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, separator, rest = ''] = /^(.*?)(<<|=)(.*)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    if (separator === '=') {
      outputs[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest, at + 1);
    outputs[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return outputs;
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
