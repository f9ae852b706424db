/** The first line that a reader sees: what happened, and to which benchmark. Markdown, escaped. */
import { formatExact, formatGrowthLimit } from '../domain/exact-figures.js';
import type { BenchRecord } from '../domain/record.js';
import type { BenchmarkVerdict, ExactGate, RunVerdict, SampledGate } from '../domain/verdict.js';
import type { Outcome } from '../domain/words.js';
import type { Failure } from '../errors.js';
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatPercentLimit,
  formatRatio,
  formatRatioInterval,
  formatRatioLimit,
  formatShare,
} from '../units.js';
import { decidingGate } from './base.js';
import { code, quoting, shorten, visible } from './escape.js';
import { discoveredPhrase, kernelTime } from './extent.js';

/** Longer names are cut: a title is one line, and a row of a table as well. */
const nameCharacters = 120;
const messageCharacters = 240;

export const outcomeIcons: { readonly [O in Outcome]: string } = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
  untrusted: '⛔',
};
/** For a benchmark that its base does not have, and that nothing else is held against. */
const newIcon = '🆕';
/** For a figure that nothing was held against; never a green tick. */
export const ungatedIcon = 'ℹ️';
const unmeasuredIcon = '⚠️';

export function nameCode(name: string): string {
  return code(shorten(visible(name), nameCharacters));
}

export function isGated(benchmark: BenchmarkVerdict): boolean {
  return benchmark.gates.length > 0 || benchmark.record.failure !== undefined;
}

/** Not the program's doing: what was asked for is wrong, or this machine cannot do it. */
function isUnmeasured({ record: { failure } }: BenchmarkVerdict): boolean {
  return failure !== undefined && ['usage', 'environment', 'internal'].includes(failure.kind);
}

export function iconOf(benchmark: BenchmarkVerdict): string {
  if (benchmark.record.extent?.covers === 'nothing') return unmeasuredIcon;
  if (isUnmeasured(benchmark)) return unmeasuredIcon;
  if (benchmark.outcome !== 'pass' || isGated(benchmark)) return outcomeIcons[benchmark.outcome];
  return benchmark.record.missingBase?.reason === 'new' ? newIcon : ungatedIcon;
}

/** `9.09x faster in the kernel than by `syscall``; a ratio of at least one, whichever side is ahead. */
function speedupPhrase(speedup: number, compareWith: string): string {
  const [ratio, word] = speedup >= 1 ? [speedup, 'faster'] : [1 / speedup, 'slower'];
  return `${formatRatio(ratio)} ${word} in the kernel than by ${code(compareWith)}`;
}

function failurePhrase(name: string, { kind, message }: Failure): string {
  switch (kind) {
    case 'build':
      return `${nameCode(name)} does not compile`;
    case 'verifier':
      return `the kernel's verifier rejects ${nameCode(name)}`;
    case 'proof':
      return `${nameCode(name)} is not proven: ${quoting(shorten(message, messageCharacters))}`;
    case 'usage':
    case 'environment':
    case 'internal':
      return `${nameCode(name)} was not measured: ${quoting(shorten(message, messageCharacters))}`;
  }
}

function withoutSpeedup(benchmark: BenchmarkVerdict): string {
  const { outcome, sentence, ladder, record } = benchmark;
  if (outcome === 'inconclusive') return `is undecided: ${quoting(shorten(sentence, messageCharacters))}`;
  if (record.extent?.covers === 'nothing') return `is not measured: ${quoting(shorten(sentence, messageCharacters))}`;
  return ladder.length > 0 ? `takes ${kernelTime(benchmark)} in the kernel` : 'is not timed';
}

function figurePhrase(benchmark: BenchmarkVerdict, compareWith: string): string {
  const { speedup, record } = benchmark;
  if (speedup === undefined) return `${nameCode(benchmark.benchmark)} ${withoutSpeedup(benchmark)}`;
  const { threshold } = record.plan.limits;
  const limit = threshold === undefined ? [] : [`threshold ${formatRatioLimit(threshold)}`];
  if (benchmark.outcome === 'inconclusive') {
    const interval = `${formatRatio(speedup.estimate)} ${formatRatioInterval(speedup.low, speedup.high)}`;
    return [`${nameCode(benchmark.benchmark)} is undecided: ${interval}`, ...limit].join(', ');
  }
  const figure = `${nameCode(benchmark.benchmark)} is ${speedupPhrase(speedup.estimate, compareWith)}`;
  return limit.length === 0 ? figure : `${figure} (${limit.join()})`;
}

/** `6.8 % slower in the kernel than its base (limit 5 %)` and what else a limit against the base has to say. */
function againstBasePhrase(benchmark: BenchmarkVerdict, { gate, outcome, interval, limit }: SampledGate): string {
  const name = nameCode(benchmark.benchmark);
  const limitPhrase = `limit ${formatPercentLimit(Number((Math.abs(limit) * 100).toPrecision(12)))}`;
  const what = gate === 'max-slowdown' ? 'kernel time' : 'speedup';
  const figure = `${what} ${formatChange(interval.estimate)} ${formatChangeInterval(interval.low, interval.high)}`;
  if (outcome === 'inconclusive') return `${name} is undecided: ${figure} against its base, ${limitPhrase}`;
  if (outcome === 'pass') return `${name}: ${figure} against its base (${limitPhrase})`;
  const share = formatShare(Math.abs(interval.estimate));
  return gate === 'max-slowdown'
    ? `${name} is ${share} slower in the kernel than its base (${limitPhrase})`
    : `${name} has lost ${share} of its speedup over its base (${limitPhrase})`;
}

/** `needs 1,204 verified instructions (budget 1,000)`, `has grown from 980 to 1,204 verified instructions (+22.9 %, limit 10 %)`. */
function exactPhrase({ benchmark, record }: BenchmarkVerdict, gate: ExactGate): string {
  const name = nameCode(benchmark);
  const { metric, value, baseValue, limit, outcome, sentence } = gate;
  const growth = record.plan.limits.growth?.[metric];
  if (outcome === 'inconclusive') return `${name} is undecided: ${sentence}`;
  if (gate.gate === 'budget' && value !== undefined) {
    return `${name} needs ${formatExact(metric, value)} (budget ${formatCount(limit)})`;
  }
  if (outcome === 'fail' && growth !== undefined && value !== undefined && baseValue !== undefined) {
    const share = baseValue === 0 ? [] : [formatChange(value / baseValue - 1)];
    const grown = [...share, `limit ${formatGrowthLimit(growth)}`].join(', ');
    const where = gate.input === undefined ? '' : ` on input ${nameCode(gate.input)}`;
    return `${name} has grown from ${formatCount(baseValue)} to ${formatExact(metric, value)}${where} (${grown})`;
  }
  return `${name}: ${sentence}`;
}

function benchmarkPhrase(benchmark: BenchmarkVerdict, compareWith: string): string {
  const { failure } = benchmark.record;
  if (failure !== undefined) return failurePhrase(benchmark.benchmark, failure);
  if (benchmark.outcome === 'untrusted') {
    return `${nameCode(benchmark.benchmark)} is not proven: ${quoting(shorten(benchmark.sentence, messageCharacters))}`;
  }
  const gate = decidingGate(benchmark);
  if (gate?.kind === 'exact') return exactPhrase(benchmark, gate);
  return gate === undefined || gate.gate === 'threshold'
    ? figurePhrase(benchmark, compareWith)
    : againstBasePhrase(benchmark, gate);
}

/** How many besides the worst had the same bad end. */
function alike(verdict: RunVerdict, worst: BenchmarkVerdict): string {
  const others = verdict.benchmarks.filter((other) => other !== worst && other.outcome === worst.outcome).length;
  const words = { fail: 'fail', inconclusive: 'are undecided', untrusted: 'are not proven', pass: '' };
  return others === 0 ? '' : `, and ${others} more ${words[worst.outcome]}`;
}

function passHeadline(verdict: RunVerdict, worst: BenchmarkVerdict): string {
  const gated = verdict.benchmarks.filter(isGated).length;
  const all = verdict.benchmarks.length;
  const discovered = discoveredPhrase(verdict);
  if (discovered !== '') {
    return gated === 0
      ? `${ungatedIcon} Nothing is gated: ${discovered}`
      : `${outcomeIcons.pass} ${discovered}, no limit exceeded`;
  }
  const phrase = benchmarkPhrase(worst, verdict.compareWith);
  if (gated === 0) return `${ungatedIcon} Nothing is gated: ${phrase}`;
  if (all === 1) return `${outcomeIcons.pass} ${phrase}`;
  const some = gated === 1 ? 'is gated, and passes' : 'are gated, and pass';
  const count = gated === all ? `All ${all} benchmarks pass` : `${gated} of ${all} benchmarks ${some}`;
  return `${outcomeIcons.pass} ${count}; the closest: ${phrase}`;
}

export function failureHeadline(message: string, nothing = true): string {
  return `${unmeasuredIcon} ${nothing ? 'Nothing' : 'Not everything'} was measured: ${quoting(shorten(message, messageCharacters))}`;
}

export function headline(verdict: RunVerdict, record: BenchRecord): string {
  const worst = verdict.benchmarks.find(({ benchmark }) => benchmark === verdict.worst);
  const failure = verdict.failures[0];
  if (worst === undefined || (failure !== undefined && worst.outcome !== 'untrusted')) {
    const nothing = verdict.benchmarks.every(({ ladder }) => ladder.length === 0);
    return failureHeadline(failure?.message ?? verdict.sentence, nothing);
  }
  if (verdict.outcome !== 'pass') {
    return `${iconOf(worst)} ${benchmarkPhrase(worst, verdict.compareWith)}${alike(verdict, worst)}`;
  }
  const passed = passHeadline(verdict, worst);
  return record.demo ? passed.replace(outcomeIcons.pass, ungatedIcon) : passed;
}
