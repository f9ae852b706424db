/** What head is compared with: the base's tree, and where both of them come from. */
import { tmpdir } from 'node:os';
import type { BuiltFrom } from '../domain/record.js';
import { usageError, type Given } from '../inputs/values.js';
import { chooseBase } from '../trees/choose-base.js';
import { openRepository, readHead } from '../trees/repository.js';
import { resolveBase } from '../trees/resolve.js';

export interface Base {
  /** What the working directory is in the base's tree; absolute. */
  readonly folder: string;
  readonly builtFrom: readonly BuiltFrom[];
  /** What the tree lacks and why, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Runs `work` with the base that was named, whose tree exists meanwhile; with none where it comes to nothing.
 * @param tellNone is given one sentence that says why there is none
 * @throws KfaasError (usage) where there is no such base, (environment) where it cannot be had
 */
export async function withBase<T>(
  named: Given | undefined,
  { workingDirectory, signal }: { readonly workingDirectory: string; readonly signal: AbortSignal },
  tellNone: (sentence: string) => Promise<void>,
  work: (base: Base | undefined) => Promise<T>,
): Promise<T> {
  if (named === undefined) return work(undefined);
  const choice = chooseBase({ setting: named.text });
  const tree = await resolveBase(choice, { workingDirectory, temporaryFolder: tmpdir(), signal });
  if (tree.kind === 'record') {
    throw usageError(named, ', which is a saved record', 'give a ref or a folder, to be measured beside head');
  }
  if (tree.kind === 'none') {
    await tellNone(tree.sentence);
    return work(undefined);
  }
  try {
    const ofBase: BuiltFrom = {
      revision: 'base',
      kind: choice.kind === 'folder' ? 'folder' : 'commit',
      name: named.text,
      ...(tree.commit === undefined ? {} : { commit: tree.commit, dirty: tree.dirty }),
      reason: tree.sentence,
    };
    return await work({
      folder: tree.folder,
      builtFrom: [ofBase, await headFrom(workingDirectory, signal)],
      notes: tree.notes,
    });
  } finally {
    await tree.dispose();
  }
}

/** Which commit the working directory is at is good to know, but it is measured also where git cannot tell. */
async function headFrom(workingDirectory: string, signal: AbortSignal): Promise<BuiltFrom> {
  const repository = openRepository(workingDirectory, signal);
  const head = repository === undefined ? undefined : await readHead(repository).catch(() => undefined);
  return {
    revision: 'head',
    kind: 'folder',
    name: '.',
    ...(head === undefined ? {} : { commit: head.commit, dirty: head.dirty }),
    reason: 'head is the working directory',
  };
}
