/** Every program that was discovered, a line each: whether it loads, its exact figures, its time. */
import { exactMetrics, type ExactMetric } from '../domain/exact-figures.js';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import { formatCount, formatShare } from '../units.js';
import { visible } from './escape.js';
import { kernelTime } from './extent.js';
import { headProgram } from './facts.js';
import { verifierLimit } from './figures.js';
import type { Column } from './ladder.js';
import { textTable } from './text-table.js';

type ProgramColumn = Column<BenchmarkVerdict>;

const headers: { readonly [M in ExactMetric]: string } = {
  'verified-insns': 'verified insns',
  'verifier-states': 'states',
  'xlated-bytes': 'xlated B',
  'jited-bytes': 'JITed B',
  'stack-bytes': 'stack B',
  'executed-insns': 'executed insns',
};

function textColumn(header: string, align: ProgramColumn['align'], text: ProgramColumn['text']): ProgramColumn {
  return { header, align, value: text, text };
}

function figureOf({ figures }: BenchmarkVerdict, metric: ExactMetric) {
  return figures.find((figure) => figure.metric === metric);
}

/** `980 → 1,204` where the base has another figure. */
function metricColumn(metric: ExactMetric): ProgramColumn {
  return textColumn(headers[metric], 'right', (benchmark) => {
    const figure = figureOf(benchmark, metric);
    if (figure === undefined) return '–';
    const { value, baseValue = value } = figure;
    return baseValue === value ? formatCount(value) : `${formatCount(baseValue)} → ${formatCount(value)}`;
  });
}

const columns: readonly ProgramColumn[] = [
  textColumn('program', 'left', ({ benchmark }) => visible(benchmark)),
  textColumn('type', 'left', ({ record }) => headProgram(record)?.type ?? '–'),
  textColumn('loads', 'left', ({ record }) => (headProgram(record) === undefined ? 'no' : 'yes')),
  ...exactMetrics.map(metricColumn),
  textColumn('of a million', 'right', (benchmark) => {
    const verified = figureOf(benchmark, 'verified-insns');
    return verified === undefined ? '–' : formatShare(verified.value / verifierLimit);
  }),
  textColumn('kernel', 'right', kernelTime),
];

/** Lines of text; none where nothing was discovered. */
export function programTable({ benchmarks }: RunVerdict): string[] {
  const discovered = benchmarks.filter(({ record, outcome }) => record.plan.every && outcome !== 'untrusted');
  return discovered.length === 0 ? [] : textTable(columns, discovered);
}
