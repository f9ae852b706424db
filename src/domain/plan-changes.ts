/** What a plan has otherwise than an earlier one: limits, inputs, and what the programs are made of. Pure. */
import { formatCount, formatPercentLimit, formatRatioLimit } from '../units.js';
import { formatGrowthLimit } from './exact-figures.js';
import type { BenchmarkPlan, GrowthLimit, Input, Limits, Plan } from './plan.js';
import type { PlanChange } from './record.js';
import { budgetMetrics } from './words.js';

/** One difference of a benchmark, or of all. */
type Difference = Pick<PlanChange, 'what' | 'loosened'>;

/** What every benchmark of `now` has otherwise than its namesake; one that has none is told as being new. */
export function planChanges(before: Plan, now: Plan): PlanChange[] {
  const build = difference('build command', before.build, now.build, quoted);
  const ofBenchmarks = now.benchmarks.flatMap((plan) => {
    const namesake = before.benchmarks.find(({ name }) => name === plan.name);
    const differences = namesake === undefined ? [isNew] : benchmarkDifferences(namesake, plan);
    return differences.map((each) => ({ benchmark: plan.name, ...each }));
  });
  return [...build, ...ofBenchmarks];
}

const isNew: Difference = { what: 'new', loosened: false };

/** The names of `before` that `now` does not have; built-in functions are nobody's. */
export function vanishedNames(before: Plan, now: Plan): string[] {
  const names = new Set(now.demo ? [] : now.benchmarks.map(({ name }) => name));
  return before.benchmarks.map(({ name }) => name).filter((name) => !names.has(name));
}

/** Whatever makes a program, or what it runs on, another one: its figures are of something else then. A clause each. */
export function workloadDifferences(before: BenchmarkPlan, now: BenchmarkPlan): string[] {
  return workload(before, now).map(({ what }) => what);
}

function benchmarkDifferences(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  return [
    ...limitDifferences(limitsOf(before.limits), limitsOf(now.limits)),
    ...expectationDifference(before.expect.retval, now.expect.retval),
    ...workload(before, now),
    ...difference('base-object', before.object?.base, now.object?.base, quoted),
    ...difference('native', before.object?.native, now.object?.native, quoted),
    ...difference('base-native', before.object?.baseNative, now.object?.baseNative, quoted),
  ];
}

/** Who no longer says what the program returns asks for less. */
function expectationDifference(before: number | undefined, now: number | undefined): Difference[] {
  return difference('expected return value', before, now, String).map(({ what }) => ({
    what,
    loosened: now === undefined,
  }));
}

/** One limit in force. */
interface LimitInForce {
  readonly name: string;
  readonly text: string;
  /** The more of any of them, the less is asked of the program. */
  readonly leeway: readonly number[];
}

function limitsOf(limits: Limits): LimitInForce[] {
  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent, budgets = {}, growth = {} } = limits;
  const one = (name: string, limit: number | undefined, text: (limit: number) => string, sign = 1): LimitInForce[] =>
    limit === undefined ? [] : [{ name, text: text(limit), leeway: [sign * limit] }];
  return [
    ...one('threshold', threshold, formatRatioLimit, -1),
    ...one('max-slowdown', maxSlowdownPercent, formatPercentLimit),
    ...one('max-speedup-loss', maxSpeedupLossPercent, formatPercentLimit),
    ...budgetMetrics.flatMap((metric) => one(`budget of ${metric}`, budgets[metric], formatCount)),
    ...budgetMetrics.flatMap((metric) => growthOf(metric, growth[metric])),
  ];
}

function growthOf(metric: string, limit: GrowthLimit | undefined): LimitInForce[] {
  if (limit === undefined) return [];
  const { percent, slack = 0 } = limit;
  return [{ name: `growth of ${metric}`, text: formatGrowthLimit(limit), leeway: [percent, slack] }];
}

function limitDifferences(before: readonly LimitInForce[], now: readonly LimitInForce[]): Difference[] {
  const named = (limits: readonly LimitInForce[], name: string) => limits.find((limit) => limit.name === name);
  const names = new Set([...before, ...now].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, current] = [named(before, name), named(now, name)];
    const isWider = (width: number, index: number): boolean => width > (old?.leeway[index] ?? Infinity);
    const loosened = current === undefined || current.leeway.some(isWider);
    return difference(name, old?.text, current?.text, (text) => text).map((each) => ({ ...each, loosened }));
  });
}

function workload(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  const flags = ({ cflags }: BenchmarkPlan): string | undefined => (cflags.length === 0 ? undefined : cflags.join(' '));
  return [
    ...inputDifferences(before, now),
    ...difference('source', before.source, now.source, quoted),
    ...programDifference(before, now),
    ...difference('cflags', flags(before), flags(now), quoted),
    ...difference('twin', before.twin, now.twin, String),
    ...mapsDifference(before, now),
    ...difference('seed-maps', before.seedMaps && 'true', now.seedMaps && 'true', String),
  ];
}

/** Of every program, one may have been picked for this run. */
function programDifference(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  if (before.every !== now.every) {
    return [
      { what: now.every ? 'every program in place of one' : 'one program in place of every one', loosened: false },
    ];
  }
  return now.every ? [] : difference('program', before.program, now.program, quoted);
}

function difference<T extends string | number>(
  name: string,
  before: T | undefined,
  now: T | undefined,
  text: (value: T) => string,
): Difference[] {
  if (before === now) return [];
  const from = before === undefined ? '' : ` ${text(before)}`;
  const to = now === undefined ? ' removed' : before === undefined ? ` ${text(now)} added` : ` → ${text(now)}`;
  return [{ what: `${name}${from}${to}`, loosened: false }];
}

function inputDifferences(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  if (before.genericInputs || now.genericInputs) return genericDifference(before, now);
  const hexOf = ({ inputs }: BenchmarkPlan): Map<string, string> =>
    new Map(inputs.map(({ name, hex }): [string, string] => [name, hex]));
  const [old, current] = [hexOf(before), hexOf(now)];
  return [
    ...inputClause(
      'added',
      now.inputs.filter(({ name }) => !old.has(name)),
    ),
    ...inputClause(
      'removed',
      before.inputs.filter(({ name }) => !current.has(name)),
    ),
    ...inputClause(
      'changed',
      now.inputs.filter(({ name, hex }) => (old.get(name) ?? hex) !== hex),
    ),
  ];
}

function mapsDifference(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  const textOf = ({ maps }: BenchmarkPlan, name: string): string =>
    JSON.stringify(maps?.filter(({ map }) => map === name) ?? []);
  const names = [...(before.maps ?? []), ...(now.maps ?? [])].map(({ map }) => map);
  return [...new Set(names)]
    .filter((name) => textOf(before, name) !== textOf(now, name))
    .map((name) => ({ what: `contents of map ${quoted(name)} changed`, loosened: false }));
}

function genericDifference(before: BenchmarkPlan, now: BenchmarkPlan): Difference[] {
  if (before.genericInputs === now.genericInputs) return [];
  const what = now.genericInputs ? 'generic packets in place of inputs' : 'inputs in place of generic packets';
  return [{ what, loosened: false }];
}

/** A capture may hold thousands; so many are named. */
const namedInputs = 3;

function inputClause(what: string, inputs: readonly Input[]): Difference[] {
  if (inputs.length === 0) return [];
  const names = inputs.slice(0, namedInputs).map(({ name }) => quoted(name));
  const more = inputs.length - names.length;
  const listed = `${names.join(', ')}${more === 0 ? '' : ` and ${formatCount(more)} more`}`;
  return [{ what: `${inputs.length === 1 ? 'input' : 'inputs'} ${listed} ${what}`, loosened: false }];
}

function quoted(text: string): string {
  return `\`${text}\``;
}
