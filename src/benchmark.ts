/** One benchmark's story in the worker: build → load → prove → measure ⇄ judge. */
import { kernelSide } from './arms/kernel.js';
import { kernelFloor, kernelProgram } from './arms/kernel-programs.js';
import type { Side } from './arms/side.js';
import { userSide } from './arms/user.js';
import type { Bench } from './benchmark/bench.js';
import { unusableBase, type Build, type Builds } from './benchmark/builds.js';
import { nothingOf } from './benchmark/every.js';
import { codeOf } from './benchmark/code.js';
import { recordedCounts } from './benchmark/counting.js';
import { clauseOf } from './benchmark/extent.js';
import { exactRows } from './benchmark/figures.js';
import { warnOfLeftOut, withFittingInputs } from './benchmark/inputs.js';
import { tellOfSeeds, warnOfLackingMaps } from './benchmark/maps.js';
import { figuresOf, loadRevision, prepareBase, prepareHead, type Prepared, type Proved } from './benchmark/prepare.js';
import { statisticsWatch } from './benchmark/statistics.js';
import type { BenchmarkPlan } from './domain/plan.js';
import type { BenchmarkRecord, Extent, MissingBase, Row } from './domain/record.js';
import { revisions, userArms, type Revision } from './domain/words.js';
import { failureOf } from './errors.js';
import { spreadOver } from './judge/looks.js';
import { nextStep } from './judge/stop.js';
import { isRunnable, NotPermittedHere, type LoadedProgram } from './load/object.js';
import { programTypeFacts, untouchedOutput } from './load/program-types.js';
import { drawFrom } from './measure/draw.js';
import { measureRounds } from './measure/rounds.js';

/** Harness slots: one for each revision's process, the last for the twin beside head's and for the floor's. */
const BESIDE_SLOT = 14;
const FLOOR_SLOT = 15;

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
    tellOfSeeds(bench, fitting, builds.head);
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
        : timed(bench, plan, prepared, head.extent, head.run);
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

function timed(
  bench: Bench,
  plan: BenchmarkPlan,
  prepared: readonly Prepared[],
  extent: Extent | undefined,
  head: Proved,
): ReturnType<typeof measureRounds> {
  const sides: Side[] = [];
  const statistics = statisticsWatch(plan.name, bench.emit);
  try {
    for (const { build, run } of prepared) {
      if (run !== undefined) sides.push(...sidesOf(bench, build.revision, run, statistics.wereOn));
    }
    sides.push(...floorSides(bench, head, statistics.wereOn));
    const result = measure(bench, plan, extent, sides, statistics.wasDisturbed);
    statistics.tell();
    return result;
  } finally {
    for (const side of sides) side.dispose();
  }
}

/** Of the base, user space is run for what head's speedup is made of; its other arms are nowhere shown. */
function sidesOf(
  bench: Bench,
  revision: Revision,
  { loaded, inputs, user, replay }: Proved,
  statisticsWereOn: () => void,
): Side[] {
  const { context } = programTypeFacts[loaded.type];
  const arms = revision === 'head' ? userArms : [bench.job.measurement.compareWith];
  const name = revision === 'head' ? loaded.name : `${loaded.name} of the base`;
  const slot = revisions.indexOf(revision);
  const kernel = kernelSide(
    bench.libbpf,
    { ...kernelProgram(bench.libbpf, loaded, revision, inputs), name },
    statisticsWereOn,
  );
  if (user === undefined || context === undefined) return [kernel];
  const { libraries, beside } = user;
  const program = { name, revision, metric: 'time', context, inputs, ...(replay && { replay }) } as const;
  const own = userSide(bench.users, { ...program, slot, libraries, arms });
  if (beside === undefined || 'missing' in beside) return [kernel, own];
  const twin = { ...program, slot: BESIDE_SLOT, libraries: beside.libraries, arms: ['translated'] as const };
  return [kernel, own, userSide(bench.users, twin)];
}

/** The empty program on every side that there is, on the first input. */
function floorSides(bench: Bench, { loaded, inputs, user }: Proved, statisticsWereOn: () => void): Side[] {
  const [input] = inputs;
  if (input === undefined) throw new Error('a benchmark without inputs');
  const { context } = programTypeFacts[loaded.type];
  const program = kernelProgram(bench.libbpf, loaded, 'head', inputs);
  const kernel = kernelSide(bench.libbpf, kernelFloor(bench.libbpf, program, input), statisticsWereOn);
  if (user === undefined || context === undefined) return [kernel];
  const empty = userSide(bench.users, {
    name: 'the empty program',
    revision: 'head',
    metric: 'floor',
    slot: FLOOR_SLOT,
    libraries: bench.emptyLibraries,
    context,
    inputs: [{ ...input, retval: 0, output: untouchedOutput(loaded.type, input.bytes) }],
  });
  return [kernel, empty];
}

/** Milliseconds between two progress events of one benchmark. */
const PROGRESS_MS = 100;

function measure(
  bench: Bench,
  plan: BenchmarkPlan,
  extent: Extent | undefined,
  sides: readonly Side[],
  wasDisturbed: () => boolean,
): ReturnType<typeof measureRounds> {
  const { emit, gatesOfJob } = bench;
  const measurement = bench.measurementOf(plan);
  const isCompared = sides.some(({ arms }) => arms.some(({ revision }) => revision === 'base'));
  const expectedRounds = measurement.rounds ?? spreadOver[isCompared ? 'besideBase' : 'alone'];
  let told = 0;
  return measureRounds({
    benchmark: plan.name,
    environment: bench.environment,
    sides,
    measurement,
    minRounds: expectedRounds,
    comparesSpeedups: plan.limits.maxSpeedupLossPercent !== undefined,
    draw: drawFrom(measurement.seed),
    now: () => performance.now() / 1000,
    wasDisturbed,
    next: (rows, secondsSpent) => {
      const rounds = rows[0]?.values.length ?? 0;
      if (performance.now() - told >= PROGRESS_MS) {
        told = performance.now();
        const fraction = Math.min(1, rounds / expectedRounds);
        emit({ event: 'progress', benchmark: plan.name, stage: 'measure', fraction, note: `${String(rounds)} rounds` });
      }
      return nextStep({ plan, measurement, gatesOfJob, rows, secondsSpent, ...(extent && { extent }) });
    },
  });
}

/** What is told of a benchmark that ended before it was measured. */
export function failedBenchmark(
  plan: BenchmarkPlan,
  failure: NonNullable<BenchmarkRecord['failure']>,
): BenchmarkRecord {
  return { plan, programs: [], rounds: 0, seconds: 0, failure };
}
