/** What reports say of a plan that is not the base's. */
import type { BenchRecord, PlanChange } from '../domain/record.js';

/** The changes of one benchmark, or of all where none is named. */
export interface ChangedBenchmark {
  readonly benchmark?: string;
  readonly changes: readonly PlanChange[];
}

/** Those that ask for less come first, within each benchmark and among all. */
export function changedBenchmarks({ changes = [] }: BenchRecord): ChangedBenchmark[] {
  const names = new Set(changes.map(({ benchmark }) => benchmark));
  return [...names]
    .map((name) => ({
      ...(name === undefined ? {} : { benchmark: name }),
      changes: changes.filter(({ benchmark }) => benchmark === name).toSorted(loosenedFirst),
    }))
    .toSorted((a, b) => Number(isLoosened(b.changes)) - Number(isLoosened(a.changes)));
}

function loosenedFirst(a: PlanChange, b: PlanChange): number {
  return Number(b.loosened) - Number(a.loosened);
}

export function isLoosened(changes: readonly PlanChange[]): boolean {
  return changes.some(({ loosened }) => loosened);
}

/** So many names are read. */
const namedVanished = 10;

/** Each name stands between backticks; empty where none has vanished. */
export function vanishedSentence({ vanished = [] }: BenchRecord): string {
  if (vanished.length === 0) return '';
  const names = vanished.slice(0, namedVanished).map((name) => `\`${name}\``);
  const more = vanished.length - names.length;
  const listed = `${names.join(', ')}${more === 0 ? '' : ` and ${String(more)} more`}`;
  const verb = vanished.length === 1 ? 'is' : 'are';
  return `${listed} ${verb} in the base and not in head; one that was renamed is told as vanished and as new`;
}
