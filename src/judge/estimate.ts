/**
 * Where a series of rounds lies, and how far that can be trusted: the Hodges-Lehmann estimate with its signed-rank interval
 * (J. L. Hodges, E. L. Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34, 1963;
 * M. Hollander, D. A. Wolfe, "Nonparametric Statistical Methods", 2nd ed., 1999, sections 3.2 and 3.3).
 *
 * All of it works on natural logarithms, so that a figure and its inverse, or ns and µs, are judged alike. The centre is the
 * pseudo-median: the median of the mean of two independent rounds. It stands up to 29 % of outliers, and where the noise is
 * normal it needs 5 % more rounds than the mean.
 */
import type { Interval } from '../domain/verdict.js';
import type { Level } from './looks.js';
import { rankInflation } from './inflation.js';
import { criticalRank } from './signed-rank.js';
import { selectWalshAverage } from './walsh.js';

/**
 * The pseudo-median of figures that are given by their logarithms, with its interval, as figures.
 * @param logs one per round, in the order of the rounds; finite, at least one
 * @returns all that was seen, at less than the level's confidence, where there are too few independent rounds for it
 */
export function intervalOf(logs: readonly number[], level: Level): Interval {
  const sorted = Float64Array.from(logs).sort();
  const n = sorted.length;
  const walshAverages = (n * (n + 1)) / 2;
  const centre = middleWalshAverage(sorted);
  const inflation = rankInflation(logs, sorted, centre);
  const outwards = (walshAverages / 2 - criticalRank(n, level.alpha)) * inflation;
  const k = Math.max(1, Math.floor(walshAverages / 2 - outwards));
  return {
    estimate: Math.exp(centre),
    low: Math.exp(selectWalshAverage(sorted, k)),
    high: Math.exp(selectWalshAverage(sorted, walshAverages + 1 - k)),
    confidence: confidenceOf(n / inflation ** 2, level),
  };
}

/** All rounds lie on one side of the centre with probability 2^(1 − n): no interval within them can promise more. */
export function confidenceOf(independentRounds: number, { alpha, confidence }: Level): number {
  const outside = 2 ** (1 - independentRounds);
  return outside <= alpha ? confidence : Math.min(confidence, 1 - outside);
}

/** The same without its interval. */
export function centreOf(logs: readonly number[]): number {
  return Math.exp(middleWalshAverage(Float64Array.from(logs).sort()));
}

function middleWalshAverage(sorted: Float64Array): number {
  const walshAverages = (sorted.length * (sorted.length + 1)) / 2;
  const below = selectWalshAverage(sorted, Math.floor((walshAverages + 1) / 2));
  const above = selectWalshAverage(sorted, Math.ceil((walshAverages + 1) / 2));
  return (below + above) / 2;
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half - 0.5)] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

/** Standard deviation of a normal distribution ÷ its median absolute deviation. */
const deviationPerMad = 1.4826;

/** A robust standard deviation of logarithms, and so the relative spread of the figures. */
export function spreadOf(logs: readonly number[]): number {
  const centre = median(logs);
  return deviationPerMad * median(logs.map((log) => Math.abs(log - centre)));
}
