/** What there is to measure of one benchmark: head, and where it has one, its base. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { sha256OfFile } from '../build/cache.js';
import { compileForKernel, fileInTree } from '../build/compile.js';
import { allEnded } from '../build/run.js';
import type { BenchmarkPlan, MapContents } from '../domain/plan.js';
import type { MissingBase } from '../domain/record.js';
import type { Revision } from '../domain/words.js';
import type { Filling } from '../load/map-contents.js';
import { programIn, programNamesIn, type LoadRequest } from '../load/object.js';
import type { MeasureJob } from '../places/protocol.js';
import type { TwinCounts } from '../twin/counts.js';
import { countsOf } from './counting.js';
import { requireFittingInputs, withFittingInputs } from './inputs.js';
import { mapsOf } from './maps.js';
import type { Site } from './site.js';
import { unusableBase, type Trees } from './trees.js';
import type { NoUserSide, UserBuild } from './user-build.js';
import { kindOf, userSideOf, type UserKind } from './user-side.js';

/** One revision of a benchmark, compiled. */
export interface Build {
  readonly revision: Revision;
  /** Path of the eBPF object. */
  readonly object: string;
  readonly objectSha256: string;
  readonly program: string;
  /** What its maps are to hold beside what the object puts there. */
  readonly filling?: Filling;
  /** Those of it that a dry run asked for. */
  readonly seeds?: readonly MapContents[];
  readonly user: UserBuild | NoUserSide;
  /** On the inputs of the plan. */
  readonly counts: TwinCounts;
}

export interface Builds {
  readonly head: Build;
  /** The base, and the same once more; both or none. */
  readonly bases: readonly Build[];
  /** Why there is none, where the job has a tree for it. */
  readonly missingBase?: MissingBase;
}

/** Throws a KfaasError of kind build, usage or environment: head's, or the machine's. */
export async function buildBenchmark(site: Site, plan: BenchmarkPlan): Promise<Builds> {
  const [head, first] = await allEnded([build(site, plan, 'head'), buildBase(site, plan)]);
  const base = isOfOtherKind(plan, head, first) ? await buildBase(site, plan, kindOf(head.user)) : first;
  return {
    head,
    bases: base === undefined || 'reason' in base ? [] : [base, { ...base, revision: 'again' }],
    ...(base !== undefined && 'reason' in base ? { missingBase: base } : {}),
  };
}

/** Speedups over two kinds of user-space sides cannot be held against each other. */
function isOfOtherKind({ limits }: BenchmarkPlan, head: Build, base: Build | MissingBase | undefined): boolean {
  if (limits.maxSpeedupLossPercent === undefined || base === undefined || 'reason' in base) return false;
  const kinds = [kindOf(head.user), kindOf(base.user)];
  return !kinds.includes(undefined) && kinds[0] !== kinds[1];
}

async function buildBase(site: Site, plan: BenchmarkPlan, kind?: UserKind): Promise<Build | MissingBase | undefined> {
  const { base } = site.trees;
  if (typeof base !== 'string') return base;
  const { tree, file } = placeOf(site.trees, plan, 'base');
  if (!existsSync(path.resolve(tree, file))) return { reason: 'new' };
  try {
    if (plan.program !== undefined && !(await programsOf(site, plan, 'base')).includes(plan.program)) {
      return { reason: 'new' };
    }
    return await build(site, plan, 'base', kind);
  } catch (error) {
    return unusableBase(error);
  }
}

/** The programs in a revision's object. Throws a KfaasError of kind build. */
export async function programsOf(site: Site, plan: BenchmarkPlan, revision: Revision): Promise<string[]> {
  const { object } = await objectOf(site, plan, revision);
  return programNamesIn(site.libbpf, loadRequest(site.job, plan, { object, revision }));
}

async function build(site: Site, plan: BenchmarkPlan, revision: Revision, kind?: UserKind): Promise<Build> {
  const { object, objectSha256 } = await objectOf(site, plan, revision);
  const { name: program, type } = programIn(site.libbpf, loadRequest(site.job, plan, { object, revision }));
  const fitting = type === undefined ? plan : withFittingInputs(site.libbpf, plan, type);
  if (type !== undefined && revision === 'head') requireFittingInputs(fitting, program, type);
  const maps = await mapsOf(site, fitting, { revision, object, program });
  const code = { ...placeOf(site.trees, plan, revision), revision, object, program, ...maps };
  const user = await userSideOf(site, fitting, code, kind && [kind]);
  return { revision, object, objectSha256, program, user, ...maps, counts: await countsOf(site, fitting, code) };
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

export function loadRequest(
  job: MeasureJob,
  plan: BenchmarkPlan,
  {
    object,
    revision,
    program = plan.program,
    filling,
  }: Pick<Build, 'object' | 'revision' | 'filling'> & { program?: string },
): LoadRequest {
  const logName = `${plan.name}.${revision}`.replaceAll(/[^\w.-]/g, '_');
  const logFile = path.join(job.folders.output, `${logName}.verifier.log`);
  return { object, source: plan.source, program, logFile, ...(filling && { filling }) };
}
