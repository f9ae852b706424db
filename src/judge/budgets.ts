/**
 * The limits on exact figures: budgets, and growth against the base. One load tells them without noise, so they are decided at
 * once, need no correction for their number, and keep nobody measuring.
 */
import { exactMetrics, exactNouns, formatExact, formatGrowthLimit, type ExactMetric } from '../domain/exact-figures.js';
import type { GrowthLimit } from '../domain/plan.js';
import type { BuiltProgram, Executed } from '../domain/record.js';
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
export function judgeExact(figures: Figures, programs: readonly BuiltProgram[]): ExactGate[] {
  const { plan, rows } = figures;
  const { budgets = {}, growth = {} } = plan.limits;
  const hasBase = rows.some(({ benchmark, revision }) => benchmark === plan.name && revision === 'base');
  const whyNot = (metric: BudgetMetric): string =>
    metric === 'executed-insns' ? notCounted(programs) : whyNotGiven(metric);
  const growthOf: typeof judgeGrowth = (metric, value, baseValue, limit) =>
    metric === 'executed-insns'
      ? judgeExecutedGrowth(programs, limit)
      : judgeGrowth(metric, value, baseValue, limit, whyNot(metric));
  return budgetMetrics.flatMap((metric) => {
    const [value, baseValue] = [figureOf(figures, metric, 'head'), figureOf(figures, metric, 'base')];
    const [budget, limit] = [budgets[metric], growth[metric]];
    return [
      ...(budget === undefined ? [] : [judgeBudget(metric, value, budget, whyNot(metric))]),
      ...(limit === undefined || !hasBase ? [] : [growthOf(metric, value, baseValue, limit)]),
    ];
  });
}

/**
 * @param value undefined where there is none
 * @param why there is none
 */
export function judgeBudget(
  metric: BudgetMetric,
  value: number | undefined,
  budget: number,
  why = whyNotGiven(metric),
): ExactGate {
  const gate = { kind: 'exact', gate: 'budget', metric, unit: metrics[metric].unit, limit: budget } as const;
  if (value === undefined) return { ...gate, ...nothingToHold(why, `the budget of ${formatCount(budget)}`) };
  const isWithin = value <= budget;
  return {
    ...gate,
    value,
    outcome: isWithin ? 'pass' : 'fail',
    sentence: `${formatExact(metric, value)}, ${isWithin ? 'within' : 'over'} the budget of ${formatCount(budget)}`,
  };
}

/**
 * @param value of head; it and the base's are undefined where there are none
 * @param why there are none
 */
export function judgeGrowth(
  metric: BudgetMetric,
  value: number | undefined,
  baseValue: number | undefined,
  { percent, slack }: GrowthLimit,
  why = whyNotGiven(metric),
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
  if (value === undefined || baseValue === undefined) return { ...gate, ...nothingToHold(why, limit) };
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

/** Each input for itself, and the worst decides: what one of them costs more is not made up for by the others. */
export function judgeExecutedGrowth(programs: readonly BuiltProgram[], limit: GrowthLimit): ExactGate {
  const [head, base] = executedOf(programs);
  const why = notCounted(programs);
  if (head === undefined || base === undefined) {
    return judgeGrowth('executed-insns', undefined, undefined, limit, why);
  }
  const gates = head.inputs.map(({ input, instructions }) => {
    const before = base.inputs.find((other) => other.input === input)?.instructions;
    return { ...judgeGrowth('executed-insns', instructions, before, limit, why), input };
  });
  const growth = ({ value = 0, baseValue = 0 }: ExactGate): number => value / baseValue;
  const weight = { fail: 0, inconclusive: 1, pass: 2 } as const;
  const [worst] = gates.toSorted((a, b) => weight[a.outcome] - weight[b.outcome] || growth(b) - growth(a));
  if (worst === undefined) return judgeGrowth('executed-insns', undefined, undefined, limit, why);
  if (gates.every(({ value, baseValue }) => value === baseValue)) {
    if (gates.length === 1) return worst;
    const sentence = `executed instructions are those of the base on all ${formatCount(gates.length)} inputs`;
    return { ...worst, sentence };
  }
  const alike = gates.filter(({ outcome }) => outcome === 'fail').length - 1;
  const others =
    alike < 1 ? '' : `; so ${alike === 1 ? 'does 1 other input' : `do ${formatCount(alike)} other inputs`}`;
  return { ...worst, sentence: `on input \`${worst.input}\` ${worst.sentence}${others}` };
}

/** Of head and of its base. */
function executedOf(
  programs: readonly BuiltProgram[],
): readonly [head: Executed | undefined, base: Executed | undefined] {
  const of = (wanted: Revision) => programs.find(({ revision }) => revision === wanted)?.executed;
  return [of('head'), of('base')];
}

/** Why there are no counts of head, or else of its base. */
function notCounted(programs: readonly BuiltProgram[]): string {
  const lacking = (['head', 'base'] as const).flatMap((wanted) =>
    programs.filter(({ revision, executed }) => revision === wanted && executed === undefined),
  );
  const [first] = lacking;
  const whose = first?.revision === 'base' ? "the base's executed instructions" : 'executed instructions';
  return `${whose} were not counted: ${first?.notCounted ?? 'this was not tried'}`;
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

function whyNotGiven(metric: BudgetMetric): string {
  return metric === 'jited-bytes' ? 'the program was not JITed' : `the kernel does not tell ${exactNouns[metric]}`;
}

function nothingToHold(reason: string, limit: string): Pick<ExactGate, 'outcome' | 'sentence'> {
  return { outcome: 'inconclusive', sentence: `${reason}, so there is nothing to hold against ${limit}` };
}
