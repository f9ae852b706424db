/** One benchmark's story in the worker: build → load → prove → measure ⇄ judge. */
import type { Bench } from './benchmark/bench.js';
import type { Build, Builds } from './benchmark/builds.js';
import { nothingOf } from './benchmark/every.js';
import { codeOf } from './benchmark/code.js';
import { recordedCounts } from './benchmark/counting.js';
import { clauseOf } from './benchmark/extent.js';
import { exactRows } from './benchmark/figures.js';
import { warnOfLeftOut, withFittingInputs } from './benchmark/inputs.js';
import { warnOfLackingMaps } from './benchmark/maps.js';
import { figuresOf, loadRevision, prepareBase, prepareHead, type Prepared } from './benchmark/prepare.js';
import { timed } from './benchmark/timing.js';
import { unusableBase } from './benchmark/trees.js';
import type { BenchmarkPlan } from './domain/plan.js';
import type { BenchmarkRecord, MissingBase, Row } from './domain/record.js';
import { failureOf } from './errors.js';
import { isRunnable, type LoadedProgram } from './load/object.js';
import { NotPermittedHere } from './load/refusal.js';

export interface Told {
  readonly benchmark: BenchmarkRecord;
  readonly rows: Row[];
}

/** Throws a KfaasError; nothing stays loaded. */
export function measureBenchmark(bench: Bench, plan: BenchmarkPlan, builds: Builds): Told {
  const loaded: LoadedProgram[] = [];
  const load = (build: Build): LoadedProgram =>
    loadRevision(bench, plan, build, (program) => {
      loaded.push(program);
    });
  try {
    const program = loadHead(plan, builds, load);
    if (typeof program === 'string') return { benchmark: nothingOf(plan, program), rows: [] };
    const fitting = isRunnable(program) ? withFittingInputs(bench.libbpf, plan, program.type) : plan;
    warnOfLeftOut(bench, plan, fitting);
    const head = prepareHead(bench, fitting, builds.head, program);
    const { bases, missingBase } = preparedBases(builds, head, (build) =>
      prepareBase(bench, fitting, build, load(build), head),
    );
    warnOfLackingMaps(bench, fitting, loaded);
    return measured(bench, fitting, [...bases, head], missingBase);
  } finally {
    for (const program of loaded) program.unload();
  }
}

/**
 * Why a program does not load that was discovered, not asked for, and that its base does not load either: it may want another
 * kernel, and fails nobody.
 */
function loadHead(plan: BenchmarkPlan, builds: Builds, load: (build: Build) => LoadedProgram): LoadedProgram | string {
  try {
    return load(builds.head);
  } catch (error) {
    const { kind } = failureOf(error);
    const isOfProgram = kind === 'verifier' || kind === 'build' || error instanceof NotPermittedHere;
    if (!plan.every || !isOfProgram || baseLoads(builds, load)) throw error;
    return `does not load: ${clauseOf(failureOf(error), builds.head.program)}`;
  }
}

function baseLoads({ bases }: Builds, load: (build: Build) => LoadedProgram): boolean {
  const [base] = bases;
  if (base === undefined) return false;
  try {
    load(base);
    return true;
  } catch {
    return false;
  }
}

/** A base that the kernel refuses, that is not proven, or that is something else altogether is as good as none. */
function preparedBases(
  builds: Builds,
  head: Prepared,
  prepare: (build: Build) => Prepared,
): { bases: readonly Prepared[]; missingBase?: MissingBase } {
  if (builds.missingBase !== undefined) return { bases: [], missingBase: builds.missingBase };
  try {
    // Exact figures need no sentinel.
    return { bases: builds.bases.filter(({ revision }) => head.run !== undefined || revision === 'base').map(prepare) };
  } catch (error) {
    return { bases: [], missingBase: unusableBase(error) };
  }
}

function measured(
  bench: Bench,
  plan: BenchmarkPlan,
  prepared: readonly Prepared[],
  missingBase: MissingBase | undefined,
): Told {
  const head = prepared.find(({ build }) => build.revision === 'head');
  if (head === undefined) throw new Error('a benchmark without head');
  try {
    const { rows, rounds, seconds } =
      head.run === undefined
        ? { rows: [], rounds: 0, seconds: 0 }
        : bench.libbpf.inEmptyNetwork(timed, bench, plan, prepared, head.extent, head.run);
    const programs = prepared.map(({ build, record }) =>
      build.revision === 'again' ? record : { ...record, ...recordedCounts(plan, build.counts) },
    );
    const code = codeOf(bench, prepared);
    const benchmark = {
      plan,
      programs,
      rounds,
      seconds,
      ...(head.extent && { extent: head.extent }),
      ...(missingBase && { missingBase }),
      ...(code && { code }),
    };
    const of = { benchmark: plan.name, environment: bench.environment };
    const figures = prepared.flatMap(({ build, loaded }, i) =>
      exactRows(of, build.revision, loaded, programs[i]?.executed),
    );
    return { benchmark, rows: [...rows, ...figures] };
  } catch (error) {
    const failure = failureOf(error);
    if (!plan.every || failure.kind !== 'proof' || head.run === undefined) throw error;
    const reason = clauseOf(failure, head.loaded.name);
    const untimed = prepared.filter(({ build }) => build.revision !== 'again');
    return measured(
      bench,
      plan,
      untimed.map(({ build, loaded }) => figuresOf(build, loaded, reason)),
      missingBase,
    );
  }
}

/** What is told of a benchmark that ended before it was measured. */
export function failedBenchmark(
  plan: BenchmarkPlan,
  failure: NonNullable<BenchmarkRecord['failure']>,
): BenchmarkRecord {
  return { plan, programs: [], rounds: 0, seconds: 0, failure };
}
