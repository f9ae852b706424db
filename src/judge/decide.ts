/** The decision: what the rounds so far say of a benchmark's limits. The worker stops by it, and every record is judged by it. */
import type { BenchmarkPlan, MeasurementPlan } from '../domain/plan.js';
import type { Row } from '../domain/record.js';
import type { GateResult, Interval } from '../domain/verdict.js';
import { intervalOf } from './estimate.js';
import { isGated, type Level, levelAt, ungatedLevel } from './looks.js';
import { logRatios, rowOf, seriesOf } from './series.js';
import { judgeThreshold } from './threshold.js';

/** What is known of one benchmark while it is measured, and afterwards. */
export interface Measured {
  readonly plan: BenchmarkPlan;
  readonly measurement: MeasurementPlan;
  /** `gateCount` of all the benchmarks of the job. */
  readonly gatesOfJob: number;
  /** The rows so far; those of other benchmarks are ignored. */
  readonly rows: readonly Row[];
  /** Seconds of measuring so far: the same figure that the record keeps as the benchmark's `seconds`. */
  readonly secondsSpent: number;
}

export interface Decision {
  readonly level: Level;
  /** Absent where either side has no values. */
  readonly speedup?: Interval;
  /** One for every limit that there is something to judge by. */
  readonly gates: readonly GateResult[];
}

export function timeRow({ plan, rows }: Measured, arm: Row['arm']): Row | undefined {
  return rowOf(rows, { benchmark: plan.name, revision: 'head', arm, metric: 'time' });
}

/** Rounds so far: every one of them times the kernel arm. */
export function roundsOf(measured: Measured): number {
  return timeRow(measured, 'kernel')?.values.length ?? 0;
}

export function decide(measured: Measured): Decision {
  const { plan, measurement } = measured;
  const level = isGated(plan) ? levelAt(roundsOf(measured), measurement, measured.gatesOfJob) : ungatedLevel;
  const kernel = timeRow(measured, 'kernel');
  const user = timeRow(measured, measurement.compareWith);
  const pairs = kernel === undefined || user === undefined ? [] : logRatios(seriesOf(user), seriesOf(kernel));
  if (pairs.length === 0) return { level, gates: [] };
  const speedup = intervalOf(pairs, level);
  const { threshold } = plan.limits;
  return {
    level,
    speedup,
    gates: threshold === undefined ? [] : [judgeThreshold(speedup, threshold, level.confidence)],
  };
}
