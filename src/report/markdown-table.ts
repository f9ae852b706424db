/** The rows of the comment: one benchmark each. A figure that a later gate adds is one more column here. */
import type { BenchmarkVerdict } from '../domain/verdict.js';
import { formatNs, formatRatio, formatRatioInterval, formatRatioLimit, formatShare } from '../units.js';
import { tableCell } from './escape.js';
import { headProgram } from './facts.js';
import { iconOf, nameCode } from './headline.js';

export interface MarkdownColumn<Row> {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** Markdown of one line, escaped but for its pipes. */
  readonly cell: (row: Row) => string;
}

/** For a cell without a figure. */
const none = '–';

function kernelArm(benchmark: BenchmarkVerdict) {
  return benchmark.ladder.find(({ arm, revision }) => arm === 'kernel' && revision === 'head');
}

export function benchmarkColumns(compareWith: string): readonly MarkdownColumn<BenchmarkVerdict>[] {
  return [
    { header: '', align: 'left', cell: iconOf },
    {
      header: 'benchmark',
      align: 'left',
      cell: ({ benchmark, record }) =>
        [`**${nameCode(benchmark)}**`, headProgram(record)?.type ?? ''].filter(Boolean).join(' · '),
    },
    {
      header: 'kernel',
      align: 'right',
      cell: (row) => {
        const kernel = kernelArm(row);
        return kernel === undefined ? none : `${formatNs(kernel.timeNs.estimate)} ns`;
      },
    },
    {
      header: 'threshold',
      align: 'right',
      cell: ({ record }) =>
        record.plan.limits.threshold === undefined ? none : formatRatioLimit(record.plan.limits.threshold),
    },
    {
      header: `speedup over ${compareWith}`,
      align: 'right',
      cell: ({ speedup }) =>
        speedup === undefined
          ? none
          : `**${formatRatio(speedup.estimate)}** ${formatRatioInterval(speedup.low, speedup.high)}`,
    },
    {
      header: 'spread',
      align: 'right',
      cell: (row) => {
        const kernel = kernelArm(row);
        return kernel === undefined ? none : formatShare(kernel.layoutSpread);
      },
    },
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** The header and the line below it. */
export function tableHead<Row>(columns: readonly MarkdownColumn<Row>[]): string {
  const rules = columns.map(({ align }) => (align === 'right' ? '--:' : ':--'));
  return line(columns.map(({ header }) => tableCell(header))) + line(rules);
}

export function tableRow<Row>(columns: readonly MarkdownColumn<Row>[], row: Row): string {
  return line(columns.map(({ cell }) => tableCell(cell(row))));
}
