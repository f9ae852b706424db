/**
 * The one file that runs git. What it reads, it leaves as it is: no prompt, no hook, no lock, no download on the quiet, no
 * index but the caller's own; and nothing secret stands on a command line or in a message.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { KfaasError } from '../errors.js';

export interface GitCall {
  /** Where git starts to look for a repository; absolute. */
  readonly folder: string;
  /** Settings of this call alone, which outweigh all files. They travel in the environment, so they may hold a secret. */
  readonly config?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whatever git says, these are starred out of it. */
  readonly secrets?: readonly string[];
  /** Whether git may talk to a remote. Default: no, not even for the missing objects of a partial clone. */
  readonly network?: boolean;
  /** Default: two minutes, far beyond what reading a large repository takes. */
  readonly timeLimitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface GitResult {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const settings = {
  'core.fsmonitor': 'false', // may name a program to run
  'core.hooksPath': devNull,
  'core.splitIndex': 'false', // would write beside the user's index
  'core.untrackedCache': 'false',
  'credential.interactive': 'false',
  'fetch.recurseSubmodules': 'false',
  'gc.auto': '0', // would go on in the background of a folder that is to vanish
  'maintenance.auto': 'false',
  'safe.bareRepository': 'explicit', // folders of a tree may look like a repository, with a configuration of their own
  'submodule.recurse': 'false', // would move the user's submodules along
  // Git LFS may be set up as required where it is not installed; its pointers stay pointers.
  'filter.lfs.process': '',
  'filter.lfs.smudge': '',
  'filter.lfs.clean': '',
  'filter.lfs.required': 'false',
} as const;

const variables = {
  LC_ALL: 'C', // messages are read below
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '', // set but empty: no program of the configuration or of SSH_ASKPASS is asked either
  SSH_ASKPASS_REQUIRE: 'never',
  GCM_INTERACTIVE: 'never',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
} as const;

/** `git rev-parse --local-env-vars`: in a hook they name another repository than ours. The others hold the runner's tokens. */
const foreign =
  /^(GIT_(ALTERNATE_OBJECT_DIRECTORIES|CONFIG.*|OBJECT_DIRECTORY|DIR|WORK_TREE|IMPLICIT_WORK_TREE|GRAFT_FILE|INDEX_FILE|REPLACE_REF_BASE|PREFIX|SHALLOW_FILE|COMMON_DIR|NAMESPACE)|INPUT_.*|ACTIONS_.*)$/;
/** Of those that start alike, these choose files of the user's and stay. */
const kept = /^GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$/;

function environmentOf({ config, environment, network }: GitCall): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name) || kept.test(name));
  const entries = Object.entries({ ...settings, ...config });
  return {
    ...Object.fromEntries(inherited),
    ...variables,
    ...(network === true ? {} : { GIT_ALLOW_PROTOCOL: 'none' }),
    ...environment,
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/**
 * Runs git to its end, whatever that is. In a session of its own: ssh finds no terminal to ask on, and all of it can be ended.
 * @throws KfaasError (environment) where git is not there or does not end in time; the signal's reason where it was aborted
 */
export async function tryGit(call: GitCall, ...parameters: string[]): Promise<GitResult> {
  const { folder, signal, secrets = [], timeLimitMs = 120_000 } = call;
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeLimitMs);
  const end = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const code = await new Promise<number | undefined>((resolve, reject) => {
    const child = spawn('git', parameters, {
      cwd: folder,
      env: environmentOf(call),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = () => killGroup(child.pid);
    end.addEventListener('abort', kill);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => reject(notStarted(folder, error)));
    child.on('close', (status) => {
      end.removeEventListener('abort', kill);
      resolve(status ?? undefined);
    });
  });
  signal?.throwIfAborted();
  if (code === undefined && deadline.aborted) throw tookTooLong(call, parameters, timeLimitMs);
  const stderr = redacted(Buffer.concat(err).toString(), secrets);
  return { code, stdout: Buffer.concat(out).toString(), stderr };
}

/**
 * What git prints, where it succeeds.
 * @throws KfaasError (environment) with git's own words where it does not
 */
export async function git(call: GitCall, ...parameters: string[]): Promise<string> {
  const result = await tryGit(call, ...parameters);
  if (result.code === 0) return result.stdout;
  const reason = reasonOf(result);
  throw new KfaasError({
    kind: 'environment',
    message: `git ${parameters[0] ?? ''} failed in ${call.folder}: ${reason}`,
    remedy: /dubious ownership|unsafe repository/.test(result.stderr)
      ? `tell git to trust it: git config --global --add safe.directory ${call.folder}`
      : `see what git says to: git -C ${call.folder} status`,
    detail: result.stderr.trimEnd(),
  });
}

/** The line of git's that says why. */
export function reasonOf({ code, stderr }: GitResult): string {
  const lines = stderr.split('\n').filter((line) => line !== '');
  const line = lines.find((text) => text.startsWith('fatal: ')) ?? lines.at(-1);
  return line?.replace(/^(fatal|error): /, '') ?? `exit code ${code ?? 'unknown'}`;
}

/** Takes out what is secret, and user and password of any address. */
export function redacted(text: string, secrets: readonly string[] = []): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replace(/:\/\/[^/\s@]+@/g, '://***@');
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function notStarted(folder: string, error: Error): KfaasError {
  const missing = existsSync(folder);
  return new KfaasError(
    {
      kind: 'environment',
      message: missing ? `git cannot be run: ${error.message}` : `git cannot be run in ${folder}, which does not exist`,
      remedy: missing ? 'install git (Debian and Ubuntu: apt-get install git)' : 'name a folder that exists',
    },
    { cause: error },
  );
}

function tookTooLong({ folder }: GitCall, parameters: readonly string[], timeLimitMs: number): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `git ${parameters[0] ?? ''} in ${folder} was not done after ${timeLimitMs / 1000} s and was ended`,
    remedy: 'check out the commit in a step before this one, with `fetch-depth: 0`; or try again',
  });
}
