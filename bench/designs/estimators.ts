/** Candidate estimators over rounds: where a series of logarithms lies, and an interval for it at a level. Pure. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Interval } from '../../src/domain/verdict.js';
import { intervalOf } from '../../src/judge/estimate.js';
import type { Level } from '../../src/judge/looks.js';
import { normalQuantile } from '../../src/judge/normal.js';
import { criticalRank } from '../../src/judge/signed-rank.js';
import { meanIntervalOf, studentQuantile } from '../../src/judge/student.js';
import { selectWalshAverage } from '../../src/judge/walsh.js';
import { mean } from '../bench.js';

export interface LogInterval {
  readonly centre: number;
  readonly low: number;
  readonly high: number;
}

/** @param alpha probability that the interval may miss, both sides together */
export type Estimator = (logs: readonly number[], alpha: number) => LogInterval;

function around(centre: number, halfWidth: number): LogInterval {
  return { centre, low: centre - halfWidth, high: centre + halfWidth };
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

const student: Estimator = (logs, alpha) =>
  around(mean(logs), studentQuantile(alpha, logs.length - 1) * Math.sqrt(variance(logs) / logs.length));

/** K. K. Yuen, "The two-sample trimmed t for unequal population variances", Biometrika 61, 1974; 20 % from either end. */
const trimmed: Estimator = (logs, alpha) => {
  const sorted = logs.toSorted((a, b) => a - b);
  const cut = Math.floor(0.2 * sorted.length);
  const kept = sorted.slice(cut, sorted.length - cut);
  const [least = NaN, most = NaN] = [kept[0], kept.at(-1)];
  const winsorized = logs.map((log) => Math.min(Math.max(log, least), most));
  const error = Math.sqrt((variance(winsorized) * (logs.length - 1)) / (kept.length * (kept.length - 1)));
  return around(mean(kept), studentQuantile(alpha, kept.length - 1) * error);
};

const RESAMPLES = 200;

/**
 * The mean, with the standard deviation of its resamples in circular blocks of √n rounds (D. N. Politis, J. P. Romano, "A circular
 * block-resampling procedure for stationary data", 1992) and the normal quantile: levels as small as a look's are beyond the
 * percentiles of any affordable number of resamples.
 */
const bootstrap: Estimator = (logs, alpha) => {
  const n = logs.length;
  const block = Math.floor(Math.sqrt(n));
  const generator = xoroshiro128plus(n);
  const sums = Array.from({ length: n }, (_, start) => {
    let sum = 0;
    for (let i = 0; i < block; i++) sum += logs[(start + i) % n] ?? NaN;
    return sum;
  });
  const blocks = Math.round(n / block);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < blocks; i++) sum += sums[uniformInt(generator, 0, n - 1)] ?? NaN;
    return sum / (blocks * block);
  });
  return around(mean(logs), -normalQuantile(alpha / 2) * Math.sqrt(variance(means)));
};

/** By the table alone: rounds taken for independent and symmetric. */
const hodgesLehmann: Estimator = (logs, alpha) => {
  const sorted = Float64Array.from(logs).sort();
  const walshAverages = (sorted.length * (sorted.length + 1)) / 2;
  const k = Math.max(1, criticalRank(sorted.length, alpha));
  return {
    centre: selectWalshAverage(sorted, Math.ceil(walshAverages / 2)),
    low: selectWalshAverage(sorted, k),
    high: selectWalshAverage(sorted, walshAverages + 1 - k),
  };
};

/** The judge's own, wider where neighbouring rounds resemble each other. */
const widened =
  (judges: (logs: readonly number[], level: Level) => Interval): Estimator =>
  (logs, alpha) => {
    const { estimate, low, high } = judges(logs, { alpha, confidence: 0 });
    return { centre: Math.log(estimate), low: Math.log(low), high: Math.log(high) };
  };

export const estimators = {
  "Student's t": student,
  'trimmed mean': trimmed,
  bootstrap,
  'Hodges-Lehmann': hodgesLehmann,
  'Hodges-Lehmann, widened': widened(intervalOf),
  "Student's t, widened": widened(meanIntervalOf),
} as const satisfies Record<string, Estimator>;
export type EstimatorName = keyof typeof estimators;
