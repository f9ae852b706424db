/** Where the revisions are built from: the job's trees, or the copies that the project's own build command made ready. */
import { buildInCopy } from '../build/user-build.js';
import type { Toolchain } from '../build/toolchain.js';
import { buildTimeLimitSeconds } from '../domain/plan.js';
import type { MissingBase } from '../domain/record.js';
import { failureOf } from '../errors.js';
import type { MeasureJob } from '../places/protocol.js';

export interface Trees {
  /** Absolute, as each of them. */
  readonly head: string;
  /** Absent where the job has none; what is wrong with it where its build failed. */
  readonly base?: string | MissingBase;
}

/**
 * Throws a KfaasError of kind build where the command fails in head's tree; of kind environment where it cannot be run.
 * @param tell is given a clause for each tree that is about to be built
 */
export async function readyTrees(job: MeasureJob, toolchain: Toolchain, tell: (note: string) => void): Promise<Trees> {
  const [head, base] = (['head', 'base'] as const).map((wanted) =>
    job.trees.find(({ revision }) => revision === wanted),
  );
  if (head === undefined) throw new Error('a job without a tree of head');
  const { build } = job;
  if (build === undefined) return { head: head.folder, ...(base && { base: base.folder }) };
  const built = ({ revision, folder, root = folder }: MeasureJob['trees'][number]): Promise<string> => {
    tell(`build: ${build.command}, in the tree of ${revision}`);
    return buildInCopy({
      command: build.command,
      root,
      folder,
      copies: build.folder,
      treeName: revision,
      toolchain,
      timeLimitSeconds: buildTimeLimitSeconds,
    });
  };
  const headFolder = await built(head);
  return { head: headFolder, ...(base && { base: await built(base).catch(unusableBase) }) };
}

/** What is wrong with the base's program is told and keeps head from nothing; anything else is thrown on. */
export function unusableBase(thrown: unknown): MissingBase {
  const failure = failureOf(thrown);
  if (failure.kind === 'environment' || failure.kind === 'internal') throw thrown;
  return { reason: 'unusable', failure };
}
