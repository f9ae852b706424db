import { describe, expect, it } from 'vitest';
import { judgeThreshold } from '../../../src/judge/threshold.js';

const interval = (low: number, estimate: number, high: number, confidence = 0.99) => ({
  low,
  estimate,
  high,
  confidence,
});

describe('judgeThreshold', () => {
  it.each([
    ['pass', interval(9.01, 9.09, 9.17), 'speedup 9.09x (9.01 … 9.17) is above the threshold of 5x'],
    ['pass', interval(5, 5.1, 5.2), 'speedup 5.10x (5.00 … 5.20) is above the threshold of 5x'],
    ['fail', interval(4.8, 4.9, 4.99), 'speedup 4.90x (4.80 … 4.99) is below the threshold of 5x'],
    [
      'inconclusive',
      interval(4.9, 4.95, 5),
      'speedup 4.95x (4.90 … 5.00) is neither clearly above nor clearly below the threshold of 5x',
    ],
    [
      'inconclusive',
      interval(4.9, 5.1, 5.3),
      'speedup 5.10x (4.90 … 5.30) is neither clearly above nor clearly below the threshold of 5x',
    ],
    [
      'inconclusive',
      interval(9.01, 9.09, 9.17, 0.9375),
      'speedup 9.09x (9.01 … 9.17) rests on too few independent rounds (93.8 % confidence, not 99.0 %) to be held against the threshold of 5x',
    ],
  ])('is %s where the interval is %o', (outcome, speedup, sentence) => {
    expect(judgeThreshold(speedup, 5, 0.99)).toEqual({
      kind: 'sampled',
      gate: 'threshold',
      outcome,
      limit: 5,
      interval: speedup,
      sentence,
    });
  });
});
