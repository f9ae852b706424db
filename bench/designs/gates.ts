/** Gates over recorded rounds, looked at and stopped as the worker stops. Pure. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { outcomeAgainstBase } from '../../src/judge/against-base.js';
import { levelAt, plannedLooks } from '../../src/judge/looks.js';
import type { MeasurementPlan } from '../../src/domain/plan.js';
import type { Estimator, LogInterval } from './estimators.js';
import { mean } from '../bench.js';

const measurement: MeasurementPlan = { iterations: 1, compareWith: 'syscall', timeLimitSeconds: 20, seed: 1 };
const LIMIT = 1.01;
/** Where the time limit would come: what a branchy program gets to in 20 s. */
const MOST_ROUNDS = 152;
const looksOfGate = plannedLooks.filter((look) => look <= MOST_ROUNDS);

export interface Tally {
  readonly gates: number;
  readonly pass: number;
  readonly fail: number;
  /** Whose interval, when they stopped, did not hold the truth. */
  readonly missed: number;
  readonly meanRounds: number;
}

/**
 * Runs of consecutive rounds, put together to a gate's length: what neighbouring rounds have in common is kept up to this
 * length, and gates may share rounds.
 */
const RUN_ROUNDS = 15;

export function drawRounds(rounds: number, seed: number): number[] {
  const generator = xoroshiro128plus(seed);
  return Array.from({ length: Math.ceil(MOST_ROUNDS / RUN_ROUNDS) }, () => {
    const from = uniformInt(generator, 0, rounds - 1);
    return Array.from({ length: RUN_ROUNDS }, (_, i) => (from + i) % rounds);
  }).flat();
}

/**
 * @param head ln(head ÷ base) by round, and `again` that of the sentinel
 * @param truth of head, as a logarithm
 */
export function tallyGates(
  gates: number,
  { head, again }: { head: readonly number[]; again: readonly number[] },
  truth: number,
  estimator: Estimator,
): Tally {
  const ended = Array.from({ length: gates }, (_, gate) => {
    const order = drawRounds(head.length, gate + 1);
    const pick = (series: readonly number[], n: number): number[] => order.slice(0, n).map((at) => series[at] ?? NaN);
    return endOf((n) => [pick(head, n), pick(again, n)], truth, estimator);
  });
  const count = (test: (end: (typeof ended)[number]) => boolean): number => ended.filter(test).length;
  return {
    gates,
    pass: count(({ outcome }) => outcome === 'pass'),
    fail: count(({ outcome }) => outcome === 'fail'),
    missed: count(({ isMissed }) => isMissed),
    meanRounds: mean(ended.map(({ rounds }) => rounds)),
  };
}

function endOf(first: (rounds: number) => [number[], number[]], truth: number, estimator: Estimator) {
  const confidence = 0; // of the judge's: rounds enough for any interval are there at the first look
  const figure = ({ centre, low, high }: LogInterval) => ({
    ...{ estimate: Math.exp(centre), low: Math.exp(low), high: Math.exp(high), confidence },
  });
  for (const rounds of looksOfGate) {
    const { alpha } = levelAt(rounds, measurement, 1, rounds === looksOfGate.at(-1));
    const [head, again] = first(rounds).map((logs) => estimator(logs, alpha));
    if (head === undefined || again === undefined) throw new Error('no rounds');
    const outcome = outcomeAgainstBase({ harm: figure(head), sentinel: figure(again), limit: LIMIT, confidence });
    if (outcome !== 'inconclusive' || rounds === looksOfGate.at(-1)) {
      return { outcome, rounds, isMissed: head.low > truth || head.high < truth };
    }
  }
  throw new Error('no looks');
}
