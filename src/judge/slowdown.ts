/** The slowdown gate: is head's kernel time no more above the base's than the user allows? */
import type { SampledGate, Interval } from '../domain/verdict.js';
import { formatChange, formatChangeInterval, formatPercentLimit, formatShare } from '../units.js';
import { isHeldBySentinel, outcomeAgainstBase } from './against-base.js';

/** A ratio as a change: 1.05 is a change of 0.05. */
export function changeOf({ estimate, low, high, confidence }: Interval): Interval {
  return { estimate: estimate - 1, low: low - 1, high: high - 1, confidence };
}

/**
 * @param ratio head's kernel time ÷ the base's
 * @param sentinel the base's, measured again, ÷ the base's
 * @param percent largest growth that passes
 * @param confidence what the interval must promise to decide anything
 */
export function judgeSlowdown(ratio: Interval, sentinel: Interval, percent: number, confidence: number): SampledGate {
  const compared = { harm: ratio, sentinel, limit: 1 + percent / 100, confidence };
  const outcome = outcomeAgainstBase(compared);
  const slowdown = changeOf(ratio);
  const figure = `kernel time ${formatChange(slowdown.estimate)} ${formatChangeInterval(slowdown.low, slowdown.high)} against the base`;
  const limit = `the limit of ${formatPercentLimit(percent)}`;
  return {
    kind: 'sampled',
    gate: 'max-slowdown',
    outcome,
    limit: percent / 100,
    interval: slowdown,
    sentence: isHeldBySentinel(compared)
      ? `${figure} is beyond ${limit}, but not by more than the base differs from itself here (${formatChange(sentinel.estimate - 1)})`
      : `${figure} ${whereItIs(outcome, ratio, confidence)} ${limit}`,
  };
}

export function whereItIs(outcome: SampledGate['outcome'], interval: Interval, confidence: number): string {
  if (outcome === 'pass') return 'is within';
  if (outcome === 'fail') return 'is beyond';
  return interval.confidence < confidence
    ? `rests on too few independent rounds (${formatShare(interval.confidence)} confidence, not ${formatShare(confidence)}) to be held against`
    : 'is neither clearly within nor clearly beyond';
}
