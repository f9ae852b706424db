/**
 * Measures in rounds: everything is laid out afresh, then run in short slices in random order. A round gives one value per
 * arm, and it is the round, not the slice, that counts as a sample: layout luck lasts as long as a load.
 */
import type { Batch, Draw, RunnableArm, Side } from '../arms/side.js';
import type { MeasurementPlan } from '../domain/plan.js';
import type { Evidence, Row } from '../domain/record.js';
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
  /**
   * Asked once after every round, when its loads are gone: whether something outside of it falsified it. It is thrown away
   * then, whatever its values are.
   */
  readonly wasDisturbed: () => boolean;
  /** Asked after every round that counts. */
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
  for (let rounds = 0; ;) {
    const gains = laidOut(request, () => measureRound(courses, request.draw));
    if (request.wasDisturbed()) continue;
    for (const [index, gain] of gains.entries()) add(courses[index]?.row, rounds, gain);
    rounds += 1;
    const seconds = request.now() - started;
    if (request.next(rows, seconds) === 'enough') return { rows, rounds, seconds };
  }
}

/** What a round adds to an arm's row. */
interface Gain extends Evidence {
  readonly value: number;
}

function add(row: Course['row'] | undefined, round: number, { value, ...evidence }: Gain): void {
  row?.values.push(value);
  row?.rounds.push(round);
  for (const key of ['invocations', 'batches', 'retries'] as const) if (row) row.evidence[key] += evidence[key];
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

/** One gain for each course. */
function measureRound(courses: readonly Course[], draw: Draw): Gain[] {
  const runs = courses.flatMap((course) =>
    Array.from({ length: course.arm.inputCount }, (_, input): Run => ({ course, input })),
  );
  const slices = new Map(runs.map((run) => [run, [] as Batch[]]));
  for (const run of interleaved(runs, draw)) {
    slices.get(run)?.push(run.course.arm.batch(run.input, run.course.plan.invocationsPerSlice));
  }
  return courses.map((course) => {
    const perInput = runs.filter((run) => run.course === course).map((run) => slices.get(run) ?? []);
    const batches = perInput.flat();
    const { invocationsPerSlice } = course.plan;
    const nsPerInvocation = perInput.map((of) => lowerQuartile(of.map(({ ns }) => ns / invocationsPerSlice)));
    return {
      value: nsPerInvocation.reduce((sum, value) => sum + value, 0) / nsPerInvocation.length,
      invocations: batches.length * invocationsPerSlice,
      batches: batches.length,
      retries: batches.reduce((sum, { retries }) => sum + retries, 0),
    };
  });
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

/** The revisions of an arm share the plan that their dearest one needs: equal slices make their quartiles comparable. */
function calibrate(request: RoundsRequest): Course[] {
  return laidOut(request, () => {
    const arms = request.sides.flatMap((side) => side.arms).map((arm) => ({ arm, nsPerInvocation: costOf(arm) }));
    return arms.map(({ arm }) => ({
      arm,
      plan: planSlices({
        arm: arm.arm,
        metric: arm.metric,
        nsPerInvocation: Math.max(
          ...arms
            .filter(({ arm: other }) => other.arm === arm.arm && other.metric === arm.metric)
            .map((other) => other.nsPerInvocation),
        ),
        inputCount: arm.inputCount,
        compareWith: request.measurement.compareWith,
        iterations: request.measurement.iterations,
        rounds: request.minRounds,
      }),
      row: { values: [], rounds: [], evidence: { invocations: 0, batches: 0, retries: 0 } },
    }));
  });
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
