import { describe, expect, it } from 'vitest';
import {
  gateCount,
  isLook,
  jobAlpha,
  levelAt,
  maxRounds,
  minRounds,
  nextLook,
  plannedLooks,
  spreadOver,
} from '../../../src/judge/looks.js';
import { measurement, planOf } from './sample.js';

describe('planned looks', () => {
  it('are fixed, geometric in rounds', () => {
    expect(plannedLooks.slice(0, 8)).toEqual([30, 45, 68, 101, 152, 228, 342, 513]);
    expect([minRounds, maxRounds]).toEqual([30, 99_758]);
    expect([29, 30, 31, 45].map(isLook)).toEqual([false, true, false, true]);
    expect([0, 30, 31, 99_757, 99_758].map(nextLook)).toEqual([30, 45, 45, 99_758, undefined]);
  });
});

describe('levelAt', () => {
  it('spends the alpha of the job over all looks, and no more', () => {
    const spent = plannedLooks.map((look) => levelAt(look, measurement, 1).alpha);
    expect(spent.reduce((sum, alpha) => sum + alpha, 0)).toBeCloseTo(jobAlpha, 12);
    expect(Math.min(...spent)).toBeGreaterThan(0);
    expect(spent).toEqual([...spent].sort((a, b) => b - a));
  });

  it('shares it between the gates of the job', () => {
    expect(levelAt(30, measurement, 4).alpha).toBeCloseTo(levelAt(30, measurement, 1).alpha / 4, 15);
    expect(levelAt(30, measurement, 4).confidence).toBe(0.9975);
    expect(levelAt(30, measurement, 0)).toEqual(levelAt(30, measurement, 1));
  });

  it('gives an end between two looks the level of the look that was not reached', () => {
    expect(levelAt(31, measurement, 1)).toEqual(levelAt(45, measurement, 1));
    expect(levelAt(31, measurement, 1)).not.toEqual(levelAt(30, measurement, 1));
    expect(levelAt(1, measurement, 1)).toEqual(levelAt(30, measurement, 1));
    expect(levelAt(maxRounds + 1, measurement, 1)).toEqual(levelAt(maxRounds, measurement, 1));
  });

  it('leaves what the looks before have not spent to the one that the time limit makes the last', () => {
    for (const rounds of [30, 31, 62, 68, 69, 1000, maxRounds]) {
      const before = plannedLooks.filter((look) => look < rounds).map((look) => levelAt(look, measurement, 2).alpha);
      const { alpha, confidence } = levelAt(rounds, measurement, 2, true);
      expect(before.reduce((sum, each) => sum + each, alpha)).toBeCloseTo(jobAlpha / 2, 12);
      expect(confidence).toBe(1 - jobAlpha / 2);
    }
    expect(levelAt(50, { ...measurement, rounds: 50 }, 2, true).alpha).toBe(jobAlpha / 2);
  });

  it('gives the one look of a fixed number of rounds all of it', () => {
    expect(levelAt(50, { ...measurement, rounds: 50 }, 2)).toEqual({
      alpha: jobAlpha / 2,
      confidence: 1 - jobAlpha / 2,
    });
  });
});

it('spreads the iterations over rounds that end in a look', () => {
  expect(isLook(spreadOver.alone)).toBe(true);
  expect(isLook(spreadOver.besideBase)).toBe(true);
  expect(spreadOver.besideBase).toBeGreaterThan(spreadOver.alone);
});

it('counts the limits of a job', () => {
  expect(gateCount([planOf('a'), planOf('b', { threshold: 5 }), planOf('c', { threshold: 1 })])).toBe(2);
  const all = { threshold: 5, maxSlowdownPercent: 5, maxSpeedupLossPercent: 3 };
  expect(gateCount([planOf('a', all), planOf('b', { maxSlowdownPercent: 1 })])).toBe(4);
});

it('does not count limits on exact figures, which are judged without error', () => {
  const exact = { budgets: { 'verified-insns': 1000 }, growth: { 'jited-bytes': { percent: 10 } } };
  expect(gateCount([planOf('a', exact), planOf('b', { ...exact, threshold: 5 })])).toBe(1);
});
