/** What the runner tells the action of its run, in variables and in the event's payload. */
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import type { Trigger } from '../trees/choose-base.js';

export interface PullRequest {
  readonly number: number;
  readonly headSha?: string;
  /** True where the head is in another repository: the token of a `pull_request` run is read-only then. */
  readonly fromFork: boolean;
}

export interface Runner {
  /** Absolute; in a container action the mount of the workspace. */
  readonly workspace: string;
  /** Absolute; emptied by the runner after the job. */
  readonly temporaryFolder: string;
  readonly apiUrl: string;
  /** Where repositories are fetched from, such as `https://github.com`. */
  readonly serverUrl: string;
  readonly repository?: { readonly owner: string; readonly repo: string };
  readonly eventName: string;
  /** What a base is chosen by; absent outside of a workflow. */
  readonly trigger?: Trigger;
  readonly pullRequest?: PullRequest;
  /** Full commit id: the pull request's head, else what the event is about. */
  readonly headSha?: string;
  readonly runUrl?: string;
  /** Which job of which workflow, on which kind of machine: what tells this job's comment from another's. */
  readonly job: readonly string[];
  /** What tells this step from the others of its job that use this action; empty for the first without an id. */
  readonly step: string;
}

const repositorySchema = z.object({ full_name: z.string() }).nullish();
const pullRequestSchema = z.object({
  number: z.int().positive(),
  head: z.object({ sha: z.string().optional(), repo: repositorySchema }).optional(),
  base: z.object({ repo: repositorySchema }).optional(),
});
/** Payloads: `pull_request`, its variants and its reviews carry the pull request; a comment on one carries an issue. */
const payloadSchema = z.object({
  pull_request: pullRequestSchema.optional(),
  issue: z.object({ number: z.int().positive(), pull_request: z.object({}).nullish() }).optional(),
});

function pullRequestOf(payload: unknown): PullRequest | undefined {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const { pull_request: pull, issue } = parsed.data;
  if (pull !== undefined) {
    const sha = pull.head?.sha;
    // A fork that was deleted has no repository any more.
    const fromFork = pull.head !== undefined && pull.head.repo?.full_name !== pull.base?.repo?.full_name;
    return { number: pull.number, fromFork, ...(sha === undefined ? {} : { headSha: sha }) };
  }
  return issue?.pull_request ? { number: issue.number, fromFork: false } : undefined;
}

function payloadAt(file: string | undefined): unknown {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // no event, no pull request, no comment: the log says so
  }
}

/** A step has its user's id, or the runner's: `__owner_repo`, `__owner_repo_2` (letters, digits, `-` and `_` only). */
function stepOf(name: string): string {
  if (!/^[\w-]*$/.test(name)) return '';
  return name.startsWith('__') ? (/_(\d+)$/.exec(name)?.[1] ?? '') : name;
}

/** Older runners mount no RUNNER_TEMP into an action's container, but its `_github_home` (actions/runner#4011). */
function temporaryFolderOf({ RUNNER_TEMP, HOME }: NodeJS.ProcessEnv): string {
  if (RUNNER_TEMP === undefined) return tmpdir();
  return HOME === undefined || existsSync(RUNNER_TEMP) ? RUNNER_TEMP : HOME;
}

function triggerOf(env: NodeJS.ProcessEnv, payload: unknown): Trigger | undefined {
  const { GITHUB_EVENT_NAME: eventName, GITHUB_REF: ref, GITHUB_SHA: sha } = env;
  if (eventName === undefined) return undefined;
  return { eventName, payload, ...(ref === undefined ? {} : { ref }), ...(sha === undefined ? {} : { sha }) };
}

export function readRunner(env: NodeJS.ProcessEnv): Runner {
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? '').split('/');
  const named = owner !== undefined && owner !== '' && repo !== undefined;
  const payload = payloadAt(env.GITHUB_EVENT_PATH);
  const pullRequest = pullRequestOf(payload);
  const trigger = triggerOf(env, payload);
  const headSha = pullRequest?.headSha ?? env.GITHUB_SHA;
  const serverUrl = env.GITHUB_SERVER_URL ?? 'https://github.com';
  const { GITHUB_RUN_ID: runId } = env;
  return {
    workspace: env.GITHUB_WORKSPACE ?? process.cwd(),
    temporaryFolder: temporaryFolderOf(env),
    apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    serverUrl,
    eventName: env.GITHUB_EVENT_NAME ?? '',
    job: [env.GITHUB_WORKFLOW ?? '', env.GITHUB_JOB ?? '', env.RUNNER_OS ?? '', env.RUNNER_ARCH ?? ''],
    step: stepOf(env.GITHUB_ACTION ?? ''),
    ...(named ? { repository: { owner, repo } } : {}),
    ...(trigger === undefined ? {} : { trigger }),
    ...(pullRequest === undefined ? {} : { pullRequest }),
    ...(headSha === undefined ? {} : { headSha }),
    ...(named && runId !== undefined ? { runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${runId}` } : {}),
  };
}
