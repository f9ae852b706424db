/**
 * The null distribution of Wilcoxon's signed-rank statistic T+, the sum of the ranks (by size) of the positive ones among
 * n differences that are symmetric about zero (M. Hollander, D. A. Wolfe, "Nonparametric Statistical Methods", 2nd ed.,
 * 1999, section 3.1). Each rank from 1 to n is in the sum with probability one half, independently.
 */
import { normalQuantile } from './normal.js';

/**
 * Beyond this many differences the normal approximation stands in. The true tails are the thinner ones (R. L. McCornack,
 * "Extended tables of the Wilcoxon matched pair signed rank statistic", JASA 60, 1965), so that its interval is never the
 * narrower one: by 0.2 % of the ranks at an alpha of 1 %, by 2.6 % at 0.001 %.
 */
export const exactUpTo = 100;

/**
 * P(T+ = t) for t = 0 … n(n+1)/2, by the counting recurrence: rank r is either in the sum or not.
 * @param n number of differences, at least 1
 */
export function signedRankProbabilities(n: number): Float64Array {
  const probabilities = new Float64Array((n * (n + 1)) / 2 + 1);
  probabilities[0] = 1;
  for (let rank = 1, top = 1; rank <= n; rank++, top += rank) {
    for (let t = top; t >= 0; t--) {
      const without = probabilities[t] ?? 0;
      const withRank = t >= rank ? (probabilities[t - rank] ?? 0) : 0;
      probabilities[t] = (without + withRank) / 2;
    }
  }
  return probabilities;
}

/**
 * The largest k with P(T+ < k) <= alpha / 2: the k-th smallest and the k-th largest Walsh average bound an interval that
 * misses the centre with probability at most alpha (ibid., section 3.3). 0 where n is too small for so small an alpha.
 */
export function criticalRank(n: number, alpha: number): number {
  return n <= exactUpTo ? exactCriticalRank(n, alpha) : normalCriticalRank(n, alpha);
}

function exactCriticalRank(n: number, alpha: number): number {
  const probabilities = signedRankProbabilities(n);
  let below = 0;
  let k = 0;
  while (k < probabilities.length) {
    below += probabilities[k] ?? 0;
    if (below > alpha / 2) return k;
    k += 1;
  }
  return k;
}

/** With the mean n(n+1)/4, the variance n(n+1)(2n+1)/24 and half a rank for continuity. */
export function normalCriticalRank(n: number, alpha: number): number {
  const mean = (n * (n + 1)) / 4;
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return Math.max(0, Math.floor(mean + 0.5 + normalQuantile(alpha / 2) * deviation));
}
