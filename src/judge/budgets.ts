/**
 * The limits on exact figures: budgets, and growth against the base. One load tells them without noise, so they are decided at
 * once, need no correction for their number, and keep nobody measuring.
 */
import { exactMetrics, exactNouns, formatExact, formatGrowthLimit, type ExactMetric } from '../domain/exact-figures.js';
import type { GrowthLimit } from '../domain/plan.js';
import type { ExactFigure, ExactGate } from '../domain/verdict.js';
import { budgetMetrics, metrics, type BudgetMetric, type Revision } from '../domain/words.js';
import { formatChange, formatCount } from '../units.js';
import type { Measured } from './decide.js';
import { rowOf } from './series.js';

type Figures = Pick<Measured, 'plan' | 'rows'>;

/** Where a kernel does not give them it says nought, which they cannot be: `verified_insns` before Linux 5.16, JITed bytes without JIT. */
const neverNought: readonly ExactMetric[] = ['verified-insns', 'xlated-bytes', 'jited-bytes'];

function figureOf({ plan, rows }: Figures, metric: ExactMetric, revision: Revision): number | undefined {
  const value = rowOf(rows, { benchmark: plan.name, revision, arm: 'kernel', metric })?.values[0];
  return value === 0 && neverNought.includes(metric) ? undefined : value;
}

/** What is known of head and, where there is one, of its base. */
export function exactFiguresOf(figures: Figures): ExactFigure[] {
  return exactMetrics.flatMap((metric) => {
    const [value, baseValue] = [figureOf(figures, metric, 'head'), figureOf(figures, metric, 'base')];
    return value === undefined ? [] : [{ metric, value, ...(baseValue === undefined ? {} : { baseValue }) }];
  });
}

/** One gate for every limit on an exact figure; growth is judged only beside a base. */
export function judgeExact(figures: Figures): ExactGate[] {
  const { plan, rows } = figures;
  const { budgets = {}, growth = {} } = plan.limits;
  const hasBase = rows.some(({ benchmark, revision }) => benchmark === plan.name && revision === 'base');
  return budgetMetrics.flatMap((metric) => {
    const [value, baseValue] = [figureOf(figures, metric, 'head'), figureOf(figures, metric, 'base')];
    const [budget, limit] = [budgets[metric], growth[metric]];
    return [
      ...(budget === undefined ? [] : [judgeBudget(metric, value, budget)]),
      ...(limit === undefined || !hasBase ? [] : [judgeGrowth(metric, value, baseValue, limit)]),
    ];
  });
}

/** @param value undefined where this kernel does not give it */
export function judgeBudget(metric: BudgetMetric, value: number | undefined, budget: number): ExactGate {
  const gate = { kind: 'exact', gate: 'budget', metric, unit: metrics[metric].unit, limit: budget } as const;
  if (value === undefined) return { ...gate, ...notGiven(metric, `the budget of ${formatCount(budget)}`) };
  const isWithin = value <= budget;
  return {
    ...gate,
    value,
    outcome: isWithin ? 'pass' : 'fail',
    sentence: `${formatExact(metric, value)}, ${isWithin ? 'within' : 'over'} the budget of ${formatCount(budget)}`,
  };
}

/** @param value of head; it and the base's are undefined where this kernel does not give them */
export function judgeGrowth(
  metric: BudgetMetric,
  value: number | undefined,
  baseValue: number | undefined,
  { percent, slack }: GrowthLimit,
): ExactGate {
  const gate = {
    kind: 'exact',
    gate: 'max-growth',
    metric,
    unit: metrics[metric].unit,
    limit: percent / 100,
    ...(slack === undefined ? {} : { slack }),
    ...(value === undefined ? {} : { value }),
    ...(baseValue === undefined ? {} : { baseValue }),
  } as const;
  const limit = `the limit of ${formatGrowthLimit({ percent, slack })}`;
  if (value === undefined || baseValue === undefined) return { ...gate, ...notGiven(metric, limit) };
  const isWithin = value - baseValue <= Math.max(shareOf(baseValue, percent), slack ?? 0);
  return {
    ...gate,
    outcome: isWithin ? 'pass' : 'fail',
    sentence:
      value === baseValue
        ? `${formatExact(metric, value)}, as in the base`
        : `${growthPhrase(metric, baseValue, value)}, ${isWithin ? 'within' : 'beyond'} ${limit}`,
  };
}

/** Most percentages are no binary fractions: 0.57 % of 10,000 is to be 57, and not 56.99…. */
function shareOf(base: number, percent: number): number {
  return ((base * percent) / 100) * (1 + 1e-12);
}

/** `verified instructions grew from 980 to 1,204 (+22.9 %)`; of nothing there is no share. */
function growthPhrase(metric: BudgetMetric, from: number, to: number): string {
  const share = from === 0 ? '' : ` (${formatChange(to / from - 1)})`;
  return `${exactNouns[metric]} ${to > from ? 'grew' : 'shrank'} from ${formatCount(from)} to ${formatCount(to)}${share}`;
}

function notGiven(metric: BudgetMetric, limit: string): Pick<ExactGate, 'outcome' | 'sentence'> {
  const reason =
    metric === 'jited-bytes' ? 'the program was not JITed' : `the kernel does not tell ${exactNouns[metric]}`;
  return { outcome: 'inconclusive', sentence: `${reason}, so there is nothing to hold against ${limit}` };
}
