/** Why a gate is red, as Markdown: the lines and the code that changed. Folded, and bounded for each benchmark. */
import type { BenchmarkRecord, CodeDifference } from '../domain/record.js';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import { formatCount } from '../units.js';
import { code, codeBlock, quoting, shorten } from './escape.js';
import { inputColumns, inputGroups, type InputGroup } from './executed.js';
import {
  changedLineColumns,
  changedLines,
  codeTitle,
  isWorthExplaining,
  noMachineCode,
  nothingOfCode,
  nothingOfLines,
  unchangedLines,
  type ChangedLine,
} from './explanation.js';
import type { Section } from './fit.js';
import { nameCode } from './headline.js';
import type { Column } from './ladder.js';
import { tableHead, tableRow, type MarkdownColumn } from './markdown-table.js';

const shownLines = 15;
const shownFunctions = 3;
const shownCodeLines = 60;
const shownGroups = 20;
const cellCharacters = 90;

/** One for all of them; none where no gate on time or executed instructions is red. */
export function explanationSections({ benchmarks }: RunVerdict): Section[] {
  const items = benchmarks.filter(isWorthExplaining).map(explanation);
  if (items.length === 0) return [];
  const head = '<details><summary>What changed: executed instructions by line, and the code</summary>\n\n';
  return [{ noun: 'explanations', rank: 5, head, items, tail: '\n</details>', needsItem: true }];
}

function explanation({ benchmark, record }: BenchmarkVerdict): string {
  const parts = [`**${nameCode(benchmark)}**`, ...changes(record), ...codeParts(record)];
  return `${parts.join('\n\n')}\n\n`;
}

/** What others wrote stands in code spans; the rest is figures. */
function markdownColumn<Row>({ header, align, text }: Column<Row>, isCode: boolean): MarkdownColumn<Row> {
  return {
    header,
    align,
    cell: (row) => {
      const shown = shorten(text(row), cellCharacters);
      if (shown === '') return '';
      return isCode ? code(shown) : shown;
    },
  };
}

const codeColumns = ['line', 'function', 'source', 'input', 'helpers called'];

function asTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const drawn = columns.map((column) => markdownColumn(column, codeColumns.includes(column.header)));
  return [tableHead(drawn), ...rows.map((row) => tableRow(drawn, row))].join('').trimEnd();
}

function changes(record: BenchmarkRecord): string[] {
  const changed = changedLines(record);
  if (changed === undefined) return [`Lines: ${quoting(shorten(nothingOfLines(record), 500))}.`];
  const more = changed.lines.length - shownLines;
  const rest = [...(more > 0 ? [`${formatCount(more)} more changed`] : []), unchangedLines(changed)];
  const counts = `${formatCount(changed.base)} → ${formatCount(changed.head)}`;
  return [
    `Executed instructions on input ${code(shorten(changed.input, cellCharacters))}, ${counts}:`,
    ...(changed.lines.length === 0
      ? []
      : [asTable<ChangedLine>(changedLineColumns, changed.lines.slice(0, shownLines)), `${rest.join(', ')}.`]),
  ];
}

function codeParts(record: BenchmarkRecord): string[] {
  const difference = record.code;
  if (difference === undefined || difference.functions.length === 0)
    return [`Code: ${quoting(nothingOfCode(record))}.`];
  const more = difference.functions.length - shownFunctions;
  return [
    ...difference.functions.slice(0, shownFunctions).flatMap((each) => functionParts(difference, each)),
    ...(more > 0 ? [`${formatCount(more)} more ${more === 1 ? 'function differs' : 'functions differ'}.`] : []),
    ...(difference.unseen === undefined ? [] : [`${quoting(noMachineCode(difference.unseen))}.`]),
  ];
}

function functionParts(difference: CodeDifference, one: CodeDifference['functions'][number]): string[] {
  const leftOut = Math.max(0, one.lines.length - shownCodeLines) + (one.leftOut ?? 0);
  const lines = one.lines.slice(0, shownCodeLines).map((line) => line.replace(/^@(.*)$/, '@@$1 @@'));
  return [
    `${quoting(codeTitle(difference, one))}:`,
    codeBlock([...lines, ...(leftOut > 0 ? [`@@ ${formatCount(leftOut)} more @@`] : [])].join('\n'), 'diff'),
  ];
}

/** What each input executes, beside its base's; empty where nothing was counted. */
export function inputsTable(record: BenchmarkRecord): string {
  const groups = inputGroups(record);
  if (groups.length === 0) return '';
  const left = groups.slice(shownGroups).reduce((count, { inputs }) => count + inputs.length, 0);
  const table = asTable<InputGroup>(inputColumns(groups), groups.slice(0, shownGroups));
  if (left === 0) return `${table}\n`;
  return `${table}\n\n${formatCount(left)} more ${left === 1 ? 'input is' : 'inputs are'} in the record.\n`;
}
