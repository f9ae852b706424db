/** The rule of every limit against the base. Ratios here are harm: above 1 is worse than the base, whatever is compared. */
import type { SampledGate, Interval } from '../domain/verdict.js';

/** What one limit against the base is judged by. */
export interface AgainstBase {
  /** Head against the base. */
  readonly harm: Interval;
  /** The base measured again, against the base, in the same rounds: the A/A sentinel. */
  readonly sentinel: Interval;
  /** Largest harm that passes; above 1. */
  readonly limit: number;
  /** What the interval must promise to decide anything. */
  readonly confidence: number;
}

/*
 *          base         limit    limit + what the base differs from itself by
 *  better ───┼────────────┼─────┊─────  worse
 *          ├─●─┤          │     ┊             pass: the whole interval lies at or below the limit
 *      ├───●───┤          │     ┊             pass
 *                   ├───●─┼─┤   ┊             inconclusive: it holds the limit
 *                         │├─●─┤┊             inconclusive: beyond the limit, but no further than the base from itself
 *                         │     ┊ ├─●─┤       fail: the whole interval lies beyond both
 *
 * The estimate (●) decides nothing. An interval of less than the promised confidence is inconclusive wherever it lies.
 *
 * The sentinel is a negative control, a comparison whose true answer is known to be "no difference" (M. Lipsitch and others,
 * "Negative controls", Epidemiology 21, 2010). What it shows all the same is a bias that no interval made of rounds can know,
 * and is asked of head in addition (as M. J. Schuemie and others, "Interpreting observational studies: why empirical
 * calibration is needed to correct p-values", Statistics in Medicine 33, 2014, shift their null distribution). The bound
 * moves by the sentinel's estimate, to whichever side it lies: by the distance of its interval from zero, a bias that
 * is only just seen would be forgiven almost entirely; by the half width of its interval, every gate would need four times the
 * rounds to fail, on quiet machines too. Failing only gets harder by it; what passes, and when, does not change.
 */
export function outcomeAgainstBase({ harm, sentinel, limit, confidence }: AgainstBase): SampledGate['outcome'] {
  if (!(harm.confidence >= confidence)) return 'inconclusive';
  if (harm.high <= limit) return 'pass';
  return harm.low > failBound(limit, sentinel) ? 'fail' : 'inconclusive';
}

/** The harm that the whole interval must lie beyond to fail; never below the limit. */
function failBound(limit: number, { estimate }: Interval): number {
  return limit * Math.max(estimate, 1 / estimate);
}

/** Whether it is only the sentinel that keeps the limit from being broken. */
export function isHeldBySentinel({ harm, sentinel, limit, confidence }: AgainstBase): boolean {
  return harm.confidence >= confidence && harm.low > limit && harm.low <= failBound(limit, sentinel);
}
