/** What there is to measure of one benchmark: head, and where it has one, its base. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compileUnit, type BuiltObjects, type Workshop } from '../build/compile.js';
import { linkVariants } from '../build/harness.js';
import { allEnded } from '../build/run.js';
import type { BenchmarkPlan } from '../domain/plan.js';
import type { MissingBase } from '../domain/record.js';
import type { Revision } from '../domain/words.js';
import { failureOf } from '../errors.js';
import type { Libbpf } from '../load/libbpf.js';
import { programNameIn, type LoadRequest } from '../load/object.js';
import type { MeasureJob } from '../places/protocol.js';
import type { Trees } from './trees.js';

/** One revision of a benchmark, compiled for both sides. */
export interface Build {
  readonly revision: Revision;
  readonly objects: BuiltObjects;
  readonly program: string;
  /** Variants of the user-space library. */
  readonly libraries: readonly string[];
}

export interface Builds {
  readonly head: Build;
  /** The base, and the same once more; both or none. */
  readonly bases: readonly Build[];
  /** Why there is none, where the job has a tree for it. */
  readonly missingBase?: MissingBase;
}

/** Throws a KfaasError of kind build, usage or environment: head's, or the machine's. */
export async function buildBenchmark(
  workshop: Workshop,
  libbpf: Libbpf,
  job: MeasureJob,
  trees: Trees,
  plan: BenchmarkPlan,
): Promise<Builds> {
  const build = async (tree: string): Promise<Omit<Build, 'revision'>> => {
    const objects = await compileUnit(workshop, { tree, source: plan.source, cflags: plan.cflags });
    const program = programNameIn(libbpf, loadRequest(job, plan, objects));
    return { objects, program, libraries: await linkVariants(workshop, objects.native, program) };
  };
  const [head, base] = await allEnded([build(trees.head), baseOf(trees.base, plan, build)]);
  return {
    head: { revision: 'head', ...head },
    bases:
      base === undefined || 'reason' in base
        ? []
        : [
            { revision: 'base', ...base },
            { revision: 'again', ...base },
          ],
    ...(base !== undefined && 'reason' in base ? { missingBase: base } : {}),
  };
}

async function baseOf<T>(
  folder: Trees['base'],
  { source }: BenchmarkPlan,
  build: (folder: string) => Promise<T>,
): Promise<T | MissingBase | undefined> {
  if (typeof folder !== 'string') return folder;
  if (!existsSync(path.resolve(folder, source))) return { reason: 'new' };
  return build(folder).catch(unusableBase);
}

/** What is wrong with the base's program is told and keeps head from nothing; anything else is thrown on. */
export function unusableBase(thrown: unknown): MissingBase {
  const failure = failureOf(thrown);
  if (failure.kind === 'environment' || failure.kind === 'internal') throw thrown;
  return { reason: 'unusable', failure };
}

export function loadRequest(
  job: MeasureJob,
  plan: BenchmarkPlan,
  objects: BuiltObjects,
  program = plan.program,
): LoadRequest {
  return { object: objects.bpf, source: plan.source, program, logFolder: job.folders.output };
}
