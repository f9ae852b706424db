/** What reports say of executed instructions: how far the inputs reach, what each executes, and where that differs from the base. */
import type { BenchmarkRecord, Executed } from '../domain/record.js';
import { formatChange, formatCount, formatShare } from '../units.js';
import { visible } from './escape.js';
import { headProgram } from './facts.js';
import type { Column } from './ladder.js';
import { changesOn, executedChanges, executedOf, mostChangedInput, type LineChange } from './line-changes.js';

const namedRanges = 4;

/** `filter.bpf.c:88`. */
export function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file.split('/').at(-1) ?? file}:${String(line)}`;
}

/** `the inputs reach 31 % of 388 instructions; never: filter.bpf.c:88-120`; empty where nothing was counted. */
export function coverageSentence(record: BenchmarkRecord): string {
  const executed = headProgram(record)?.executed;
  if (executed === undefined) return '';
  const { reached, instructions } = executed.coverage;
  const who =
    executed.inputs.length === 1 ? 'the input reaches' : `the ${formatCount(executed.inputs.length)} inputs reach`;
  if (reached === instructions) return `${who} all of ${formatCount(instructions)} instructions`;
  const never = neverReached(executed.lines);
  const named = never.slice(0, namedRanges).join(', ');
  const more = never.length > namedRanges ? ` and ${formatCount(never.length - namedRanges)} more` : '';
  const partly = executed.lines.length === 0 ? '' : '; every source line in part';
  const where = never.length === 0 ? partly : `; never: ${named}${more}`;
  // A share that would round to all of it is not all of it.
  const share = Math.min(0.999, Math.floor((reached / instructions) * 1000) / 1000);
  return `${who} ${formatShare(share)} of ${formatCount(instructions)} instructions${where}`;
}

/** Stretches of lines that no input reaches, as `filter.bpf.c:88-120`: between their first and their last there is none that one does. */
function neverReached(lines: Executed['lines']): string[] {
  const ranges: { file: string; first: number; last: number }[] = [];
  const reached = new Map<string, boolean>();
  for (const { file, line, counts } of lines) {
    const key = `${file}:${String(line)}`;
    reached.set(key, (reached.get(key) ?? false) || counts.some((count) => count > 0));
  }
  let open: (typeof ranges)[number] | undefined;
  for (const [key, isReached] of reached) {
    const [, file = '', line = ''] = /^(.*):(\d+)$/s.exec(key) ?? [];
    if (isReached) open = undefined;
    else if (open?.file === file) open.last = Number(line);
    else ranges.push((open = { file, first: Number(line), last: Number(line) }));
  }
  return ranges.map(({ file, first, last }) => {
    const place = placeOf({ file, line: first });
    return visible(first === last ? place : `${place}-${String(last)}`);
  });
}

/** What one input executes. */
export interface InputRow {
  readonly input: string;
  readonly instructions: number;
  /** The base's; absent without one that was counted. */
  readonly base?: number;
  readonly helperCalls: Executed['inputs'][number]['helperCalls'];
}

export function inputRows(record: BenchmarkRecord): InputRow[] {
  const base = executedOf(record)?.base.inputs;
  return (headProgram(record)?.executed?.inputs ?? []).map(({ input, instructions, helperCalls }) => {
    const before = base?.find((other) => other.input === input)?.instructions;
    return { input, instructions, helperCalls, ...(before === undefined ? {} : { base: before }) };
  });
}

/** `+6.6 %`; `–` where the base has as many. */
function growth({ instructions, base }: Pick<InputRow, 'instructions' | 'base'>): string {
  return base === undefined || base === instructions ? '–' : formatChange(instructions / Math.max(1, base) - 1);
}

/** `map_lookup_elem × 2, redirect`. */
export function callsText({ helperCalls }: Pick<InputRow, 'helperCalls'>): string {
  const calls = Object.entries(helperCalls).filter(([, count]) => count > 0);
  return calls
    .map(([name, count]) => `${visible(name.replace(/^bpf_/, ''))}${count === 1 ? '' : ` × ${formatCount(count)}`}`)
    .join(', ');
}

/** Inputs that execute the same. */
export interface InputGroup extends Omit<InputRow, 'input'> {
  readonly inputs: readonly string[];
}

/** In the order of the first input of each. */
export function inputGroups(record: BenchmarkRecord): InputGroup[] {
  const groups = new Map<string, InputRow[]>();
  for (const row of inputRows(record)) {
    const key = [row.instructions, row.base, callsText(row)].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    return first === undefined ? [] : [{ ...first, inputs: rows.map(({ input }) => input) }];
  });
}

const namedInputs = 3;

function inputsText({ inputs }: InputGroup): string {
  const more = inputs.length - namedInputs;
  return visible(inputs.slice(0, namedInputs).join(', ')) + (more > 0 ? ` and ${formatCount(more)} more` : '');
}

const inputColumn: Column<InputGroup> = { header: 'input', align: 'left', value: inputsText, text: inputsText };
const instructionsColumn: Column<InputGroup> = {
  header: 'executed instructions',
  align: 'right',
  value: ({ instructions }) => instructions,
  text: ({ instructions }) => formatCount(instructions),
};
const baseColumns: readonly Column<InputGroup>[] = [
  {
    header: 'base',
    align: 'right',
    value: ({ base = '' }) => base,
    text: ({ base }) => (base === undefined ? '–' : formatCount(base)),
  },
  { header: 'change', align: 'right', value: growth, text: growth },
];
const callsColumn: Column<InputGroup> = { header: 'helpers called', align: 'left', value: callsText, text: callsText };

/** The base's column only where there is one, and that of helpers only where one is called. */
export function inputColumns(rows: readonly InputGroup[]): Column<InputGroup>[] {
  return [
    inputColumn,
    instructionsColumn,
    ...(rows.some(({ base }) => base !== undefined) ? baseColumns : []),
    ...(rows.some((row) => callsText(row) !== '') ? [callsColumn] : []),
  ];
}

/** `212 instructions (helpers: map_lookup_elem × 2)`, `120 to 480 instructions on 20 inputs`; empty where nothing was counted. */
export function executedSentence(record: BenchmarkRecord): string {
  const rows = inputRows(record);
  const [first] = rows;
  if (first === undefined) return '';
  if (rows.length === 1) {
    const change =
      first.base === undefined
        ? ''
        : first.base === first.instructions
          ? ', as in the base'
          : `, ${growth(first)} against the base`;
    const calls = callsText(first);
    return `${formatCount(first.instructions)} BPF instructions${change}${calls === '' ? '' : ` (helpers: ${calls})`}`;
  }
  const counts = rows.map(({ instructions }) => instructions);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const range = least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
  return `${range} BPF instructions on ${formatCount(rows.length)} inputs`;
}

const namedLines = 3;

/**
 * `on input \`udp6\` 212 → 226 instructions: +14 at \`filter.bpf.c:88\` in \`parse\``; empty where nothing has changed, or not both
 * were counted. What its author named stands between backticks.
 */
export function whereSentence(record: BenchmarkRecord): string {
  const both = executedOf(record);
  if (both === undefined) return '';
  const { lines, unchanged } = executedChanges(both);
  const input = mostChangedInput(both);
  const [before, now] = [both.base.inputs[input], both.head.inputs[input]];
  if (before === undefined || now === undefined) return '';
  const changes = changesOn(lines, input);
  if (before.instructions === now.instructions && changes.length === 0) return '';
  const named = changes.slice(0, namedLines).map(({ change, delta }) => `${signed(delta)} at ${quotedPlace(change)}`);
  const more = changes.length - named.length;
  const others = more > 0 ? ` and ${formatCount(more)} other ${more === 1 ? 'line' : 'lines'}` : '';
  const where = named.length === 0 ? '; the object has no line information' : `: ${named.join(', ')}${others}`;
  const rest = named.length === 0 ? '' : `; ${formatCount(unchanged)} ${unchanged === 1 ? 'line' : 'lines'} unchanged`;
  const counts = `${formatCount(before.instructions)} → ${formatCount(now.instructions)} instructions`;
  return `on input ${quoted(now.input)} ${counts}${where}${rest}`;
}

function quotedPlace(change: LineChange): string {
  const removed = change.kind === 'removed' ? ' of the base' : '';
  return `${quoted(placeOf(change))}${removed} in ${quoted(change.function)}`;
}

/** A backtick in a name would end the quotation early. */
function quoted(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** `+14`, `−2`. */
export function signed(delta: number): string {
  return delta < 0 ? `−${formatCount(-delta)}` : `+${formatCount(delta)}`;
}
