/** The threshold gate: is the speedup at least what the user asks for? */
import type { SampledGate, Interval } from '../domain/verdict.js';
import { formatRatio, formatRatioInterval, formatRatioLimit, formatShare } from '../units.js';

/*
 *               threshold
 *  slower  ─────────┼─────────  faster
 *         ├───●───┤ │                    fail: the whole interval lies below
 *              ├───●┼──┤                 inconclusive: it holds the threshold
 *                   ├───●───┤            pass: the whole interval lies at or above
 *                   │  ├───●───┤         pass
 *
 * The estimate (●) decides nothing. An interval of less than the promised confidence is inconclusive wherever it lies.
 */
function outcomeOf(speedup: Interval, threshold: number, confidence: number): SampledGate['outcome'] {
  if (!(speedup.confidence >= confidence)) return 'inconclusive';
  if (speedup.low >= threshold) return 'pass';
  if (speedup.high < threshold) return 'fail';
  return 'inconclusive';
}

/**
 * @param threshold smallest speedup that passes
 * @param confidence what the interval must promise to decide anything
 */
export function judgeThreshold(speedup: Interval, threshold: number, confidence: number): SampledGate {
  const outcome = outcomeOf(speedup, threshold, confidence);
  const figure = `speedup ${formatRatio(speedup.estimate)} ${formatRatioInterval(speedup.low, speedup.high)}`;
  return {
    kind: 'sampled',
    gate: 'threshold',
    outcome,
    limit: threshold,
    interval: speedup,
    sentence: `${figure} ${whereIt(outcome, speedup, confidence)} the threshold of ${formatRatioLimit(threshold)}`,
  };
}

function whereIt(outcome: SampledGate['outcome'], speedup: Interval, confidence: number): string {
  if (outcome === 'pass') return 'is above';
  if (outcome === 'fail') return 'is below';
  return speedup.confidence < confidence
    ? `rests on too few independent rounds (${formatShare(speedup.confidence)} confidence, not ${formatShare(confidence)}) to be held against`
    : 'is neither clearly above nor clearly below';
}
