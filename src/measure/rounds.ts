/**
 * Measures in rounds: everything is laid out afresh, then run in short slices in random order. A round gives one value per
 * arm, and it is the round, not the slice, that counts as a sample: layout luck lasts as long as a load.
 */
import type { Draw, RunnableArm, Side } from '../arms/side.js';
import type { MeasurementPlan } from '../domain/plan.js';
import type { Row } from '../domain/record.js';
import { metrics } from '../domain/words.js';
import { lowerQuartile, planSlices, type SlicePlan } from './slices.js';

export interface RoundsRequest {
  readonly benchmark: string;
  /** Key of the environment in the record. */
  readonly environment: string;
  readonly sides: readonly Side[];
  readonly measurement: MeasurementPlan;
  /** Rounds that will be measured at least. */
  readonly minRounds: number;
  readonly draw: Draw;
  /** Seconds on a clock that never goes back. */
  readonly now: () => number;
  /** Asked after every round. */
  readonly next: (rows: readonly Row[], secondsSpent: number) => 'more' | 'enough';
}

export interface RoundsResult {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly seconds: number;
}

/** What an arm has gathered; `row` grows from round to round. */
interface Course {
  readonly arm: RunnableArm;
  readonly plan: SlicePlan;
  readonly row: {
    values: number[];
    rounds: number[];
    evidence: { invocations: number; batches: number; retries: number };
  };
}

/** One slice of one arm on one input. */
interface Run {
  readonly course: Course;
  readonly input: number;
}

export function measureRounds(request: RoundsRequest): RoundsResult {
  const started = request.now();
  const courses = calibrate(request);
  const rows: Row[] = courses.map(({ arm, row }) => ({
    benchmark: request.benchmark,
    revision: arm.revision,
    arm: arm.arm,
    environment: request.environment,
    metric: metrics[arm.metric],
    ...row,
  }));
  for (let round = 0; ; round++) {
    laidOut(request, () => {
      measureRound(round, courses, request.draw);
    });
    const seconds = request.now() - started;
    if (request.next(rows, seconds) === 'enough') return { rows, rounds: round + 1, seconds };
  }
}

/** Loads in random order, does the work, and lets go of everything, whatever happens. */
function laidOut<T>({ sides, draw }: Pick<RoundsRequest, 'sides' | 'draw'>, work: () => T): T {
  try {
    for (const side of draw.shuffled(sides)) side.prepare(draw);
    return work();
  } finally {
    releaseAll(sides);
  }
}

/** A side that fails to let go keeps no other from it; what went wrong is thrown in the end. */
function releaseAll(sides: readonly Side[]): void {
  const [side, ...others] = sides;
  if (side === undefined) return;
  try {
    side.release();
  } finally {
    releaseAll(others);
  }
}

function measureRound(round: number, courses: readonly Course[], draw: Draw): void {
  const slices = new Map<Run, number[]>();
  const runs = courses.flatMap((course) =>
    Array.from({ length: course.arm.inputCount }, (_, input): Run => ({ course, input })),
  );
  for (const run of runs) slices.set(run, []);
  for (const run of interleaved(runs, draw)) {
    const { arm, plan, row } = run.course;
    const { ns, retries } = arm.batch(run.input, plan.invocationsPerSlice);
    slices.get(run)?.push(ns / plan.invocationsPerSlice);
    row.evidence.invocations += plan.invocationsPerSlice;
    row.evidence.batches += 1;
    row.evidence.retries += retries;
  }
  for (const course of courses) {
    const perInput = runs.filter((run) => run.course === course).map((run) => lowerQuartile(slices.get(run) ?? []));
    course.row.values.push(perInput.reduce((sum, value) => sum + value, 0) / perInput.length);
    course.row.rounds.push(round);
  }
}

/** Every run as often as its plan has slices, in passes that are each in an order of their own. */
function interleaved(runs: readonly Run[], draw: Draw): Run[] {
  const passes = Math.min(...runs.map(({ course }) => course.plan.slices));
  return Array.from({ length: passes }, (_, pass) =>
    draw.shuffled(
      runs.flatMap((run) => {
        // An arm with more slices than there are passes spreads them evenly over the passes.
        const { slices } = run.course.plan;
        const share = Math.floor((slices * (pass + 1)) / passes) - Math.floor((slices * pass) / passes);
        return Array<Run>(share).fill(run);
      }),
    ),
  ).flat();
}

/** A calibration batch is as long as this, to be above the clock's grain and the cold start. */
const CALIBRATION_NS = 50_000;
const CALIBRATION_MAX_INVOCATIONS = 1 << 20;

function calibrate(request: RoundsRequest): Course[] {
  return laidOut(request, () =>
    request.sides
      .flatMap(({ arms }) => arms)
      .map((arm) => ({
        arm,
        plan: planSlices({
          arm: arm.arm,
          metric: arm.metric,
          nsPerInvocation: costOf(arm),
          inputCount: arm.inputCount,
          compareWith: request.measurement.compareWith,
          iterations: request.measurement.iterations,
          rounds: request.minRounds,
        }),
        row: { values: [], rounds: [], evidence: { invocations: 0, batches: 0, retries: 0 } },
      })),
  );
}

/** Nanoseconds per invocation, roughly: the mean over the inputs, from the first batch that is long enough. */
function costOf(arm: RunnableArm): number {
  const costs = Array.from({ length: arm.inputCount }, (_, input) => {
    for (let invocations = 16; ; invocations *= 8) {
      const { ns } = arm.batch(input, invocations);
      if (ns >= CALIBRATION_NS || invocations >= CALIBRATION_MAX_INVOCATIONS) return ns / invocations;
    }
  });
  return costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}
