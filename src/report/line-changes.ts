/**
 * Where executed instructions differ between head and its base: which source line, on which input. Lines move when something is
 * put in above them, so those of a function are aligned by what is written there. Pure.
 */
import { align } from '../domain/alignment.js';
import type { BenchmarkRecord, Executed } from '../domain/record.js';

type Line = Executed['lines'][number];

/** A line of head, or of the base where head has none. */
export interface LineChange {
  readonly kind: 'changed' | 'added' | 'removed';
  readonly file: string;
  readonly line: number;
  readonly text?: string;
  readonly function: string;
  /** Executed instructions, one for each input; zeros where there is no such line. */
  readonly base: readonly number[];
  readonly head: readonly number[];
}

export interface ExecutedChanges {
  /** In the order of head's source, what was removed behind it. */
  readonly lines: readonly LineChange[];
  /** Lines that execute as many instructions as before, on every input. */
  readonly unchanged: number;
}

/** Undefined where not both were counted. */
export function executedOf({
  programs,
}: BenchmarkRecord): { readonly base: Executed; readonly head: Executed } | undefined {
  const [base, head] = (['base', 'head'] as const).map(
    (wanted) => programs.find(({ revision }) => revision === wanted)?.executed,
  );
  return base === undefined || head === undefined ? undefined : { base, head };
}

export function executedChanges({ base, head }: { readonly base: Executed; readonly head: Executed }): ExecutedChanges {
  const inputs = head.inputs.length;
  const [before, now] = [byPlace(base.lines), byPlace(head.lines)];
  const lines: LineChange[] = [];
  let unchanged = 0;
  for (const place of new Set([...now.keys(), ...before.keys()])) {
    const [old, current] = [before.get(place) ?? [], now.get(place) ?? []];
    const pairs = align(old, current, (a, b) => (a.text ?? '') === (b.text ?? '') && isLikely(a, b));
    const partners = new Map(pairs.map(([x, y]) => [y, x]));
    for (const [y, line] of current.entries()) {
      const partner = old[partners.get(y) ?? -1];
      if (partner === undefined) lines.push(change('added', line, zeros(inputs), line.counts));
      else if (isSame(partner.counts, line.counts)) unchanged++;
      else lines.push(change('changed', line, partner.counts, line.counts));
    }
    const paired = new Set(pairs.map(([x]) => x));
    for (const [x, line] of old.entries()) {
      if (!paired.has(x)) lines.push(change('removed', line, line.counts, zeros(inputs)));
    }
  }
  return { lines: lines.filter(({ base, head }) => !isSame(base, head)), unchanged };
}

/** Where there is no text, only the number tells lines apart. */
function isLikely(a: Line, b: Line): boolean {
  return a.text !== undefined || a.line === b.line;
}

/** A header may lie in another folder than before. */
function byPlace(lines: readonly Line[]): Map<string, Line[]> {
  const places = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.function} ${line.file.split('/').at(-1) ?? ''}`;
    places.set(key, [...(places.get(key) ?? []), line]);
  }
  return places;
}

function change(
  kind: LineChange['kind'],
  { file, line, text, function: name }: Line,
  base: readonly number[],
  head: readonly number[],
): LineChange {
  return { kind, file, line, ...(text === undefined ? {} : { text }), function: name, base, head };
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((count, i) => count === b[i]);
}

function zeros(count: number): number[] {
  return Array<number>(count).fill(0);
}

/** The input that gained the most, for its size; of inputs that did not, the one that lost the most. By its place. */
export function mostChangedInput({ base, head }: { readonly base: Executed; readonly head: Executed }): number {
  const growth = head.inputs.map(
    ({ instructions }, i) => instructions / Math.max(1, base.inputs[i]?.instructions ?? 0),
  );
  const largest = Math.max(...growth);
  const worst = largest > 1 ? largest : Math.min(...growth);
  return growth.indexOf(worst);
}

/** By how much they change on one input, the largest change first. */
export function changesOn(changes: readonly LineChange[], input: number): { change: LineChange; delta: number }[] {
  return changes
    .map((each) => ({ change: each, delta: (each.head[input] ?? 0) - (each.base[input] ?? 0) }))
    .filter(({ delta }) => delta !== 0)
    .sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
}
