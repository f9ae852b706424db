/** What stands behind a change: its source lines with their executed instructions, and the difference of the code. */
import type { BenchmarkRecord, CodeDifference } from '../domain/record.js';
import type { BenchmarkVerdict } from '../domain/verdict.js';
import { formatCount } from '../units.js';
import { isUnchanged } from './base.js';
import { visible } from './escape.js';
import { placeOf, signed } from './executed.js';
import { headProgram } from './facts.js';
import type { Column } from './ladder.js';
import { changesOn, executedChanges, executedOf, mostChangedInput, type LineChange } from './line-changes.js';

/** Whether time or executed instructions are beyond a limit against the base. */
export function isWorthExplaining({ gates }: BenchmarkVerdict): boolean {
  return gates.some(
    ({ outcome, gate, ...rest }) =>
      outcome === 'fail' &&
      (gate === 'max-slowdown' ||
        gate === 'max-speedup-loss' ||
        (gate === 'max-growth' && 'metric' in rest && rest.metric === 'executed-insns')),
  );
}

/** One source line on the input that changed the most. */
export interface ChangedLine {
  readonly change: LineChange;
  readonly base: number;
  readonly head: number;
}

export interface ChangedLines {
  readonly input: string;
  readonly base: number;
  readonly head: number;
  /** The largest change first. */
  readonly lines: readonly ChangedLine[];
  readonly unchanged: number;
}

export function unchangedLines({ unchanged }: ChangedLines): string {
  return `${formatCount(unchanged)} ${unchanged === 1 ? 'line' : 'lines'} unchanged`;
}

/** Undefined where not both were counted, and where every input executes what it executed before. */
export function changedLines(record: BenchmarkRecord): ChangedLines | undefined {
  const both = executedOf(record);
  if (both === undefined) return undefined;
  const { lines, unchanged } = executedChanges(both);
  const place = mostChangedInput(both);
  const [before, now] = [both.base.inputs[place], both.head.inputs[place]];
  const changes = changesOn(lines, place);
  if (before === undefined || now === undefined) return undefined;
  if (changes.length === 0 && before.instructions === now.instructions) return undefined;
  return {
    input: now.input,
    base: before.instructions,
    head: now.instructions,
    lines: changes.map(({ change }) => ({ change, base: change.base[place] ?? 0, head: change.head[place] ?? 0 })),
    unchanged,
  };
}

function column(header: string, align: 'left' | 'right', text: (line: ChangedLine) => string): Column<ChangedLine> {
  return { header, align, value: text, text };
}

export const changedLineColumns: readonly Column<ChangedLine>[] = [
  column('line', 'left', ({ change }) => visible(placeOf(change)) + (change.kind === 'removed' ? ' (base)' : '')),
  column('function', 'left', ({ change }) => visible(change.function)),
  column('base', 'right', ({ base, change }) => (change.kind === 'added' ? '–' : formatCount(base))),
  column('head', 'right', ({ head, change }) => (change.kind === 'removed' ? '–' : formatCount(head))),
  column('change', 'right', ({ base, head }) => signed(head - base)),
  column('source', 'left', ({ change }) => visible(change.text ?? '')),
];

/** One source line of head on all inputs together. */
export interface CountedLine {
  readonly place: string;
  readonly function: string;
  readonly instructions: number;
  /** Jumps back that were taken; undefined where it has none. */
  readonly trips: number | undefined;
  readonly text: string;
}

export function countedLines(record: BenchmarkRecord): CountedLine[] {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return (headProgram(record)?.executed?.lines ?? []).map((line) => ({
    place: visible(placeOf(line)),
    function: visible(line.function),
    instructions: sum(line.counts),
    trips: line.loopTrips && sum(line.loopTrips),
    text: visible(line.text ?? ''),
  }));
}

export const countedLineColumns: readonly Column<CountedLine>[] = [
  { header: 'line', align: 'left', value: ({ place }) => place, text: ({ place }) => place },
  { header: 'function', align: 'left', value: (line) => line.function, text: (line) => line.function },
  {
    header: 'executed',
    align: 'right',
    value: ({ instructions }) => instructions,
    text: ({ instructions }) => (instructions === 0 ? 'never' : formatCount(instructions)),
  },
  {
    header: 'loop trips',
    align: 'right',
    value: ({ trips = '' }) => trips,
    text: ({ trips }) => (trips === undefined ? '' : formatCount(trips)),
  },
  { header: 'source', align: 'left', value: ({ text }) => text, text: ({ text }) => text },
];

const languages: { readonly [L in CodeDifference['language']]: string } = {
  'x86-64': 'Machine code',
  bpf: 'BPF instructions behind the verifier',
};

/** `Machine code of \`parse\`: 120 → 134 instructions`. */
export function codeTitle(
  { language }: CodeDifference,
  { name, base, head }: CodeDifference['functions'][number],
): string {
  const sizes =
    base === 0
      ? `new, ${formatCount(head)}`
      : head === 0
        ? `gone, ${formatCount(base)}`
        : `${formatCount(base)} → ${formatCount(head)}`;
  return `${languages[language]} of \`${visible(name).replaceAll('`', "'")}\`: ${sizes} instructions`;
}

export function noMachineCode(unseen: string): string {
  return `no machine code: ${visible(unseen)}`;
}

/** Why there is nothing to show of lines; empty where there is. */
export function nothingOfLines(record: BenchmarkRecord): string {
  if (changedLines(record) !== undefined) return '';
  if (executedOf(record) !== undefined) return 'every input executes the instructions that it executed in the base';
  const lacking = record.programs.find(({ revision, executed }) => revision !== 'again' && executed === undefined);
  return `executed instructions were not counted: ${lacking?.notCounted ?? 'this was not tried'}`;
}

/** Why there is nothing to show of code; empty where there is. */
export function nothingOfCode(record: BenchmarkRecord): string {
  if (record.code !== undefined) {
    const { functions, unseen = 'there is none' } = record.code;
    return functions.length > 0 ? '' : noMachineCode(unseen);
  }
  return isUnchanged(record)
    ? 'the code is that of the base: look at what maps and read-only data hold'
    : 'no function differs but in addresses';
}
