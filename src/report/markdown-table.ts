/** The rows of the comment: one benchmark each. */
import type { BuiltFrom } from '../domain/record.js';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import {
  formatChange,
  formatChangeInterval,
  formatNs,
  formatPercentLimit,
  formatRatio,
  formatRatioInterval,
  formatRatioLimit,
  formatShare,
} from '../units.js';
import { isUnchanged, shortCommit } from './base.js';
import { code, tableCell } from './escape.js';
import { headProgram } from './facts.js';
import { iconOf, nameCode } from './headline.js';
import { advisoryChange } from './saved-base.js';

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

type BenchmarkColumn = MarkdownColumn<BenchmarkVerdict>;

const identity: readonly BenchmarkColumn[] = [
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
];

const threshold: BenchmarkColumn = {
  header: 'threshold',
  align: 'right',
  cell: ({ record }) =>
    record.plan.limits.threshold === undefined ? none : formatRatioLimit(record.plan.limits.threshold),
};

const spread: BenchmarkColumn = {
  header: 'spread',
  align: 'right',
  cell: (row) => {
    const kernel = kernelArm(row);
    return kernel === undefined ? none : formatShare(kernel.layoutSpread);
  },
};

function speedup(compareWith: string): BenchmarkColumn {
  return {
    header: `speedup over ${compareWith}`,
    align: 'right',
    cell: (row) =>
      row.speedup === undefined
        ? none
        : `**${formatRatio(row.speedup.estimate)}** ${formatRatioInterval(row.speedup.low, row.speedup.high)}`,
  };
}

function againstBase({ commit }: BuiltFrom): BenchmarkColumn[] {
  return [
    {
      header: ['against base', ...(commit === undefined ? [] : [code(shortCommit(commit))])].join(' '),
      align: 'right',
      cell: ({ slowdown, record }) => {
        if (slowdown !== undefined) {
          const figure = `**${formatChange(slowdown.estimate)}** ${formatChangeInterval(slowdown.low, slowdown.high)}`;
          return isUnchanged(record) ? `${figure} · unchanged program` : figure;
        }
        if (record.missingBase === undefined) return none;
        return record.missingBase.reason === 'new' ? 'new' : 'no base';
      },
    },
    {
      header: 'limit',
      align: 'right',
      cell: ({ slowdown, record }) => {
        const { maxSlowdownPercent } = record.plan.limits;
        return slowdown === undefined || maxSlowdownPercent === undefined
          ? none
          : formatPercentLimit(maxSlowdownPercent);
      },
    },
  ];
}

/** Not bold, and without an interval: nothing is judged by it. */
const againstSaved: BenchmarkColumn = {
  header: 'against saved (advisory)',
  align: 'right',
  cell: (row) => advisoryChange(row) || none,
};

/** With a base its change comes first, a threshold only where one is set, and the spread is left to the ladder. */
export function benchmarkColumns(
  { benchmarks, compareWith }: RunVerdict,
  base: BuiltFrom | undefined,
): readonly BenchmarkColumn[] {
  const isSaved = benchmarks.some(({ advisory }) => advisory !== undefined);
  const thresholds = benchmarks.some(({ record }) => record.plan.limits.threshold !== undefined) ? [threshold] : [];
  if (base !== undefined) return [...identity, ...againstBase(base), ...thresholds, speedup(compareWith)];
  return [...identity, ...(isSaved ? [againstSaved] : []), ...thresholds, speedup(compareWith), spread];
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
  return line(columns.map(({ align, cell }) => tableCell(align === 'right' ? unbroken(cell(row)) : cell(row))));
}

const noBreakSpace = '\u00a0';

/** A figure stays on one line with its unit, and so does an interval, however narrow the column. */
function unbroken(figures: string): string {
  return figures.replace(/ (?=(?:%|ns|…|→)(?:\W|$))|(?<=…|→) /g, noBreakSpace);
}
