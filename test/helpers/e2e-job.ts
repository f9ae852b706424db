/** A job of a pull request as the runner prepares one of its steps: folders, files and environment, and what the step leaves there. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './e2e-image.js';
import { inputVariables } from './runner-command.js';

/** Worth stealing: neither the worker nor anything that it says may hold one of them. */
export const secrets = { token: 'ghs_e2eToken', runtimeToken: 'e2eRuntimeToken' } as const;

export interface Job {
  /** `with:` of the workflow; the rest is as `action.yml` has it by default. */
  readonly with?: Readonly<Record<string, string>>;
  /** Files of the workspace, by their path in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of the step, beside what the runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** The payload; default: of pull request 7. */
  readonly event?: unknown;
  /** Where GitHub answers; absent: nowhere, so there is to be no comment. */
  readonly apiUrl?: string | undefined;
}

export interface Folders {
  readonly workspace: string;
  readonly temp: string;
  /** Files of the step: `GITHUB_OUTPUT` and the like. */
  readonly commands: string;
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

/** Of the files that take commands; the runner draws one for every step. */
const commandsId = randomUUID();

/** Makes everything under `root`. */
export function layOut(root: string, { files = {}, event = pullRequestEvent }: Job): Folders {
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

/** What the runner sets for every step of a container action, and what this workflow and job are called. */
export function environmentOf(job: Job, { workspace, temp, commands }: Folders): Record<string, string> {
  const { apiUrl = 'http://127.0.0.1:9' } = job;
  return {
    ...inputVariables({ ...defaultInputs(), ...(job.apiUrl === undefined ? { comment: 'never' } : {}), ...job.with }),
    GITHUB_ACTION: '__kiinitix_kfaas-bench',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'kiinitix/kfaas-bench',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: apiUrl,
    GITHUB_BASE_REF: 'main',
    GITHUB_ENV: path.join(commands, `set_env_${commandsId}`),
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path.join(temp, '_github_workflow/event.json'),
    GITHUB_GRAPHQL_URL: `${apiUrl}/graphql`,
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
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'e2e',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: '/opt/hostedtoolcache',
    RUNNER_WORKSPACE: path.dirname(workspace),
    ACTIONS_RUNTIME_TOKEN: secrets.runtimeToken,
    ACTIONS_RUNTIME_URL: 'https://pipelines.example/',
    ...job.env,
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

/** What the step wrote for later steps and for the job's page. */
export function written({ commands }: Folders): { outputs: Record<string, string>; summary: string } {
  const file = (kind: string): string => readFileSync(path.join(commands, `${kind}_${commandsId}`), 'utf8');
  return { outputs: parseOutputs(file('set_output')), summary: file('step_summary') };
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
