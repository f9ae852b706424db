/** The decision: what the rounds so far say of the limits on what they sample. The worker stops by it, and every record is judged by it. */
import type { BenchmarkPlan, MeasurementPlan } from '../domain/plan.js';
import type { Extent, Row } from '../domain/record.js';
import type { Interval, SampledGate } from '../domain/verdict.js';
import type { Revision } from '../domain/words.js';
import { intervalOf } from './estimate.js';
import { type Level, levelAt, ungatedLevel } from './looks.js';
import { logRatios, logsOf, ratiosOf, rowOf, type Series, seriesOf } from './series.js';
import { changeOf, judgeSlowdown } from './slowdown.js';
import { judgeSpeedupLoss } from './speedup-loss.js';
import { meanIntervalOf } from './student.js';
import { judgeThreshold } from './threshold.js';

/** What is known of one benchmark while it is measured, and afterwards. */
export interface Measured {
  readonly plan: BenchmarkPlan;
  readonly measurement: MeasurementPlan;
  /** `gateCount` of all the benchmarks of the job. */
  readonly gatesOfJob: number;
  /** The rows so far; those of other benchmarks are ignored. */
  readonly rows: readonly Row[];
  /** Absent where both sides are measured. */
  readonly extent?: Extent;
  /** Seconds of measuring so far: the same figure that the record keeps as the benchmark's `seconds`. */
  readonly secondsSpent: number;
}

export interface Decision {
  readonly level: Level;
  /** Absent where either side has no values. */
  readonly speedup?: Interval;
  /** Head's kernel time ÷ the base's, less 1; absent without a base. */
  readonly slowdown?: Interval;
  /** The same of the base measured again. */
  readonly sentinel?: Interval;
  /** One for every limit on what is sampled that there is something to judge by. */
  readonly gates: readonly SampledGate[];
}

export function timeRow({ plan, rows }: Measured, arm: Row['arm'], revision: Revision = 'head'): Row | undefined {
  return rowOf(rows, { benchmark: plan.name, revision, arm, metric: 'time' });
}

/** Rounds so far: every one of them times the kernel arm. */
export function roundsOf(measured: Measured): number {
  return timeRow(measured, 'kernel')?.values.length ?? 0;
}

/** Whether there is a limit on what is sampled: those against the base need one. Exact figures need no measuring. */
export function isGated(measured: Measured): boolean {
  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent } = measured.plan.limits;
  const ofSpeedup = measured.extent === undefined ? { threshold, loss: maxSpeedupLossPercent } : {};
  const againstBase = maxSlowdownPercent ?? ofSpeedup.loss;
  const hasBase = timeRow(measured, 'kernel', 'base') !== undefined;
  return ofSpeedup.threshold !== undefined || (againstBase !== undefined && hasBase);
}

/** Whether there is no time for another round; how many there were is the machine's doing, whatever their values are. */
export function isTimeUp({ measurement, secondsSpent }: Measured): boolean {
  return secondsSpent >= measurement.timeLimitSeconds;
}

export function decide(measured: Measured): Decision {
  const { plan, measurement, gatesOfJob } = measured;
  const level = isGated(measured)
    ? levelAt(roundsOf(measured), measurement, gatesOfJob, isTimeUp(measured))
    : ungatedLevel;
  const speedupLogs = logsOf(speedupSeries(measured, 'head'));
  const speedup = speedupLogs.length === 0 ? undefined : intervalOf(speedupLogs, level);
  const kernel = againstBase((revision) => kernelSeries(measured, revision), level);
  const speedups = againstBase((revision) => speedupSeries(measured, revision), level);

  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent } = plan.limits;
  const { confidence } = level;
  const gates = [
    maxSlowdownPercent && kernel && judgeSlowdown(kernel.head, kernel.again, maxSlowdownPercent, confidence),
    threshold && speedup && judgeThreshold(speedup, threshold, confidence),
    maxSpeedupLossPercent &&
      speedups &&
      judgeSpeedupLoss(speedups.head, speedups.again, maxSpeedupLossPercent, confidence),
  ];
  return {
    level,
    ...(speedup && { speedup }),
    ...(kernel && { slowdown: changeOf(kernel.head), sentinel: changeOf(kernel.again) }),
    gates: gates.filter((gate) => typeof gate === 'object'),
  };
}

const nothing: Series = { rounds: [], values: [] };

function kernelSeries(measured: Measured, revision: Revision): Series {
  const row = timeRow(measured, 'kernel', revision);
  return row === undefined ? nothing : seriesOf(row);
}

/** user ÷ kernel of every round. */
function speedupSeries(measured: Measured, revision: Revision): Series {
  const user = timeRow(measured, measured.measurement.compareWith, revision);
  return user === undefined ? nothing : ratiosOf(seriesOf(user), kernelSeries(measured, revision));
}

/** Head, and the base measured again, ÷ the base; undefined where there are no rounds of all three. */
function againstBase(
  series: (revision: Revision) => Series,
  level: Level,
): { readonly head: Interval; readonly again: Interval } | undefined {
  const [head, again] = (['head', 'again'] as const).map((revision) => logRatios(series(revision), series('base')));
  if (!head?.length || !again?.length) return undefined;
  return { head: meanIntervalOf(head, level), again: meanIntervalOf(again, level) };
}
