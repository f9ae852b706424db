/** From the choice of a base to the base itself. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { KfaasError } from '../errors.js';
import { checkOut } from './checkout.js';
import { sentenceOf, shortId, type BaseChoice } from './choose-base.js';
import type { Access } from './fetch.js';
import { mergeBase, openRepository, readHead, remoteOf, commitOf, type Repository } from './repository.js';

export type BaseTree =
  | {
      readonly kind: 'tree';
      /** What the working directory is in this tree; absolute. */
      readonly folder: string;
      /** The whole tree that `folder` lies in: a build may read all of it. */
      readonly root: string;
      /** Full id; absent where the tree is in no repository. */
      readonly commit?: string;
      /** True for a folder of the user's whose tracked files differ from its commit. */
      readonly dirty: boolean;
      readonly sentence: string;
      /** What the tree lacks and why, a sentence each. */
      readonly notes: readonly string[];
      /** Removes what was made; a folder of the user's stays. */
      readonly dispose: () => Promise<void>;
    }
  | { readonly kind: 'record'; readonly path: string; readonly sentence: string }
  | { readonly kind: 'none'; readonly sentence: string };

export interface Workplace {
  /** Absolute: where head's paths start. */
  readonly workingDirectory: string;
  /** Absolute: where a base is laid out. The worker must be able to see it. */
  readonly temporaryFolder: string;
  readonly access?: Access;
  /** Asks the server, for a checkout whose history is cut off: the full id of the merge base of a branch and a commit. */
  readonly mergeBaseByApi?: (branch: string, commit: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

type Choice<K extends BaseChoice['kind']> = Extract<BaseChoice, { kind: K }>;

/**
 * @throws KfaasError (usage) where the base that was named is not there, (environment) where it cannot be had; the signal's reason
 *   where it was aborted
 */
export async function resolveBase(choice: BaseChoice, workplace: Workplace): Promise<BaseTree> {
  switch (choice.kind) {
    case 'none':
      return { kind: 'none', sentence: sentenceOf(choice) };
    case 'record':
      return existingRecord(choice, workplace);
    case 'folder':
      return existingFolder(choice, workplace);
    case 'revision':
      return commitTree(choice, choice.revision, repositoryOf(choice, workplace), workplace);
    case 'merge-base':
      return mergeBaseTree(choice, workplace);
  }
}

function existingRecord(choice: Choice<'record'>, { workingDirectory }: Workplace): BaseTree {
  const file = path.resolve(workingDirectory, choice.path);
  if (!existsSync(file) || !statSync(file).isFile())
    throw missing(choice.path, 'is no record', 'give a record.json that an earlier run saved', workingDirectory);
  return { kind: 'record', path: file, sentence: sentenceOf(choice) };
}

async function existingFolder(choice: Choice<'folder'>, { workingDirectory, signal }: Workplace): Promise<BaseTree> {
  const folder = path.resolve(workingDirectory, choice.folder);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw missing(choice.folder, 'is no folder', 'give a folder with the sources of the base', workingDirectory);
  const repository = openRepository(folder, signal);
  // Which commit it is at is good to know, but the folder is the base also where git cannot tell.
  const head = repository === undefined ? undefined : await readHead(repository).catch(() => undefined);
  signal?.throwIfAborted();
  return {
    kind: 'tree',
    folder,
    root: repository?.top ?? folder,
    ...(head === undefined ? {} : { commit: head.commit }),
    dirty: head?.dirty ?? false,
    sentence: sentenceOf(choice, head?.commit),
    notes: [],
    dispose: () => Promise.resolve(),
  };
}

async function mergeBaseTree(choice: Choice<'merge-base'>, workplace: Workplace): Promise<BaseTree> {
  const repository = repositoryOf(choice, workplace);
  const [branch, head] = choice.of;
  const commit =
    (await mergeBase(repository, await tipOf(repository, branch), head)) ??
    (await workplace.mergeBaseByApi?.(branch, head));
  if (commit === undefined) {
    throw new KfaasError({
      kind: 'environment',
      message: `${choice.what} is not to be found in this checkout`,
      remedy: 'check out the whole history: actions/checkout with `fetch-depth: 0`; or set `base`',
    });
  }
  if (commit === head)
    return { kind: 'none', sentence: `no base: ${shortId(head)} is on ${branch} already, there is nothing to compare` };
  return commitTree(choice, commit, repository, workplace);
}

/** The remote's branch: a local one of the same name may be old. */
async function tipOf(repository: Repository, branch: string): Promise<string> {
  const remote = await remoteOf(repository);
  const tracked =
    remote === undefined ? undefined : await commitOf(repository, `refs/remotes/${remote.name}/${branch}`);
  return tracked ?? `refs/heads/${branch}`;
}

async function commitTree(
  choice: BaseChoice,
  revision: string,
  repository: Repository,
  { workingDirectory, temporaryFolder, access }: Workplace,
): Promise<BaseTree> {
  const { folder: root, commit, notes, dispose } = await checkOut(repository, revision, temporaryFolder, access);
  const inTree = path.relative(repository.top, realpathSync(workingDirectory));
  const folder = path.join(root, inTree);
  if (existsSync(folder) && statSync(folder).isDirectory())
    return { kind: 'tree', folder, root, commit, dirty: false, sentence: sentenceOf(choice, commit), notes, dispose };
  await dispose();
  return { kind: 'none', sentence: `no base: ${shortId(commit)}, ${choice.what}, has no folder ${inTree}` };
}

function repositoryOf(choice: BaseChoice, { workingDirectory, signal }: Workplace): Repository {
  const repository = openRepository(workingDirectory, signal);
  if (repository !== undefined) return repository;
  throw new KfaasError({
    kind: 'usage',
    message: `${sentenceOf(choice)}, but ${workingDirectory} is in no git repository`,
    remedy: 'check the project out with git, or give `base` the path of a folder, which starts with ./ or /',
  });
}

function missing(name: string, problem: string, remedy: string, workingDirectory: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `the base ${name} ${problem}`,
    remedy: `${remedy}; paths start at ${workingDirectory}`,
  });
}
