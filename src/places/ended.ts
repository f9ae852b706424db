/** What to say of a worker that ended before it said `done`. */
import { KfaasError } from '../errors.js';
import type { Tail } from './tail.js';

export interface Ending {
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True where the memory limit of its container ended it. */
  readonly outOfMemory?: boolean;
}

const shownLines = 20;
const report = 'this is a defect of kfaas-bench: please report it with the lines above';

export function endedTooEarly(ending: Ending, said: Tail): KfaasError {
  const lines = said.lines(shownLines);
  return new KfaasError({
    ...cause(ending),
    ...(lines.length === 0 ? {} : { detail: lines.join('\n') }),
  });
}

function cause(ending: Ending): { kind: 'environment' | 'internal'; message: string; remedy: string } {
  if (ending.outOfMemory === true) {
    return {
      kind: 'environment',
      message: 'the worker was killed: it needed more memory than its container may have',
      remedy: 'build with fewer jobs at once, or split the benchmarks over several runs',
    };
  }
  if (ending.signal === 'SIGKILL') {
    return {
      kind: 'environment',
      message: 'the worker was killed by SIGKILL before it was done',
      remedy: 'most often the kernel ran out of memory: look for "Out of memory" in dmesg, and free some',
    };
  }
  if (ending.signal !== null) {
    return { kind: 'internal', message: `the worker died of ${ending.signal} before it was done`, remedy: report };
  }
  return {
    kind: 'internal',
    message: `the worker ended with exit code ${ending.code ?? 'unknown'} before it was done`,
    remedy: report,
  };
}

/** A worker that was still at work when its time was over; `seconds` as `timeLimitSeconds` gave them. */
export function tookTooLong(seconds: number, said: Tail): KfaasError {
  const lines = said.lines(shownLines);
  return new KfaasError({
    kind: 'environment',
    message: `the worker was not done after ${seconds} s and was ended`,
    remedy: 'measure less at once (fewer benchmarks, a smaller time-limit), or on a machine with less other work',
    ...(lines.length === 0 ? {} : { detail: lines.join('\n') }),
  });
}
