/** `--explain`: what stands behind a benchmark's figures, as text. */
import type { BenchmarkRecord, CodeDifference } from '../domain/record.js';
import { formatCount } from '../units.js';
import {
  changedLineColumns,
  changedLines,
  codeTitle,
  countedLineColumns,
  countedLines,
  noMachineCode,
  nothingOfCode,
  nothingOfLines,
  unchangedLines,
} from './explanation.js';
import { shorten } from './escape.js';
import type { Ink } from './ink.js';
import { textTable } from './text-table.js';

/** @param columns of the terminal. Beside a base the lines and the code that changed; else every line. */
export function explanationLines(record: BenchmarkRecord, ink: Ink, columns = Infinity): string[] {
  if (!record.programs.some(({ revision }) => revision === 'base')) return everyLine(record, ink, columns);
  return [...changes(record, ink, columns), ...codeLines(record, ink)];
}

function everyLine(record: BenchmarkRecord, ink: Ink, width: number): string[] {
  const lines = countedLines(record);
  if (lines.length === 0) return [];
  return [
    '',
    ink.bold('executed instructions by source line, all inputs together'),
    ...table(countedLineColumns, lines, ink, width),
  ];
}

/** Source lines stand last, and are cut where the terminal ends. */
function table<Row>(
  columns: Parameters<typeof textTable<Row>>[0],
  rows: readonly Row[],
  ink: Ink,
  width: number,
): string[] {
  const [header = '', ...lines] = textTable(columns, rows).map((line) => shorten(line, width - 2));
  return [`  ${ink.dim(header)}`, ...lines.map((line) => `  ${ink.plain(line)}`)];
}

function changes(record: BenchmarkRecord, ink: Ink, width: number): string[] {
  const changed = changedLines(record);
  if (changed === undefined) return ['', `${ink.bold('executed instructions')}: ${ink.plain(nothingOfLines(record))}`];
  const title = `executed instructions on input ${changed.input}: ${formatCount(changed.base)} → ${formatCount(changed.head)}`;
  return [
    '',
    ink.bold(title),
    ...table(changedLineColumns, changed.lines, ink, width),
    `  ${ink.dim(unchangedLines(changed))}`,
  ];
}

function codeLines(record: BenchmarkRecord, ink: Ink): string[] {
  const { code } = record;
  if (code === undefined || code.functions.length === 0) {
    return ['', `${ink.bold('code')}: ${ink.plain(nothingOfCode(record))}`];
  }
  const blocks = code.functions.flatMap((difference) => [
    '',
    ink.bold(codeTitle(code, difference)),
    ...differenceLines(difference, ink),
  ]);
  return [...blocks, ...(code.unseen === undefined ? [] : [`  ${ink.dim(noMachineCode(code.unseen))}`])];
}

function differenceLines({ lines, leftOut = 0 }: CodeDifference['functions'][number], ink: Ink): string[] {
  const styles: Partial<Record<string, (text: string) => string>> = { '+': ink.good, '-': ink.bad, '@': ink.dim };
  return [
    ...lines.map((line) => `  ${(styles[line.charAt(0)] ?? ink.plain)(line)}`),
    ...(leftOut === 0 ? [] : [`  ${ink.dim(`${formatCount(leftOut)} more`)}`]),
  ];
}
