/**
 * The tree of a commit in a folder of its own, as git would lay it out in the working copy: line ends, links, modes and sparse
 * patterns alike. The ways that were weighed:
 *
 * - `git archive` leaves out what is `export-ignore`, and submodules;
 * - `git worktree add` registers itself in the user's repository and runs its hooks;
 * - `git checkout-index --prefix` takes the attributes from the user's working copy, which is another commit's;
 * - `git read-tree -u` with an index and a working tree of our own does none of this.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { failureOf } from '../errors.js';
import { shortId } from './choose-base.js';
import { obtain, type Access, type Source } from './fetch.js';
import { git, type GitCall } from './git.js';
import { openRepository, type Repository } from './repository.js';

export interface Checkout {
  /** The top folder of the tree; absolute. It holds no `.git`. */
  readonly folder: string;
  readonly commit: string;
  /** What the tree lacks and why, a sentence each. */
  readonly notes: readonly string[];
  /** Removes the folder. */
  readonly dispose: () => Promise<void>;
}

interface Site {
  /** For indexes and what is fetched; removed when the tree is there. */
  readonly scratch: string;
  readonly access: Access | undefined;
  readonly signal: AbortSignal | undefined;
  readonly notes: string[];
}

/**
 * @param revision a ref or a commit id of the repository or its remote
 * @param temporaryFolder absolute; the checkout is made in a new folder in it
 * @throws KfaasError as `obtain`; nothing is left then
 */
export async function checkOut(
  repository: Repository,
  revision: string,
  temporaryFolder: string,
  access?: Access,
): Promise<Checkout> {
  const own = await mkdtemp(path.join(temporaryFolder, 'kfaas-bench-base-'));
  const dispose = () => rm(own, { recursive: true, force: true });
  try {
    const folder = path.join(own, 'tree');
    const site: Site = { scratch: path.join(own, 'scratch'), access, signal: repository.call.signal, notes: [] };
    const source = await obtain(repository, revision, path.join(site.scratch, 'fetched'), access);
    await layOut(repository, source, folder, site);
    await rm(site.scratch, { recursive: true });
    return { folder, commit: source.commit, notes: site.notes, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function layOut(repository: Repository, { commit, objects }: Source, folder: string, site: Site): Promise<void> {
  const index = await mkdtemp(path.join(await made(site.scratch), 'index-'));
  const call: GitCall = {
    ...repository.call,
    environment: {
      GIT_INDEX_FILE: path.join(index, 'index'),
      GIT_WORK_TREE: await made(folder),
      ...(objects === undefined ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(objects) }),
    },
  };
  await git(call, 'read-tree', '--reset', '-u', commit);
  for (const { name, commit: wanted } of await submodulesOf(call)) {
    const place = path.join(folder, name);
    if (existsSync(place)) await layOutSubmodule(path.join(repository.top, name), name, wanted, place, site);
  }
}

async function submodulesOf(call: GitCall): Promise<{ name: string; commit: string }[]> {
  const entries = (await git(call, 'ls-files', '--stage', '-z')).split('\0');
  // gitformat-index(5): mode 160000, id, stage, tab, path
  return entries.flatMap((entry) => {
    const [, commit, name] = /^160000 ([0-9a-f]+) 0\t(.*)$/s.exec(entry) ?? [];
    return commit === undefined || name === undefined ? [] : [{ name, commit }];
  });
}

/** From the submodule that the working copy has; where it has none, head is built without it, too. */
async function layOutSubmodule(theirs: string, name: string, commit: string, place: string, site: Site): Promise<void> {
  const lacks = (why: string) => site.notes.push(`the base lacks its submodule ${name} (${shortId(commit)}): ${why}`);
  const repository = existsSync(path.join(theirs, '.git')) ? openRepository(theirs, site.signal) : undefined;
  if (repository === undefined) {
    lacks('it is not checked out here; actions/checkout with `submodules: recursive` does that');
    return;
  }
  try {
    const fetched = await mkdtemp(path.join(site.scratch, 'fetched-'));
    await layOut(repository, await obtain(repository, commit, fetched, site.access), place, site);
  } catch (error) {
    site.signal?.throwIfAborted();
    lacks(failureOf(error).message);
  }
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}

/** git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES: in quotes, a colon does not separate. */
function quoted(folder: string): string {
  return `"${folder.replace(/["\\]/g, '\\$&')}"`;
}
