/** When a benchmark has been measured enough. */
import { type Decision, decide, isGated, isTimeUp, type Measured, roundsOf, timeRow } from './decide.js';
import { isLook, maxRounds, minRounds } from './looks.js';

/** With no limit to judge by there is no decision to wait for: this much measuring shows what there is to see. */
const ungatedSeconds = 2;

/**
 * Whether the worker goes on measuring. Cheap between the planned looks, so it may be asked after every round; it never says
 * `enough` because of values seen between two looks.
 *
 * With a fixed number of rounds: exactly that many. Else at least the rounds of the first look and the iterations asked for
 * on both sides, whatever they take; then until the time limit, or until a look finds every gate decided. A benchmark without
 * a limit is measured for a fixed time, whatever its values are; one that was only discovered, no longer than it must.
 */
export function nextStep(measured: Measured): 'more' | 'enough' {
  const { measurement, secondsSpent } = measured;
  const rounds = roundsOf(measured);
  if (measurement.rounds !== undefined) return rounds >= measurement.rounds ? 'enough' : 'more';
  if (rounds >= maxRounds) return 'enough';
  if (rounds < minRounds || !hasIterations(measured)) return 'more';
  if (isTimeUp(measured)) return 'enough';
  if (!isGated(measured)) return measured.plan.every || secondsSpent >= ungatedSeconds ? 'enough' : 'more';
  return isLook(rounds) && isSettled(decide(measured)) ? 'enough' : 'more';
}

/** The other process of `wakeup` costs microseconds an invocation: it is asked for fewer, and the record says how many. */
function hasIterations(measured: Measured): boolean {
  const { compareWith, iterations } = measured.measurement;
  const sides =
    compareWith === 'wakeup' || measured.extent !== undefined
      ? (['kernel'] as const)
      : (['kernel', compareWith] as const);
  return sides.every((arm) => (timeRow(measured, arm)?.evidence.invocations ?? 0) >= iterations);
}

/** No gate at all is a side that has no values yet. */
function isSettled({ gates }: Decision): boolean {
  return gates.length > 0 && gates.every(({ outcome }) => outcome !== 'inconclusive');
}
