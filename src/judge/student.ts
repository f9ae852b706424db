/**
 * The mean of a series of rounds, with Student's interval. Differences between two revisions are alike on both sides and, as
 * means of several layouts, close to normal: there it needs fewer rounds than ranks do (docs/judgement.md compares).
 */
import type { Interval } from '../domain/verdict.js';
import { confidenceOf } from './estimate.js';
import { meanInflation } from './inflation.js';
import type { Level } from './looks.js';
import { normalQuantile } from './normal.js';

/**
 * @param logs one per round, in the order of the rounds; finite, at least one
 * @returns as figures, not logarithms; of no confidence where there is but one
 */
export function meanIntervalOf(logs: readonly number[], level: Level): Interval {
  const n = logs.length;
  const centre = logs.reduce((sum, log) => sum + log, 0) / n;
  const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / Math.max(1, n - 1);
  const inflation = meanInflation(logs, variance);
  const halfWidth = n < 2 ? 0 : studentQuantile(level.alpha, n - 1) * Math.sqrt(variance / n) * inflation;
  return {
    estimate: Math.exp(centre),
    low: Math.exp(centre - halfWidth),
    high: Math.exp(centre + halfWidth),
    confidence: confidenceOf(n / inflation ** 2, level),
  };
}

/**
 * The t that Student's variable exceeds in size with probability `alpha`, to six digits (G. W. Hill, "Algorithm 396: Student's
 * t-quantiles", Communications of the ACM 13, 1970).
 * @param degrees of freedom, a whole number from 1
 */
export function studentQuantile(alpha: number, degrees: number): number {
  const n = degrees;
  if (n === 1) return 1 / Math.tan((alpha * Math.PI) / 2);
  if (n === 2) return Math.sqrt(2 / (alpha * (2 - alpha)) - 2);
  const a = 1 / (n - 0.5);
  const b = 48 / a ** 2;
  let c = ((20700 * a) / b - 98) * a ** 2 - 16 * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * alpha) ** (2 / n);
  if (y > 0.05 + a) {
    const x = normalQuantile(alpha / 2);
    y = x * x;
    if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y =
      ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * ((n + 1) / (n + 2)) +
      1 / y;
  }
  return Math.sqrt(n * y);
}
