import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/domain/verdict.js';
import { judgeSlowdown } from '../../../src/judge/slowdown.js';
import { judgeSpeedupLoss } from '../../../src/judge/speedup-loss.js';

const confidence = 0.99;
const interval = (estimate: number, half: number, promised = confidence): Interval => ({
  estimate,
  low: estimate - half,
  high: estimate + half,
  confidence: promised,
});
const still = interval(1, 0.002);

describe('kernel time against a limit of 5 %', () => {
  it.each([
    ['pass', 'lies within', interval(1.02, 0.01)],
    ['pass', 'ends at the limit', { ...interval(1.03, 0.02), high: 1.05 }],
    ['pass', 'is faster', interval(0.5, 0.01)],
    ['inconclusive', 'holds the limit', interval(1.06, 0.011)],
    ['inconclusive', 'begins at the limit', { ...interval(1.06, 0.01), low: 1.05 }],
    ['fail', 'lies beyond', interval(1.07, 0.01)],
    ['inconclusive', 'lies beyond, and rests on too few rounds', interval(1.5, 0.01, 0.9)],
    ['inconclusive', 'lies within, and rests on too few rounds', interval(0.9, 0.01, 0.9)],
  ] as const)('is %s where the interval %s', (outcome, _where, ratio) => {
    expect(judgeSlowdown(ratio, still, 5, confidence).outcome).toBe(outcome);
  });

  it.each([
    ['slower', 1.03],
    ['faster', 1 / 1.03],
  ])('fails only beyond what the base differs from itself by, where the base measured again is %s', (_way, ratio) => {
    const sentinel = interval(ratio, 0.05);
    expect(judgeSlowdown(interval(1.08, 0.01), sentinel, 5, confidence)).toMatchObject({
      outcome: 'inconclusive',
      sentence: expect.stringContaining('not by more than the base differs from itself here') as string,
    });
    expect(judgeSlowdown(interval(1.1, 0.01), sentinel, 5, confidence).outcome).toBe('fail');
  });

  it('passes by the same rule whatever the base measured again shows', () => {
    for (const sentinel of [still, interval(1.5, 0.1), interval(0.5, 0.1)]) {
      expect(judgeSlowdown(interval(1.02, 0.01), sentinel, 5, confidence).outcome).toBe('pass');
      expect(judgeSlowdown(interval(1.049, 0.01), sentinel, 5, confidence).outcome).toBe('inconclusive');
    }
  });

  it('says so with its figures', () => {
    expect(judgeSlowdown(interval(1.068, 0.006), still, 5, confidence)).toMatchObject({
      gate: 'max-slowdown',
      limit: 0.05,
      interval: { estimate: expect.closeTo(0.068) as number, low: expect.closeTo(0.062) as number },
      sentence: 'kernel time +6.8 % (+6.2 … +7.4) against the base is beyond the limit of 5 %',
    });
  });
});

describe('the speedup against a largest loss of 5 %', () => {
  it.each([
    ['pass', interval(0.97, 0.01)],
    ['pass', interval(1.5, 0.1)],
    ['inconclusive', interval(0.95, 0.01)],
    ['fail', interval(0.93, 0.01)],
    ['inconclusive', interval(0.5, 0.01, 0.9)],
  ] as const)('is %s', (outcome, ratio) => {
    expect(judgeSpeedupLoss(ratio, still, 5, confidence).outcome).toBe(outcome);
  });

  it('fails only beyond what the base differs from itself by', () => {
    expect(judgeSpeedupLoss(interval(0.93, 0.01), interval(1.04, 0.01), 5, confidence).outcome).toBe('inconclusive');
    expect(judgeSpeedupLoss(interval(0.89, 0.01), interval(1.04, 0.01), 5, confidence).outcome).toBe('fail');
  });

  it('says so with its figures', () => {
    expect(judgeSpeedupLoss(interval(0.9, 0.01), still, 5, confidence)).toMatchObject({
      gate: 'max-speedup-loss',
      limit: -0.05,
      sentence: "speedup −10.0 % (−11.0 … −9.0) against the base's is beyond the largest loss of 5 %",
    });
  });
});
