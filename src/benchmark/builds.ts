/** What there is to measure of one benchmark: head, and where it has one, its base. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { sha256OfFile } from '../build/cache.js';
import { compileForKernel, compileForUserSpace, fileInTree, type Workshop } from '../build/compile.js';
import { linkVariants } from '../build/harness.js';
import { allEnded } from '../build/run.js';
import type { BenchmarkPlan } from '../domain/plan.js';
import type { MissingBase } from '../domain/record.js';
import type { Revision } from '../domain/words.js';
import { failureOf, KfaasError } from '../errors.js';
import type { Libbpf } from '../load/libbpf.js';
import { programNameIn, programNamesIn, type LoadRequest } from '../load/object.js';
import type { MeasureJob } from '../places/protocol.js';
import { clauseOf, needsUserSide } from './extent.js';
import type { Trees } from './trees.js';

/** One revision of a benchmark, compiled. */
export interface Build {
  readonly revision: Revision;
  /** Path of the eBPF object. */
  readonly object: string;
  readonly objectSha256: string;
  readonly program: string;
  readonly user: UserBuild | NoUserSide;
}

export interface UserBuild {
  readonly sha256: string;
  /** Variants of the user-space library. */
  readonly libraries: readonly string[];
}

export interface NoUserSide {
  /** A clause: why there is none. */
  readonly missing: string;
}

export interface Builds {
  readonly head: Build;
  /** The base, and the same once more; both or none. */
  readonly bases: readonly Build[];
  /** Why there is none, where the job has a tree for it. */
  readonly missingBase?: MissingBase;
}

/** What building needs of the job. */
export interface Site {
  readonly workshop: Workshop;
  readonly libbpf: Libbpf;
  readonly job: MeasureJob;
  readonly trees: Trees;
}

/** Throws a KfaasError of kind build, usage or environment: head's, or the machine's. */
export async function buildBenchmark(site: Site, plan: BenchmarkPlan): Promise<Builds> {
  const [head, base] = await allEnded([build(site, plan, 'head'), buildBase(site, plan)]);
  return {
    head,
    bases: base === undefined || 'reason' in base ? [] : [base, { ...base, revision: 'again' }],
    ...(base !== undefined && 'reason' in base ? { missingBase: base } : {}),
  };
}

async function buildBase(site: Site, plan: BenchmarkPlan): Promise<Build | MissingBase | undefined> {
  const { base } = site.trees;
  if (typeof base !== 'string') return base;
  const { tree, file } = placeOf(site.trees, plan, 'base');
  if (!existsSync(path.resolve(tree, file))) return { reason: 'new' };
  try {
    if (plan.program !== undefined && !(await programsOf(site, plan, 'base')).includes(plan.program)) {
      return { reason: 'new' };
    }
    return await build(site, plan, 'base');
  } catch (error) {
    return unusableBase(error);
  }
}

/** The programs in a revision's object. Throws a KfaasError of kind build. */
export async function programsOf(site: Site, plan: BenchmarkPlan, revision: Revision): Promise<string[]> {
  const { object } = await objectOf(site, plan, revision);
  return programNamesIn(site.libbpf, loadRequest(site.job, plan, { object, revision }));
}

async function build(site: Site, plan: BenchmarkPlan, revision: Revision): Promise<Build> {
  const native = plan.object === undefined ? nativeOf(site, plan, revision) : undefined;
  const [{ object, objectSha256 }, user] = await allEnded([objectOf(site, plan, revision), native]);
  const program = programNameIn(site.libbpf, loadRequest(site.job, plan, { object, revision }));
  return { revision, object, objectSha256, program, user: await linked(site, plan, user, program) };
}

async function objectOf(
  { workshop, trees }: Site,
  plan: BenchmarkPlan,
  revision: Revision,
): Promise<Pick<Build, 'object' | 'objectSha256'>> {
  const { tree, file } = placeOf(trees, plan, revision);
  if (plan.object !== undefined) {
    const object = fileInTree(tree, file);
    return { object, objectSha256: sha256OfFile(object) };
  }
  const { bpf, bpfSha256 } = await compileForKernel(workshop, { tree, source: file, cflags: plan.cflags });
  return { object: bpf, objectSha256: bpfSha256 };
}

type Native = Awaited<ReturnType<typeof compileForUserSpace>>;

async function nativeOf(site: Site, plan: BenchmarkPlan, revision: Revision): Promise<Native | NoUserSide> {
  const { tree, file } = placeOf(site.trees, plan, revision);
  const unit = { tree, source: file, cflags: plan.cflags };
  return compileForUserSpace(site.workshop, unit).catch((error: unknown) => noUserSide(plan, plan.source, error));
}

async function linked(
  { workshop }: Site,
  plan: BenchmarkPlan,
  native: Native | NoUserSide | undefined,
  program: string,
): Promise<Build['user']> {
  if (native === undefined) return { missing: 'a compiled object without its source has no user-space side' };
  if ('missing' in native) return native;
  try {
    return { sha256: native.nativeSha256, libraries: await linkVariants(workshop, native.native, program) };
  } catch (error) {
    return noUserSide(plan, program, error);
  }
}

/** Where nothing is held against the user-space side, the kernel alone can be measured. Else throws what was thrown. */
function noUserSide(plan: BenchmarkPlan, name: string, thrown: unknown): NoUserSide {
  const failure = failureOf(thrown);
  if (failure.kind !== 'build') throw thrown;
  if (plan.every || !needsUserSide(plan)) return { missing: clauseOf(failure, name) };
  const remedy = `${failure.remedy}; without \`threshold\` and \`max-speedup-loss\` the kernel side is measured alone`;
  throw new KfaasError({ ...failure, remedy });
}

/** Where a revision's source or object lies. The object of a base may lie in head's tree, where the user's own steps built both. */
function placeOf(
  { head, base }: Trees,
  plan: BenchmarkPlan,
  revision: Revision,
): { readonly tree: string; readonly file: string } {
  if (revision === 'head') return { tree: head, file: plan.source };
  if (plan.object?.base !== undefined) return { tree: head, file: plan.object.base };
  if (typeof base !== 'string') throw new Error(`no tree of ${revision}`);
  return { tree: base, file: plan.source };
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
  { object, revision, program = plan.program }: Pick<Build, 'object' | 'revision'> & { program?: string },
): LoadRequest {
  const logName = `${plan.name}.${revision}`.replaceAll(/[^\w.-]/g, '_');
  const logFile = path.join(job.folders.output, `${logName}.verifier.log`);
  return { object, source: plan.source, program, logFile };
}
