/** The exit code that a verdict gives a process. */
import type { RunVerdict } from '../domain/verdict.js';
import { type ExitCode, exitCodeOf, exitCodes } from '../errors.js';

/**
 * What outweighs what when a run ended in several ways. A figure without proof puts the tool itself in question; a run that
 * was asked for wrongly, or that this machine could not do, is no judgement of the change; only then the gate speaks.
 */
const priority: readonly ExitCode[] = [exitCodes.untrusted, exitCodes.usage, exitCodes.environment, exitCodes.fail];

export function exitCodeOfVerdict(verdict: RunVerdict, options: { readonly failOnInconclusive: boolean }): ExitCode {
  const failures = [...verdict.failures, ...verdict.benchmarks.flatMap(({ record }) => record.failure ?? [])];
  const ends = new Set(failures.map(exitCodeOf));
  if (verdict.outcome === 'untrusted') ends.add(exitCodes.untrusted);
  if (verdict.benchmarks.some(({ outcome }) => outcome === 'fail')) ends.add(exitCodes.fail);
  if (options.failOnInconclusive && verdict.benchmarks.some(({ outcome }) => outcome === 'inconclusive')) {
    ends.add(exitCodes.fail);
  }
  return priority.find((code) => ends.has(code)) ?? exitCodes.pass;
}
