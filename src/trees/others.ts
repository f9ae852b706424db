/** What lies in a checkout and is not of it. */
import { tryGit } from './git.js';
import type { Repository } from './repository.js';

/** `untracked`: whatever git does not hold, ignored or not. */
export type Others = 'untracked' | 'ignored';

const flags: { readonly [O in Others]: readonly string[] } = {
  untracked: [],
  ignored: ['--ignored', '--exclude-standard'],
};

/**
 * @param files from `folder`, which lies in the repository
 * @returns those of them that git does not hold
 */
export async function othersAmong(
  files: readonly string[],
  which: Others,
  folder: string,
  { call }: Repository,
): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  const { stdout } = await tryGit(
    { ...call, folder, environment: { GIT_LITERAL_PATHSPECS: '1' } },
    ...['ls-files', '--others', ...flags[which], '-z', '--', ...files],
  );
  return new Set(stdout.split('\0').filter((file) => file !== ''));
}
