/** The speedup's gate against the base: has head lost no more of the base's speedup than the user allows? */
import type { SampledGate, Interval } from '../domain/verdict.js';
import { formatChange, formatChangeInterval, formatPercentLimit } from '../units.js';
import { isHeldBySentinel, outcomeAgainstBase } from './against-base.js';
import { changeOf, whereItIs } from './slowdown.js';

function inverse({ estimate, low, high, confidence }: Interval): Interval {
  return { estimate: 1 / estimate, low: 1 / high, high: 1 / low, confidence };
}

/**
 * @param ratio head's speedup ÷ the base's: below 1 is a loss
 * @param sentinel the base's speedup, measured again, ÷ the base's
 * @param percent largest loss that passes, of the base's speedup
 * @param confidence what the interval must promise to decide anything
 */
export function judgeSpeedupLoss(
  ratio: Interval,
  sentinel: Interval,
  percent: number,
  confidence: number,
): SampledGate {
  const compared = { harm: inverse(ratio), sentinel, limit: 1 / (1 - percent / 100), confidence };
  const outcome = outcomeAgainstBase(compared);
  const change = changeOf(ratio);
  const figure = `speedup ${formatChange(change.estimate)} ${formatChangeInterval(change.low, change.high)} against the base's`;
  const limit = `the largest loss of ${formatPercentLimit(percent)}`;
  return {
    kind: 'sampled',
    gate: 'max-speedup-loss',
    outcome,
    limit: -percent / 100,
    interval: change,
    sentence: isHeldBySentinel(compared)
      ? `${figure} is beyond ${limit}, but not by more than the base's differs from itself here (${formatChange(sentinel.estimate - 1)})`
      : `${figure} ${whereItIs(outcome, ratio, confidence)} ${limit}`,
  };
}
