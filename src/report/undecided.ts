/** What would decide a gate that is still open, for the reader who has to do it. */
import type { BenchmarkVerdict, SampledGate } from '../domain/verdict.js';
import { formatSeconds } from '../units.js';
import { sampledGates } from './base.js';

/** Beyond this many times the measuring done so far, more of it is no advice. */
const hopeless = 100;

/** Where the reader sets the limits: inputs of a workflow, or options of a command. */
export type Surface = 'workflow' | 'command';

/**
 * The interval of a mean narrows with the square root of the measuring, so what is missing is the square of the half of the
 * interval that holds the limit over its distance from the limit; a fifth more, since that is itself an estimate.
 * @returns one sentence; empty where nothing is open that measuring could decide.
 */
export function decidingSentence(benchmark: BenchmarkVerdict, timeLimitSeconds: number, surface: Surface): string {
  const gate = sampledGates(benchmark).find(({ outcome }) => outcome === 'inconclusive');
  if (gate === undefined) return '';
  const { estimate, low, high, limit } = ratiosOf(gate);
  const distance = Math.abs(Math.log(estimate / limit));
  const half = limit < estimate ? Math.log(estimate / low) : Math.log(high / estimate);
  const factor = Math.max(1, half / distance) ** 2 * 1.2;
  if (!(factor < hopeless)) {
    return 'It is too close to its limit for more measuring to tell: move the limit.';
  }
  const { seconds } = benchmark.record;
  const moreSeconds = seconds * (factor - 1);
  const timeLimit = Math.ceil(Math.max(seconds + moreSeconds, timeLimitSeconds + 1) / 10) * 10;
  const setting = surface === 'workflow' ? `time-limit: ${timeLimit}` : `--time-limit ${timeLimit}`;
  return `To decide it takes about ${formatSeconds(moreSeconds)} more: ${setting}.`;
}

/** Limits against the base are changes: a change of 0.05 is a ratio of 1.05. */
function ratiosOf({ gate, interval, limit }: SampledGate): Record<'estimate' | 'low' | 'high' | 'limit', number> {
  const one = gate === 'threshold' ? 0 : 1;
  const { estimate, low, high } = interval;
  return { estimate: one + estimate, low: one + low, high: one + high, limit: one + limit };
}
