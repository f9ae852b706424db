/** What head is compared with, whatever the surface, and where both of them come from. */
import type { BuiltFrom } from './domain/record.js';
import { failureOf } from './errors.js';
import { usageError, type Given } from './inputs/values.js';
import { chooseBase, type Trigger } from './trees/choose-base.js';
import { openRepository, readHead, type Head } from './trees/repository.js';
import { resolveBase, type Workplace } from './trees/resolve.js';

export type Base =
  | {
      readonly kind: 'tree';
      /** Which base it is and why. */
      readonly sentence: string;
      /** What the working directory is in the base's tree; absolute. */
      readonly folder: string;
      /** The whole tree that `folder` lies in. */
      readonly root: string;
      /** Of the base and of head. */
      readonly builtFrom: readonly BuiltFrom[];
      /** What the tree lacks and why, a sentence each. */
      readonly notes: readonly string[];
    }
  /** Head is measured alone. */
  | {
      readonly kind: 'none';
      /** Why there is no base. */
      readonly sentence: string;
      readonly builtFrom: readonly BuiltFrom[];
    };

export interface BaseRequest extends Workplace {
  /** As the user named it; absent: what the trigger gives. */
  readonly named?: Given | undefined;
  readonly trigger?: Trigger;
}

/**
 * Runs `work` with the base, whose tree exists meanwhile.
 * @throws KfaasError (usage) where there is no such base, (environment) where it cannot be had
 */
export async function withBase<T>(request: BaseRequest, work: (base: Base) => Promise<T>): Promise<T> {
  const { named, trigger } = request;
  const head = await readCheckout(request);
  const choice = chooseBase({
    ...(named && { setting: named.text }),
    ...(trigger && { trigger }),
    ...(head && { head }),
  });
  const base = await resolveBase(choice, request).catch((thrown: unknown) => noneFor(thrown, request));
  const ofHead = headFrom(head);
  if (base.kind === 'record') {
    const given = named ?? { name: 'base', text: base.path };
    throw usageError(given, ', which is a saved record', 'give a ref or a folder, to be measured beside head');
  }
  if (base.kind === 'none') return work({ kind: 'none', sentence: base.sentence, builtFrom: [ofHead] });
  const { folder, root, notes, sentence } = base;
  try {
    const ofBase: BuiltFrom = {
      revision: 'base',
      kind: choice.kind === 'folder' ? 'folder' : 'commit',
      name: named?.text ?? base.commit ?? base.folder,
      ...(base.commit === undefined ? {} : { commit: base.commit, dirty: base.dirty }),
      reason: sentence,
    };
    return await work({ kind: 'tree', sentence, folder, root, builtFrom: [ofBase, ofHead], notes });
  } finally {
    await base.dispose();
  }
}

/** A commit that an event names may be gone, as what a forced push replaced: nobody asked for it, and head is not to blame. */
function noneFor(thrown: unknown, { named, signal }: BaseRequest): { kind: 'none'; sentence: string } {
  signal?.throwIfAborted();
  const { kind, message } = failureOf(thrown);
  if (named !== undefined || kind !== 'usage') throw thrown;
  return { kind: 'none', sentence: `no base: ${message}` };
}

/** What head is decides over the base that a trigger gives. Beside one that was named it is good to know, and no more. */
async function readCheckout({ named, workingDirectory, signal }: BaseRequest): Promise<Head | undefined> {
  const repository = openRepository(workingDirectory, signal);
  if (repository === undefined) return undefined;
  return readHead(repository).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (named === undefined) throw error;
    return undefined;
  });
}

function headFrom(head: Head | undefined): BuiltFrom {
  return {
    revision: 'head',
    kind: 'folder',
    name: '.',
    ...(head === undefined ? {} : { commit: head.commit, dirty: head.dirty }),
    reason: 'head is the working directory',
  };
}
