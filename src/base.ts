/** What head is compared with, whatever the surface, and where both of them come from. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BenchRecord, BuiltFrom, Warning } from './domain/record.js';
import { failureOf } from './errors.js';
import { compareWithBasePlan, type PlanComparison } from './inputs/base-plan.js';
import type { PlannedRun } from './inputs/plan.js';
import { readSavedRecord } from './inputs/saved-record.js';
import { chooseBase, type Trigger } from './trees/choose-base.js';
import { othersAmong } from './trees/others.js';
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
      /** What head has set up otherwise. */
      readonly comparison: PlanComparison;
    }
  /** Head is measured alone, and shown beside what was saved of another run. */
  | {
      readonly kind: 'record';
      readonly sentence: string;
      readonly builtFrom: readonly BuiltFrom[];
      /** As it was named. */
      readonly path: string;
      readonly saved: BenchRecord;
    }
  /** Nothing was asked for: head is measured alone. */
  | { readonly kind: 'unasked'; readonly builtFrom: readonly BuiltFrom[] }
  /** Head is measured alone. */
  | {
      readonly kind: 'none';
      /** Why there is no base. */
      readonly sentence: string;
      readonly builtFrom: readonly BuiltFrom[];
    };

export interface BaseRequest extends Omit<Workplace, 'workingDirectory'> {
  /** Its base is as the user named it; absent: what the trigger gives. */
  readonly head: PlannedRun;
  readonly trigger?: Trigger;
}

/**
 * Runs `work` with the base, whose tree exists meanwhile.
 * @throws KfaasError (usage) where there is no such base, (environment) where it cannot be had
 */
export async function withBase<T>(request: BaseRequest, work: (base: Base) => Promise<T>): Promise<T> {
  const { base: named, workingDirectory } = request.head;
  const checkout = await readCheckout(request);
  const choice = chooseBase({
    ...(named && { setting: named.text }),
    ...(request.trigger && { trigger: request.trigger }),
    ...(checkout && { head: checkout }),
  });
  const workplace = { ...request, workingDirectory };
  const base = await resolveBase(choice, workplace).catch((thrown: unknown) => noneFor(thrown, request));
  const ofHead = headFrom(checkout);
  if (base.kind === 'none') return work({ kind: 'none', sentence: base.sentence, builtFrom: [ofHead] });
  if (base.kind === 'record') {
    const given = named ?? { name: 'base', text: base.path };
    const saved = readSavedRecord(given, workingDirectory);
    return work({ kind: 'record', sentence: base.sentence, builtFrom: [ofHead], path: given.text, saved });
  }
  const { folder, root, notes, sentence } = base;
  try {
    const ofBase: BuiltFrom = {
      revision: 'base',
      kind: choice.kind === 'folder' ? 'folder' : 'commit',
      name: named?.text ?? base.commit ?? base.folder,
      ...(base.commit === undefined ? {} : { commit: base.commit, dirty: base.dirty }),
      reason: sentence,
    };
    const { warnings, ...told } = compareWithBasePlan(request.head, { folder, root });
    const comparison = { ...told, warnings: [...warnings, ...(await warnOfLooseObjects(request, folder))] };
    return await work({ kind: 'tree', sentence, folder, root, builtFrom: [ofBase, ofHead], notes, comparison });
  } finally {
    await base.dispose();
  }
}

/** An object that no commit holds and nothing makes in the base's tree is new for ever. */
async function warnOfLooseObjects({ head, signal }: BaseRequest, baseFolder: string): Promise<Warning[]> {
  const { plan, workingDirectory } = head;
  const repository = openRepository(workingDirectory, signal);
  if (repository === undefined || plan.build !== undefined) return [];
  const missing = plan.benchmarks
    .filter(({ object }) => object !== undefined && object.base === undefined)
    .flatMap(({ source, object }) => [source, ...(object?.native === undefined ? [] : [object.native])])
    .filter((file) => !path.isAbsolute(file))
    .filter((file) => !existsSync(path.join(baseFolder, file)));
  const loose = [...(await othersAmong([...new Set(missing)], 'untracked', workingDirectory, repository))];
  if (loose.length === 0) return [];
  const message =
    `in no commit, so in no base, and new in every run: ${listed(loose)}; in kfaas.yml name the command that makes ` +
    'such objects in both trees (`build:`), or those of the base (`base-object:`)';
  return [{ code: 'loose-objects', message }];
}

/** So many names are read. */
const namedFiles = 5;

function listed(files: readonly string[]): string {
  const more = files.length - namedFiles;
  const names = files.slice(0, namedFiles).map((file) => `\`${file}\``);
  return [names.join(', '), ...(more > 0 ? [`${more} more`] : [])].join(' and ');
}

/** Of which commit head is helps who compares with its record later; where git cannot tell, nothing is lost. */
export async function withoutBase(head: PlannedRun, signal: AbortSignal): Promise<Base> {
  const checkout = await readCheckout({ head, signal }).catch(() => undefined);
  signal.throwIfAborted();
  return { kind: 'unasked', builtFrom: [headFrom(checkout)] };
}

/** A commit that an event names may be gone, as what a forced push replaced: nobody asked for it, and head is not to blame. */
function noneFor(thrown: unknown, { head, signal }: BaseRequest): { kind: 'none'; sentence: string } {
  signal?.throwIfAborted();
  const { kind, message } = failureOf(thrown);
  if (head.base !== undefined || kind !== 'usage') throw thrown;
  return { kind: 'none', sentence: `no base: ${message}` };
}

/** What head is decides over the base that a trigger gives. Beside one that was named it is good to know, and no more. */
async function readCheckout({ head, signal }: Pick<BaseRequest, 'head' | 'signal'>): Promise<Head | undefined> {
  const repository = openRepository(head.workingDirectory, signal);
  if (repository === undefined) return undefined;
  return readHead(repository).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (head.base === undefined) throw error;
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
