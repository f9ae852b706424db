/** What every round of a measurement does: how each arm's work is cut, and in which order it is run. */
import type { Draw, RunnableArm, Side } from '../arms/side.js';
import type { MeasurementPlan } from '../domain/plan.js';
import { MIN_SLICES, planLayouts, planSlices, type SlicePlan } from './slices.js';

/** One arm's part in every round. */
export interface Course {
  readonly arm: RunnableArm;
  /** Of its side, in a round. */
  readonly layouts: number;
  /** In every layout, on every input. */
  readonly plan: SlicePlan;
}

/** One slice of one arm on one input. */
export interface Run {
  readonly course: Course;
  readonly input: number;
}

export interface ScheduleRequest {
  readonly sides: readonly Side[];
  readonly measurement: MeasurementPlan;
  /** Rounds that will be measured at least. */
  readonly minRounds: number;
  /**
   * Whether the speedups of the revisions are held against each other. Else only head's user-space side has to reach the
   * iterations, and the others are run as little as there is.
   */
  readonly comparesSpeedups?: boolean;
  /** How often a round lays out the sides that it lays out several times; absent: as often as fits. */
  readonly layouts?: number;
}

export interface Schedule {
  readonly courses: readonly Course[];
  /** Of the sides that a round lays out several times. */
  readonly layouts: number;
}

/** A calibration batch is as long as this, to be above the clock's grain and the cold start. */
const CALIBRATION_NS = 50_000;
const CALIBRATION_MAX_INVOCATIONS = 1 << 20;

/**
 * Runs every arm for a moment and plans from what it costs. The revisions of an arm share what their dearest one needs: equal
 * slices make their figures comparable.
 * @param request whose sides are laid out
 * @param loadSeconds of laying out once all the sides that a round lays out several times
 */
export function planRounds(request: ScheduleRequest, loadSeconds: number): Schedule {
  const arms = request.sides.flatMap(({ arms: ofSide, hasLayouts = false }) =>
    ofSide.map((arm) => ({ arm, hasLayouts, nsPerInvocation: costOf(arm) })),
  );
  const cut = ({ arm, hasLayouts }: (typeof arms)[number], layouts: number): Course => ({
    arm,
    layouts: hasLayouts ? layouts : 1,
    plan: planSlices({
      arm: arm.arm,
      nsPerInvocation: Math.max(
        ...arms
          .filter(({ arm: other }) => other.arm === arm.arm && other.metric === arm.metric)
          .map((other) => other.nsPerInvocation),
      ),
      inputCount: arm.inputCount,
      layouts: hasLayouts ? layouts : 1,
      rounds: request.minRounds,
      iterations: isCounted(arm, request) ? request.measurement.iterations : 0,
    }),
  });
  const several = arms.filter(({ hasLayouts }) => hasLayouts);
  const layouts =
    several.length === 0 ? 1 : (request.layouts ?? planLayouts(loadSeconds + sum(several.map(leastSeconds))));
  return { layouts, courses: arms.map((one) => cut(one, layouts)) };

  function leastSeconds(one: (typeof arms)[number]): number {
    return (MIN_SLICES * cut(one, 1).plan.invocationsPerSlice * one.nsPerInvocation * one.arm.inputCount) / 1e9;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whether the arm has to reach the iterations that were asked for. */
function isCounted({ arm, metric, revision }: RunnableArm, request: ScheduleRequest): boolean {
  if (metric === 'floor') return false;
  const { comparesSpeedups = false, measurement } = request;
  return arm === 'kernel' || (arm === measurement.compareWith && (revision === 'head' || comparesSpeedups));
}

/** Nanoseconds per invocation, roughly: the mean over the inputs, from the first batch that is long enough. */
function costOf(arm: RunnableArm): number {
  const costs = Array.from({ length: arm.inputCount }, (_, input) => {
    for (let invocations = 16; ; invocations *= 8) {
      const { ns, besideNs = 0 } = arm.batch(input, invocations);
      const took = ns + besideNs;
      if (took >= CALIBRATION_NS || invocations >= CALIBRATION_MAX_INVOCATIONS) return took / invocations;
    }
  });
  return sum(costs) / costs.length;
}

/**
 * A round's slices by layout, in the order in which they are run: in passes, each in an order of its own. Who has more slices
 * than there are passes, or fewer, has them spread evenly.
 */
export function drawOrder({ courses, layouts }: Schedule, draw: Draw): Run[][] {
  const runs = courses.flatMap((course) =>
    Array.from({ length: course.arm.inputCount }, (_, input): Run => ({ course, input })),
  );
  const perLayout = Math.min(...courses.filter((course) => course.layouts === layouts).map(({ plan }) => plan.slices));
  const passes = perLayout * layouts;
  const order = Array.from({ length: passes }, (_, pass) =>
    draw.shuffled(
      runs.flatMap((run) => {
        const slices = run.course.plan.slices * run.course.layouts;
        const share = Math.floor((slices * (pass + 1)) / passes) - Math.floor((slices * pass) / passes);
        return Array<Run>(share).fill(run);
      }),
    ),
  );
  return Array.from({ length: layouts }, (_, layout) =>
    order.slice(layout * perLayout, (layout + 1) * perLayout).flat(),
  );
}
