/** What the rows of a benchmark must be: of a program and a place that are there, and possible. */
import { exactNouns } from '../domain/exact-figures.js';
import type { BenchmarkRecord, BenchRecord, Row } from '../domain/record.js';
import { budgetMetrics, metrics } from '../domain/words.js';
import { formatCount } from '../units.js';
import { firstOf, firstTwice, type Fault } from './fault.js';
import { rowOf } from './series.js';

/** A picosecond is a thousandth of what a CPU's cycle takes, and a day is the longest measuring that a plan may ask for. */
const shortestNs = 1e-3;
const longestNs = 86_400e9;

export function faultOfRows(record: BenchRecord, { programs }: BenchmarkRecord, rows: readonly Row[]): Fault {
  const places = new Set(rows.map(({ environment }) => environment));
  if (places.size > 1) return `its rows come from ${places.size} environments, which cannot be judged together`;
  const twice = firstTwice(rows.map(({ revision, arm, metric }) => `${metric.name} of ${revision} on ${arm}`));
  if (twice !== undefined) return `the record has two rows for the ${twice}`;
  return firstOf(rows, (row) => {
    const who = `the ${row.metric.name} of ${row.revision} on ${row.arm}`;
    if (!programs.some(({ revision }) => revision === row.revision)) return `${who} belongs to no program`;
    if (!Object.hasOwn(record.environments, row.environment))
      return `${who} names an unknown environment ${row.environment}`;
    const { unit, kind } = metrics[row.metric.name];
    if (row.metric.unit !== unit || row.metric.kind !== kind) {
      return `${who} is ${row.metric.kind} in ${row.metric.unit}, not ${kind} in ${unit}`;
    }
    return kind === 'sampled' ? faultOfSamples(row, who) : faultOfExact(row, who);
  });
}

function faultOfExact({ values, metric }: Row, who: string): Fault {
  const [value, ...others] = values;
  if (value !== undefined && others.length === 0 && Number.isInteger(value) && value >= 0) return undefined;
  return `${who} is not one whole number of ${metric.unit}`;
}

function faultOfSamples({ values, rounds, metric, evidence }: Row, who: string): Fault {
  if (values.length === 0 || rounds?.length !== values.length) {
    return `${who} has ${formatCount(values.length)} values for ${formatCount(rounds?.length ?? 0)} rounds`;
  }
  const twice = new Set(rounds).size < rounds.length ? firstTwice([...rounds].sort((a, b) => a - b)) : undefined;
  if (twice !== undefined) return `${who} has two values for round ${twice}`;
  const impossible = values.find((value) => !(value >= shortestNs && value <= longestNs));
  if (impossible !== undefined) return `${who} holds ${impossible} ns, which no invocation takes`;
  if (metric.name === 'time' && Math.min(evidence.invocations, evidence.batches) < values.length) {
    return `${who} has ${formatCount(values.length)} rounds and ${formatCount(evidence.invocations)} checked invocations in ${formatCount(evidence.batches)} batches`;
  }
  return undefined;
}

/**
 * What is held against a limit is in the record, for head and for what its growth is told by. Of all figures only the stack may be
 * one that a kernel does not tell; one that tells it of any program tells it of all.
 */
export function faultOfFigures({ rows }: BenchRecord, { plan, programs }: BenchmarkRecord): Fault {
  const { budgets = {}, growth = {} } = plan.limits;
  const kernel = rows.find(({ benchmark }) => benchmark === plan.name)?.environment;
  const needed = budgetMetrics.flatMap((metric) => {
    if (metric === 'executed-insns') return []; // which may be lacking for a reason of the program's own
    const isTold = rows.some((row) => row.metric.name === metric && row.environment === kernel);
    if (metric === 'stack-bytes' && !isTold) return [];
    const ofHead = budgets[metric] !== undefined || growth[metric] !== undefined;
    const ofBase = growth[metric] !== undefined && programs.some(({ revision }) => revision === 'base');
    return [...(ofHead ? ['head' as const] : []), ...(ofBase ? ['base' as const] : [])].map((revision) => ({
      benchmark: plan.name,
      revision,
      arm: 'kernel' as const,
      metric,
    }));
  });
  const missing = needed.find((key) => rowOf(rows, key) === undefined);
  return missing && `the record has no ${exactNouns[missing.metric]} of ${missing.revision}, which have a limit`;
}
