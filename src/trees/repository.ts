/** What a checkout tells of itself; nothing here changes it. */
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { git, tryGit, type GitCall } from './git.js';

export interface Repository {
  /** The top folder of the working copy; absolute, without links. */
  readonly top: string;
  /** What every call of git takes. */
  readonly call: GitCall;
}

export interface Head {
  /** Full id of the commit that is checked out. */
  readonly commit: string;
  /** In the commit's own order, also where a shallow clone does not hold them. */
  readonly parents: readonly string[];
  /** Whether a tracked file differs from the commit, as `git describe --dirty` has it. */
  readonly dirty: boolean;
}

/** The repository that an existing folder lies in; undefined where it lies in none. */
export function openRepository(folder: string, signal?: AbortSignal): Repository | undefined {
  const start = realpathSync(folder);
  for (let top = start; ; top = path.dirname(top)) {
    if (existsSync(path.join(top, '.git'))) {
      const config = isTrusted(top, start) ? { 'safe.directory': top } : {};
      return { top, call: { folder: top, config, signal } };
    }
    if (top === path.dirname(top)) return undefined;
  }
}

/**
 * Git trusts repositories of the process's own user: another's could run programs in our name (CVE-2022-24765). In a container the
 * process is root and the workspace is not root's, so the user is taken to be the owner of the folder that was named; a step that ran
 * in another container may have checked out as root into it.
 */
function isTrusted(top: string, named: string): boolean {
  const users = [statSync(named).uid, process.getuid?.()];
  return users.includes(statSync(top).uid) && users.includes(lstatSync(path.join(top, '.git')).uid);
}

/** Undefined where there is no commit yet. */
export async function readHead({ call }: Repository): Promise<Head | undefined> {
  const commit = await commitOf({ call }, 'HEAD');
  if (commit === undefined) {
    await git(call, 'rev-parse', '--git-dir'); // where it may not be read at all, that is what to say
    return undefined;
  }
  // `rev-parse HEAD^1` knows no parent at the edge of a shallow clone; the commit itself names it.
  const [header = ''] = (await git(call, 'cat-file', 'commit', commit)).split('\n\n', 1);
  const parents = [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, id = '']) => id);
  const changes = await git(call, 'status', '--porcelain', '--untracked-files=no', '--ignore-submodules=dirty');
  return { commit, parents, dirty: changes !== '' };
}

/** The full id of the commit that a revision (git rev-parse) names here; undefined where it names none. */
export async function commitOf({ call }: Pick<Repository, 'call'>, revision: string): Promise<string | undefined> {
  const { code, stdout } = await tryGit(
    call,
    ...['rev-parse', '--quiet', '--verify', '--end-of-options', `${revision}^{commit}`],
  );
  return code === 0 ? stdout.trim() : undefined;
}

/** Whether a commit is here with every file of its tree: a partial clone may hold the commit alone. */
export async function holdsTree({ call }: Repository, commit: string): Promise<boolean> {
  const { code, stdout } = await tryGit(call, 'rev-list', '--objects', '--no-walk', '--missing=print', commit, '--');
  return code === 0 && !/^\?/m.test(stdout);
}

/** Undefined where there is none, or where a shallow clone may hide it. */
export async function mergeBase(repository: Repository, a: string, b: string): Promise<string | undefined> {
  const { call } = repository;
  if ((await git(call, 'rev-parse', '--is-shallow-repository')).trim() !== 'false') return undefined;
  const { code, stdout } = await tryGit(call, 'merge-base', a, b);
  return code === 0 ? stdout.trim() : undefined;
}

/** `origin`, or the only remote. The address may hold a password. */
export async function remoteOf({ call }: Repository): Promise<{ name: string; url: string } | undefined> {
  const names = (await git(call, 'remote')).split('\n').filter((line) => line !== '');
  const name = names.includes('origin') ? 'origin' : names.length === 1 ? names[0] : undefined;
  if (name === undefined) return undefined;
  return { name, url: (await git(call, 'remote', 'get-url', name)).trim() };
}
