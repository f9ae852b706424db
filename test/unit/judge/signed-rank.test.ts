import { describe, expect, it } from 'vitest';
import {
  criticalRank,
  exactUpTo,
  normalCriticalRank,
  signedRankProbabilities,
} from '../../../src/judge/signed-rank.js';

/** Two-sided critical values of T as tables print them: the largest t with P(T+ <= t) <= alpha / 2. */
const published: Record<string, readonly (readonly [n: number, t: number])[]> = {
  // OEIS A226330 (2.5 % in one tail), which is Mitic's table, Mathematica Journal 6(3), 1996.
  0.05: [
    [6, 0],
    [7, 2],
    [8, 3],
    [9, 5],
    [10, 8],
    [11, 10],
    [12, 13],
    [13, 17],
    [14, 21],
    [15, 25],
    [16, 29],
    [17, 34],
    [18, 40],
    [19, 46],
    [20, 52],
    [21, 58],
    [22, 65],
    [23, 73],
    [24, 81],
    [25, 89],
    [26, 98],
    [27, 107],
    [28, 116],
    [29, 126],
    [30, 137],
    [35, 195],
    [40, 264],
    [45, 343],
    [50, 434],
  ],
  // R. L. McCornack, JASA 60, 1965 (0.5 % in one tail).
  0.01: [
    [8, 0],
    [9, 1],
    [10, 3],
    [11, 5],
    [12, 7],
    [13, 9],
    [14, 12],
    [15, 15],
    [20, 37],
    [25, 68],
    [30, 109],
    [40, 220],
    [50, 373],
  ],
};

describe('criticalRank', () => {
  it.each(Object.keys(published))('at alpha = %s is one more than the published critical value', (alpha) => {
    for (const [n, t] of published[alpha]!) expect([n, criticalRank(n, Number(alpha)) - 1]).toEqual([n, t]);
  });

  it('is 0 where even all differences of one sign are likelier than alpha', () => {
    expect([5, 6].map((n) => criticalRank(n, 0.05))).toEqual([0, 1]);
    expect([7, 8].map((n) => criticalRank(n, 0.01))).toEqual([0, 1]);
    expect(criticalRank(1, 0.01)).toBe(0);
  });

  it('goes over to the normal approximation, which is never the narrower one', () => {
    for (const n of [exactUpTo + 1, 150]) {
      const probabilities = signedRankProbabilities(n);
      for (const alpha of [0.05, 0.01, 1e-3, 1e-4]) {
        const k = criticalRank(n, alpha);
        expect(k).toBe(normalCriticalRank(n, alpha));
        const below = probabilities.slice(0, k).reduce((sum, p) => sum + p, 0);
        expect(below).toBeLessThanOrEqual(alpha / 2);
        expect(below).toBeGreaterThan(alpha / 4);
      }
    }
  });
});

describe('signedRankProbabilities', () => {
  it('counts the subsets of 1…n by their sum', () => {
    expect(Array.from(signedRankProbabilities(3), (p) => p * 8)).toEqual([1, 1, 1, 2, 1, 1, 1]);
  });

  it('adds up to one and is symmetric', () => {
    const probabilities = signedRankProbabilities(exactUpTo);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(probabilities[1000]).toBeCloseTo(probabilities.at(-1001)!, 15);
  });
});
