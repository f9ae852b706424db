/** The slowdowns of a run against their limit, drawn: zero, the limit, the interval. */
import type { BenchmarkVerdict, Interval, SampledGate } from '../domain/verdict.js';
import { formatPercentLimit } from '../units.js';
import { sampledGates } from './base.js';
import { visible } from './escape.js';

/** Characters from zero to the limit; half of that is shown before zero, and as much again beyond the limit. */
const perLimit = 20;
const zeroAt = perLimit / 2;
const limitAt = zeroAt + perLimit;
const width = limitAt + perLimit;
const nameCharacters = 40;

/**
 * Lines of text, one for each benchmark that was held against the base; those of one limit below the line that shows it.
 * What lies beyond the line's ends is an arrow.
 */
export function numberLine(benchmarks: readonly BenchmarkVerdict[]): string[] {
  const drawn = benchmarks.flatMap((benchmark) => {
    const gate = sampledGates(benchmark).find((each) => each.gate === 'max-slowdown');
    const percent = benchmark.record.plan.limits.maxSlowdownPercent;
    return gate === undefined || percent === undefined ? [] : [{ benchmark, name: nameOf(benchmark), percent, gate }];
  });
  const nameWidth = Math.max(0, ...drawn.map(({ name }) => name.length));
  const limits = [...new Set(drawn.map(({ percent }) => percent))];
  return limits.flatMap((limit) => [
    ...axis(limit),
    ...drawn
      .filter(({ percent }) => percent === limit)
      .map(({ benchmark, name, gate }) => {
        const bar = intervalBar(gate.interval, limit / 100).padEnd(width + 1);
        return `  ${bar}  ${name.padEnd(nameWidth)}  ${outcomePhrase(benchmark, gate)}`;
      }),
  ]);
}

/** `pass`; where something else than the time decides, `pass here, fail by verified-insns`. */
function outcomePhrase(benchmark: BenchmarkVerdict, { outcome }: SampledGate): string {
  if (outcome === benchmark.outcome) return outcome;
  const decisive = benchmark.gates.filter((gate) => gate.outcome === benchmark.outcome);
  const names = new Set(decisive.map((gate) => (gate.kind === 'exact' ? gate.metric : gate.gate)));
  return `${outcome} here, ${[benchmark.outcome, ...(names.size === 0 ? [] : ['by', [...names].join(', ')])].join(' ')}`;
}

function nameOf({ benchmark }: BenchmarkVerdict): string {
  const name = visible(benchmark);
  return name.length <= nameCharacters ? name : `${name.slice(0, nameCharacters - 1)}…`;
}

function axis(limitPercent: number): string[] {
  const limit = `limit ${formatPercentLimit(limitPercent)}`;
  const labels = `${' '.repeat(zeroAt)}0 %`.padEnd(limitAt - Math.floor(limit.length / 2)) + limit;
  const line = Array.from({ length: width + 1 }, (_, at) => (at === zeroAt || at === limitAt ? '┼' : '─')).join('');
  return [`  ${labels}`, `  ${line}`];
}

/** @param limit as a share, above 0 */
function intervalBar({ low, estimate, high }: Interval, limit: number): string {
  const placeOf = (change: number): number => zeroAt + Math.round((change / limit) * perLimit);
  const within = (place: number): number => Math.min(width, Math.max(0, place));
  const [from, middle, to] = [placeOf(low), placeOf(estimate), placeOf(high)];
  return Array.from({ length: within(to) + 1 }, (_, at) => {
    if (at < within(from)) return ' ';
    if (at === 0 && from < 0) return '◄';
    if (at === width && to > width) return '►';
    if (at === middle) return '●';
    if (at === from) return '├';
    return at === to ? '┤' : '─';
  }).join('');
}
