/**
 * Measures in rounds: everything is laid out afresh, then run in short slices in random order. A round gives one value per
 * arm, and it is the round, not the slice, that counts as a sample: layout luck lasts as long as a load. What is cheap to lay
 * out is laid out several times in a round, so that its luck is averaged while nothing else has to wait for it.
 */
import { everything, type Batch, type Draw, type Side, type Stratum } from '../arms/side.js';
import type { Evidence, Row } from '../domain/record.js';
import { metrics } from '../domain/words.js';
import { drawOrder, planRounds, type Course, type Run, type Schedule, type ScheduleRequest } from './schedule.js';
import { lowerQuartile, smallest } from './slices.js';

export interface RoundsRequest extends ScheduleRequest {
  readonly benchmark: string;
  /** Key of the environment in the record. */
  readonly environment: string;
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

/** What an arm gathers from round to round. */
interface Gathered {
  readonly values: number[];
  readonly rounds: number[];
  readonly evidence: { invocations: number; batches: number; retries: number };
}

export function measureRounds(request: RoundsRequest): RoundsResult {
  const started = request.now();
  const schedule = calibrate(request);
  const gathered = schedule.courses.map((): Gathered => ({
    values: [],
    rounds: [],
    evidence: { invocations: 0, batches: 0, retries: 0 },
  }));
  const rows = schedule.courses.map(({ arm }, index): Row => ({
    benchmark: request.benchmark,
    revision: arm.revision,
    arm: arm.arm,
    environment: request.environment,
    metric: metrics[arm.metric],
    ...(gathered[index] as Gathered),
  }));
  for (let rounds = 0; ;) {
    const gains = measureRound(request, schedule);
    if (request.wasDisturbed()) continue;
    for (const [index, gain] of gains.entries()) add(gathered[index], rounds, gain);
    rounds += 1;
    const seconds = request.now() - started;
    if (request.next(rows, seconds) === 'enough') return { rows, rounds, seconds };
  }
}

/** What a round adds to an arm's row. */
interface Gain extends Evidence {
  readonly value: number;
}

function add(row: Gathered | undefined, round: number, { value, ...evidence }: Gain): void {
  row?.values.push(value);
  row?.rounds.push(round);
  for (const key of ['invocations', 'batches', 'retries'] as const) if (row) row.evidence[key] += evidence[key];
}

/** Loads in random order, does the work, and lets go of everything, whatever happens. */
function laidOut<T>(sides: readonly Side[], draw: Draw, stratumOf: (side: Side) => Stratum, work: () => T): T {
  try {
    for (const side of draw.shuffled(sides)) side.prepare(draw, stratumOf(side));
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

const hasSeveral = ({ hasLayouts = false }: Side): boolean => hasLayouts;
const hasOne = (side: Side): boolean => !hasSeveral(side);

function calibrate(request: RoundsRequest): Schedule {
  const { sides, draw, now } = request;
  return laidOut(
    sides.filter(hasOne),
    draw,
    () => everything,
    () => {
      const started = now();
      return laidOut(
        sides.filter(hasSeveral),
        draw,
        () => everything,
        () => planRounds(request, now() - started),
      );
    },
  );
}

/** What a slice took. */
interface Slice extends Run {
  readonly layout: number;
  readonly batch: Batch;
}

/** One gain for each course. */
function measureRound({ sides, draw }: RoundsRequest, schedule: Schedule): Gain[] {
  const { layouts } = schedule;
  const several = sides.filter(hasSeveral);
  const strata = new Map(several.map((side) => [side, draw.shuffled(Array.from({ length: layouts }, (_, i) => i))]));
  const slices = laidOut(
    sides.filter(hasOne),
    draw,
    () => everything,
    () =>
      drawOrder(schedule, draw).flatMap((runs, layout) => {
        const stratumOf = (side: Side): Stratum => ({ index: strata.get(side)?.[layout] ?? 0, of: layouts });
        return laidOut(several, draw, stratumOf, () => runs.map((run) => ({ ...run, layout, batch: batchOf(run) })));
      }),
  );
  return schedule.courses.map((course) =>
    gainOf(
      course,
      slices.filter((slice) => slice.course === course),
    ),
  );
}

function batchOf({ course, input }: Run): Batch {
  return course.arm.batch(input, course.plan.invocationsPerSlice);
}

/** The mean over layouts and inputs of what their slices say. */
function gainOf({ arm, layouts, plan: { invocationsPerSlice } }: Course, slices: readonly Slice[]): Gain {
  const loads =
    layouts === 1 ? [slices] : Array.from({ length: layouts }, (_, i) => slices.filter(({ layout }) => layout === i));
  const valueOf = arm.arm === 'kernel' ? smallest : lowerQuartile;
  const values = loads.flatMap((load) =>
    Array.from({ length: arm.inputCount }, (_, i) =>
      valueOf(load.filter(({ input }) => input === i).map(({ batch }) => batch.ns / invocationsPerSlice)),
    ),
  );
  return {
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
    invocations: slices.length * invocationsPerSlice,
    batches: slices.length,
    retries: slices.reduce((sum, { batch }) => sum + batch.retries, 0),
  };
}
