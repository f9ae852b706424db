/** What the verifier and the JIT say of a program: its exact figures, each with its budget and its change against the base. */
import { exactMetrics, exactNoun, exactNouns, formatGrowthLimit, type ExactMetric } from '../domain/exact-figures.js';
import type { GrowthLimit } from '../domain/plan.js';
import type { BenchmarkVerdict, ExactFigure, ExactGate } from '../domain/verdict.js';
import { formatChange, formatCount, formatShare } from '../units.js';
import { quoting, shorten } from './escape.js';
import { extentSentence } from './extent.js';
import { headProgram } from './facts.js';
import { nameCode, outcomeIcons } from './headline.js';
import type { MarkdownColumn } from './markdown-table.js';

type PerMetric<T> = Partial<Record<ExactMetric, T>>;

function exactGates({ gates }: BenchmarkVerdict): ExactGate[] {
  return gates.filter((gate) => gate.kind === 'exact');
}

/** Whether an exact figure is over its budget, or has grown beyond its limit. */
export function isOverLimit(benchmark: BenchmarkVerdict): boolean {
  return exactGates(benchmark).some(({ outcome }) => outcome === 'fail');
}

/** `980 → 1,204 of 1,000` and `+22.9 %, limit 10 %`; the second is empty where nothing has changed. What broke a limit is stressed. */
function figureParts(
  { metric, value, baseValue }: ExactFigure,
  benchmark: BenchmarkVerdict,
  stress: (text: string) => string,
): { readonly count: string; readonly change: string } {
  const limits = benchmark.record.plan.limits;
  const budgets: PerMetric<number> = limits.budgets ?? {};
  const growths: PerMetric<GrowthLimit> = limits.growth ?? {};
  const [budget, growth] = [budgets[metric], growths[metric]];
  const broken = exactGates(benchmark).filter((gate) => gate.metric === metric && gate.outcome === 'fail');
  const stressed = (gate: ExactGate['gate'], text: string): string =>
    broken.some((each) => each.gate === gate) ? stress(text) : text;

  const own = stressed('budget', formatCount(value) + (budget === undefined ? '' : ` of ${formatCount(budget)}`));
  if (baseValue === undefined || baseValue === value) return { count: own, change: '' };
  const change = [
    ...(baseValue === 0 ? [] : [formatChange(value / baseValue - 1)]), // of nothing there is no share
    ...(growth === undefined ? [] : [`limit ${formatGrowthLimit(growth)}`]),
  ];
  return {
    count: `${formatCount(baseValue)} → ${own}`,
    change: [...change.slice(0, 1).map((first) => stressed('max-growth', first)), ...change.slice(1)].join(', '),
  };
}

/** `980 → 1,204 of 4,000 verified instructions (+22.9 %), 368 translated bytes`; empty where nothing was loaded. */
export function figuresSentence(benchmark: BenchmarkVerdict): string {
  const figures = benchmark.figures.map((figure) => {
    const { count, change } = figureParts(figure, benchmark, (text) => text);
    return `${count} ${exactNoun(figure.metric, figure.value)}${change === '' ? '' : ` (${change})`}`;
  });
  return figures.join(', ');
}

/** What the figures' table leaves unsaid. */
export const figuresLegend =
  'As the verifier and the JIT tell them, from one load; executed instructions are counted, all inputs together. The figure, from the base’s where it is another, “of” its budget.';

function metricColumn(metric: ExactMetric): MarkdownColumn<BenchmarkVerdict> {
  return {
    header: exactNouns[metric],
    align: 'right',
    cell: (benchmark) => {
      const figure = benchmark.figures.find((each) => each.metric === metric);
      if (figure === undefined) return '–';
      const { count, change } = figureParts(figure, benchmark, (text) => `**${text}**`);
      return change === '' ? count : `${count} (${change})`;
    },
  };
}

/** The verifier gives up behind so many instructions (BPF_COMPLEXITY_LIMIT_INSNS, include/linux/bpf.h). */
export const verifierLimit = 1_000_000;

/** How much of the verifier's patience a program takes. */
const headroom: MarkdownColumn<BenchmarkVerdict> = {
  header: 'of a million',
  align: 'right',
  cell: ({ figures }) => {
    const verified = figures.find(({ metric }) => metric === 'verified-insns');
    return verified === undefined ? '–' : formatShare(verified.value / verifierLimit);
  },
};

const loads: MarkdownColumn<BenchmarkVerdict> = {
  header: 'loads',
  align: 'left',
  cell: ({ record }) => (record.extent?.covers === 'nothing' || record.failure?.kind === 'verifier' ? '**no**' : 'yes'),
};

const reasonCharacters = 240;
const namedBenchmarks = 10;

/** Why not more of them was measured, each reason once with those that it is true of. */
export function extentReasons(benchmarks: readonly BenchmarkVerdict[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { benchmark, record } of benchmarks) {
    const reason = extentSentence(record);
    if (reason !== '') reasons.set(reason, [...(reasons.get(reason) ?? []), nameCode(benchmark)]);
  }
  return [...reasons].map(([reason, names]) => {
    const more = names.length - namedBenchmarks;
    const named = names.slice(0, namedBenchmarks).join(', ') + (more > 0 ? ` and ${formatCount(more)} more` : '');
    return `${named}: ${quoting(shorten(reason, reasonCharacters))}`;
  });
}

/** Whether the table of programs has something to say of it. */
export function isTabled({ figures, record: { extent, failure, plan } }: BenchmarkVerdict): boolean {
  return figures.length > 0 || extent !== undefined || (plan.every === true && failure?.kind === 'verifier');
}

/** A column for every figure that any of the benchmarks has. */
export function figureColumns(benchmarks: readonly BenchmarkVerdict[]): MarkdownColumn<BenchmarkVerdict>[] {
  const told = exactMetrics.filter((metric) =>
    benchmarks.some(({ figures }) => figures.some((each) => each.metric === metric)),
  );
  const isExtended = benchmarks.some(({ record }) => record.extent !== undefined || record.plan.every);
  return [
    { header: '', align: 'left', cell: exactIcon },
    {
      header: 'benchmark',
      align: 'left',
      cell: ({ benchmark, record }) =>
        [`**${nameCode(benchmark)}**`, headProgram(record)?.type ?? ''].filter(Boolean).join(' · '),
    },
    ...(isExtended ? [loads] : []),
    ...told.flatMap((metric) => [
      metricColumn(metric),
      ...(isExtended && metric === 'verified-insns' ? [headroom] : []),
    ]),
  ];
}

/** Of the exact limits alone; empty where there is none. */
function exactIcon(benchmark: BenchmarkVerdict): string {
  const outcomes = exactGates(benchmark).map(({ outcome }) => outcome);
  const worst = (['fail', 'inconclusive', 'pass'] as const).find((outcome) => outcomes.includes(outcome));
  return worst === undefined ? '' : outcomeIcons[worst];
}
