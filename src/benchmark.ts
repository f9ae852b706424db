/** One benchmark's story in the worker: build → load → prove → measure ⇄ judge. */
import { kernelSide } from './arms/kernel.js';
import { kernelFloor, kernelProgram } from './arms/kernel-programs.js';
import type { Side } from './arms/side.js';
import { userSide } from './arms/user.js';
import { loadRequest, unusableBase, type Build, type Builds } from './benchmark/builds.js';
import type { BenchmarkPlan } from './domain/plan.js';
import type { BenchmarkRecord, BuiltProgram, MissingBase, Row, Warning } from './domain/record.js';
import { metrics, revisions, userArms, type MetricName } from './domain/words.js';
import { KfaasError } from './errors.js';
import { gateCount, spreadOver } from './judge/looks.js';
import { nextStep } from './judge/stop.js';
import type { Libbpf } from './load/libbpf.js';
import type { UserSide } from './load/native.js';
import { loadProgram, type LoadedProgram } from './load/object.js';
import { programTypeFacts } from './load/program-types.js';
import { drawFrom } from './measure/draw.js';
import { measureRounds } from './measure/rounds.js';
import type { MeasureJob, WorkerEvent } from './places/protocol.js';
import { prove, type ProvedInput } from './prove/prove.js';

/** What the benchmarks of a job share. */
export interface Bench {
  readonly job: MeasureJob;
  readonly libbpf: Libbpf;
  readonly users: UserSide;
  /** Variants of the empty program's user-space library. */
  readonly emptyLibraries: readonly string[];
  /** Key of the environment in the record. */
  readonly environment: string;
  readonly emit: (event: WorkerEvent) => void;
}

/** A revision that was loaded and proved. */
interface Proved {
  readonly build: Build;
  readonly loaded: LoadedProgram;
  readonly inputs: readonly ProvedInput[];
  readonly record: BuiltProgram;
}

/** More inputs than these are proved but not timed, so that a round stays short. */
const MAX_TIMED_INPUTS = 8;
/** Harness slots: one for each revision's process, the last for the floor's. */
const FLOOR_SLOT = 15;

/** Throws a KfaasError; nothing stays loaded. */
export function measureBenchmark(
  bench: Bench,
  plan: BenchmarkPlan,
  builds: Builds,
): { benchmark: BenchmarkRecord; rows: Row[] } {
  const loaded: LoadedProgram[] = [];
  const sides: Side[] = [];
  try {
    const prepare = (build: Build): Proved => {
      const program = loadProgram(bench.libbpf, loadRequest(bench.job, plan, build.objects, build.program));
      loaded.push(program);
      return proveRevision(bench, plan, build, program);
    };
    const head = prepare(builds.head);
    const { bases, missingBase } = provedBases(builds, head, prepare);
    const proved = [...bases, head];
    const statistics = statisticsWatch(plan.name, bench.emit);
    for (const revision of proved) sides.push(...sidesOf(bench, revision, statistics.wereOn));
    sides.push(...floorSides(bench, head, statistics.wereOn));
    const measured = measure(bench, plan, sides, statistics.wasDisturbed);
    statistics.tell();
    const benchmark = {
      plan,
      programs: proved.map(({ record }) => record),
      rounds: measured.rounds,
      seconds: measured.seconds,
      ...(missingBase && { missingBase }),
    };
    return { benchmark, rows: [...measured.rows, ...proved.flatMap((revision) => exactRows(bench, plan, revision))] };
  } finally {
    for (const side of sides) side.dispose();
    for (const program of loaded) program.unload();
  }
}

/** A base that the kernel refuses, that is not proven, or that is something else altogether is as good as none. */
function provedBases(
  builds: Builds,
  head: Proved,
  prepare: (build: Build) => Proved,
): { bases: readonly Proved[]; missingBase?: MissingBase } {
  if (builds.missingBase !== undefined) return { bases: [], missingBase: builds.missingBase };
  try {
    const bases = builds.bases.map(prepare);
    for (const { loaded } of bases) requireSameType(loaded, head.loaded);
    return { bases };
  } catch (error) {
    return { bases: [], missingBase: unusableBase(error) };
  }
}

function requireSameType(base: LoadedProgram, head: LoadedProgram): void {
  if (base.type === head.type) return;
  throw new KfaasError({
    kind: 'usage',
    message: `${head.name} is of type ${head.type} and was of type ${base.type} in the base, which cannot be compared`,
    remedy: 'nothing needs to be done: the next change is held against this one',
  });
}

function proveRevision(bench: Bench, plan: BenchmarkPlan, build: Build, loaded: LoadedProgram): Proved {
  const { job, emit } = bench;
  emit({ event: 'progress', benchmark: plan.name, stage: 'prove', fraction: 0 });
  const user = bench.users.start(revisions.indexOf(build.revision), build.libraries[0] ?? '', {
    pages: 0,
    stackBytes: 0,
  });
  const { proof, inputs } = prove(bench.libbpf, {
    program: loaded,
    user,
    inputs: plan.inputs,
    expectedRetval: build.revision === 'head' ? plan.expect.retval : undefined, // what head promises, the base may not
    iterations: job.measurement.iterations,
  });
  user.end();
  const record: BuiltProgram = {
    revision: build.revision,
    program: loaded.name,
    type: loaded.type,
    tag: loaded.info.tag,
    objectSha256: build.objects.bpfSha256,
    nativeSha256: build.objects.nativeSha256,
    proof,
  };
  return { build, loaded, inputs: timed(plan, inputs, build.revision === 'head' ? emit : () => undefined), record };
}

/** All of few inputs; of many, evenly spread ones. */
function timed(plan: BenchmarkPlan, inputs: readonly ProvedInput[], emit: Bench['emit']): readonly ProvedInput[] {
  if (inputs.length <= MAX_TIMED_INPUTS) return inputs;
  const warning: Warning = {
    code: 'inputs-not-timed',
    benchmark: plan.name,
    message: `all ${String(inputs.length)} inputs are proved, ${String(MAX_TIMED_INPUTS)} of them are timed; split the benchmark to time more`,
  };
  emit({ event: 'warning', warning });
  const step = inputs.length / MAX_TIMED_INPUTS;
  return inputs.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** Of the base, user space is run for what head's speedup is made of; its other arms are nowhere shown. */
function sidesOf(bench: Bench, proved: Proved, statisticsWereOn: () => void): Side[] {
  const { build, loaded, inputs } = proved;
  const { revision, libraries } = build;
  const { context } = programTypeFacts[loaded.type];
  const arms = revision === 'head' ? userArms : [bench.job.measurement.compareWith];
  const name = revision === 'head' ? loaded.name : `${loaded.name} of the base`;
  const slot = revisions.indexOf(revision);
  const kernel = { ...kernelProgram(bench.libbpf, loaded, revision, inputs), name };
  return [
    kernelSide(bench.libbpf, kernel, statisticsWereOn),
    userSide(bench.users, { name, revision, metric: 'time', slot, libraries, context, inputs, arms }),
  ];
}

/** The empty program on both sides, on the first input. */
function floorSides(bench: Bench, { loaded, inputs }: Proved, statisticsWereOn: () => void): Side[] {
  const [input] = inputs;
  if (input === undefined) throw new Error('a benchmark without inputs');
  const program = kernelProgram(bench.libbpf, loaded, 'head', inputs);
  return [
    kernelSide(bench.libbpf, kernelFloor(bench.libbpf, program, input), statisticsWereOn),
    userSide(bench.users, {
      name: 'the empty program',
      revision: 'head',
      metric: 'floor',
      slot: FLOOR_SLOT,
      libraries: bench.emptyLibraries,
      context: programTypeFacts[loaded.type].context,
      inputs: [{ ...input, retval: 0, output: input.bytes }],
    }),
  ];
}

/** Seconds of measuring that may be lost to somebody else's counting. */
const PATIENCE_SECONDS = 10;

/** Watches for run statistics that somebody else turns on: the rounds that they falsify are thrown away and told. */
function statisticsWatch(benchmark: string, emit: Bench['emit']) {
  let seen = false;
  let lost = 0;
  let since = performance.now();
  return {
    wereOn: () => {
      seen = true;
    },
    /** Throws a KfaasError of kind environment where they stay on. */
    wasDisturbed: () => {
      const disturbed = seen;
      seen = false;
      if (!disturbed) since = performance.now();
      else lost += 1;
      if (performance.now() - since > PATIENCE_SECONDS * 1000) throw statisticsStayOn(benchmark);
      return disturbed;
    },
    tell: () => {
      if (lost === 0) return;
      const message =
        `${String(lost)} rounds were thrown away because run statistics were on meanwhile, which adds two clock reads to ` +
        'every run; run nothing beside it that turns them on';
      emit({ event: 'warning', warning: { code: 'statistics-on', benchmark, message } });
    },
  };
}

function statisticsStayOn(benchmark: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `${benchmark}: run statistics are on, which adds two clock reads to every run in the kernel`,
    remedy:
      'turn them off (sysctl -w kernel.bpf_stats_enabled=0), and stop what holds them on: tools such as bpftop, `bpftool prog profile`',
  });
}

/** Milliseconds between two progress events of one benchmark. */
const PROGRESS_MS = 100;

function measure(
  bench: Bench,
  plan: BenchmarkPlan,
  sides: readonly Side[],
  wasDisturbed: () => boolean,
): ReturnType<typeof measureRounds> {
  const { job, emit } = bench;
  const { measurement } = job;
  const isCompared = sides.some(({ arms }) => arms.some(({ revision }) => revision === 'base'));
  const expectedRounds = measurement.rounds ?? spreadOver[isCompared ? 'besideBase' : 'alone'];
  const gatesOfJob = gateCount(job.benchmarks);
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
      return nextStep({ plan, measurement, gatesOfJob, rows, secondsSpent });
    },
  });
}

/** The verifier's and the JIT's figures, from the load without padding. */
function exactRows(bench: Bench, plan: BenchmarkPlan, { loaded, build }: Proved): Row[] {
  const values: Partial<Record<MetricName, number | undefined>> = {
    'verified-insns': loaded.verifiedInsns,
    'xlated-bytes': loaded.info.xlatedBytes,
    'jited-bytes': loaded.info.jitedBytes,
    'stack-bytes': loaded.stackBytes,
  };
  return (Object.keys(values) as MetricName[]).flatMap((name) => {
    const value = values[name];
    if (value === undefined) return [];
    return {
      benchmark: plan.name,
      revision: build.revision,
      arm: 'kernel',
      environment: bench.environment,
      metric: metrics[name],
      values: [value],
      evidence: { invocations: 0, batches: 0, retries: 0 },
    } satisfies Row;
  });
}

/** What is told of a benchmark that ended before it was measured. */
export function failedBenchmark(
  plan: BenchmarkPlan,
  failure: NonNullable<BenchmarkRecord['failure']>,
): BenchmarkRecord {
  return { plan, programs: [], rounds: 0, seconds: 0, failure };
}
