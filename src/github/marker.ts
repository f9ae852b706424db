/** The hidden first line by which a comment is found again. */
import { createHash } from 'node:crypto';
import type { BenchRecord } from '../domain/record.js';
import type { RunVerdict } from '../domain/verdict.js';
import type { Failure } from '../errors.js';

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** What a comment is about. @param parts the job, and what it measures */
export function commentKey(parts: readonly string[]): string {
  return digest(parts);
}

/** What a comment says, figures left out: equal for two runs that say the same of every benchmark and its limits. */
export function verdictState(
  verdict: RunVerdict,
  { changes = [], vanished = [] }: Pick<BenchRecord, 'changes' | 'vanished'> = {},
): string {
  const benchmarks = verdict.benchmarks.map(({ benchmark, outcome, record }) => [
    benchmark,
    outcome,
    record.failure?.kind,
  ]);
  const failures = verdict.failures.map(({ kind, message }) => [kind, message]);
  return digest([verdict.outcome, benchmarks, failures, changes, vanished]);
}

/** The same for a run that ended before there was a verdict. */
export function failureState({ kind, message }: Failure): string {
  return digest([kind, message]);
}

export interface Marker {
  readonly key: string;
  readonly state: string;
}

export function markerLine({ key, state }: Marker): string {
  return `<!-- kfaas-bench ${key} ${state} -->\n`;
}

/** Only at the very start: elsewhere it may be something that the comment quotes. */
export function markerOf(body: string): Marker | undefined {
  const [, key, state] = /^<!-- kfaas-bench ([0-9a-f]{16}) ([0-9a-f]{16}) -->/.exec(body) ?? [];
  return key === undefined || state === undefined ? undefined : { key, state };
}
