/** The judge: a pure function from a record to a verdict. It trusts nothing that the record does not show. */
import type { BenchmarkRecord, BenchRecord } from '../domain/record.js';
import type { BenchmarkVerdict, GateResult, Interval, RunVerdict } from '../domain/verdict.js';
import type { Outcome } from '../domain/words.js';
import type { Failure } from '../errors.js';
import { formatRatio, formatRatioInterval } from '../units.js';
import { advisoryOf } from './advisory.js';
import { exactFiguresOf, judgeExact } from './budgets.js';
import { decide, type Measured } from './decide.js';
import { faultOf } from './faults.js';
import { ladderOf } from './ladder.js';
import { gateCount } from './looks.js';
import { measurementOf } from './measurement.js';
import { unjudgedLimits } from './unjudged.js';

/** Best to worst: a run is as bad as the worst of its benchmarks. */
const severity: readonly Outcome[] = ['pass', 'inconclusive', 'fail', 'untrusted'];

function worstOf(outcomes: readonly Outcome[]): Outcome | undefined {
  return severity.findLast((outcome) => outcomes.includes(outcome));
}

/** A benchmark that could not be built is the change's fault; one that this machine could not run says nothing of it. */
const outcomeOfFailure: { readonly [K in Failure['kind']]: Outcome } = {
  build: 'fail',
  verifier: 'fail',
  proof: 'untrusted',
  usage: 'inconclusive',
  environment: 'inconclusive',
  internal: 'inconclusive',
};

/**
 * @param record valid by its schema; believed no further than it proves
 * @param failures of the job as a whole, which belong to no benchmark
 */
export function judgeRecord(record: BenchRecord, failures: readonly Failure[] = []): RunVerdict {
  const benchmarks = record.benchmarks.map((benchmark) => withAdvisory(record, judgeBenchmark(record, benchmark)));
  const outcome = worstOf([
    ...benchmarks.map((benchmark) => benchmark.outcome),
    ...failures.map(({ kind }) => outcomeOfFailure[kind]),
  ]);
  const worst = worstBenchmark(benchmarks);
  return {
    outcome: outcome ?? 'untrusted',
    sentence: sentenceOf(benchmarks, failures, worst),
    compareWith: record.measurement.compareWith,
    benchmarks,
    ...(worst === undefined ? {} : { worst: worst.benchmark }),
    failures,
  };
}

/** What is told beside the verdict, after it has fallen. */
function withAdvisory(record: BenchRecord, verdict: BenchmarkVerdict): BenchmarkVerdict {
  const advisory = advisoryOf(record, verdict);
  return advisory === undefined ? verdict : { ...verdict, advisory };
}

function judgeBenchmark(record: BenchRecord, benchmark: BenchmarkRecord): BenchmarkVerdict {
  const unmeasured = { benchmark: benchmark.plan.name, record: benchmark, ladder: [], figures: [], gates: [] };
  const { failure } = benchmark;
  if (failure !== undefined)
    return { ...unmeasured, outcome: outcomeOfFailure[failure.kind], sentence: failure.message };
  const measured: Measured = {
    plan: benchmark.plan,
    measurement: measurementOf(benchmark.plan, record.measurement),
    gatesOfJob: gateCount(record.benchmarks.map(({ plan }) => plan)),
    rows: record.rows,
    secondsSpent: benchmark.seconds,
    ...(benchmark.extent && { extent: benchmark.extent }),
  };
  const fault = faultOf(record, benchmark, measured);
  if (fault !== undefined) return { ...unmeasured, outcome: 'untrusted', sentence: fault };
  const decision = decide(measured);
  const gates = [...decision.gates, ...judgeExact(measured, benchmark.programs)];
  return {
    ...unmeasured,
    ladder: ladderOf(measured, decision.level),
    ...(decision.speedup && { speedup: decision.speedup }),
    ...(decision.slowdown && { slowdown: decision.slowdown }),
    ...(decision.sentinel && { sentinel: decision.sentinel }),
    figures: exactFiguresOf(measured),
    gates,
    ...outcomeAndSentence(gates, decision.speedup, benchmark, record.measurement.compareWith),
  };
}

function outcomeAndSentence(
  gates: readonly GateResult[],
  speedup: Interval | undefined,
  benchmark: BenchmarkRecord,
  compareWith: string,
): Pick<BenchmarkVerdict, 'outcome' | 'sentence'> {
  const unjudged = unjudgedLimits(benchmark).map((sentence) => ({ outcome: 'inconclusive' as const, sentence }));
  const found = [...gates, ...unjudged];
  const outcome = worstOf(found.map((each) => each.outcome)) ?? 'pass';
  const [first, ...others] = found.filter((each) => each.outcome === outcome).map(({ sentence }) => sentence);
  if (first !== undefined) return { outcome, sentence: outcome === 'pass' ? first : [first, ...others].join('; ') };
  const { extent, missingBase } = benchmark;
  if (extent?.covers === 'nothing') return { outcome, sentence: extent.reason };
  const why = missingBase === undefined ? 'no limit is set' : 'there is no base to hold it against';
  if (extent?.covers === 'figures') return { outcome, sentence: `not timed: ${extent.reason}; ${why}` };
  if (speedup === undefined) return { outcome, sentence: why };
  const figure = `${formatRatio(speedup.estimate)} ${formatRatioInterval(speedup.low, speedup.high)}`;
  return { outcome, sentence: `speedup ${figure} over ${compareWith}; ${why}` };
}

/** No times where there should be some come before times, and those before none where none can be. */
function timesOf({ ladder, record: { extent } }: BenchmarkVerdict): number {
  if (ladder.length > 0) return 1;
  return extent === undefined ? 0 : 2;
}

/**
 * The worst outcome first; among equals one without times, then the largest slowdown, then the smallest speedup, then the
 * order of the plan.
 */
function worstBenchmark(benchmarks: readonly BenchmarkVerdict[]): BenchmarkVerdict | undefined {
  return [...benchmarks].sort(
    (a, b) =>
      severity.indexOf(b.outcome) - severity.indexOf(a.outcome) ||
      timesOf(a) - timesOf(b) ||
      (b.slowdown?.estimate ?? -1) - (a.slowdown?.estimate ?? -1) ||
      (a.speedup?.estimate ?? Number.MAX_VALUE) - (b.speedup?.estimate ?? Number.MAX_VALUE),
  )[0];
}

/** What became of those that ended like the worst one. */
const phrases: { readonly [O in Exclude<Outcome, 'pass'>]: (count: number) => string } = {
  inconclusive: (count) => (count === 1 ? 'is undecided' : 'are undecided'),
  fail: (count) => (count === 1 ? 'fails' : 'fail'),
  untrusted: (count) => (count === 1 ? 'is not proven' : 'are not proven'),
};

/** `2 of 4 benchmarks pass, 1 not loaded here, 1 not gated`: only what was held against a limit has passed it. */
function passPhrase(benchmarks: readonly BenchmarkVerdict[]): string {
  const unloaded = benchmarks.filter(({ record }) => record.extent?.covers === 'nothing').length;
  const gated = benchmarks.filter(({ gates }) => gates.length > 0).length;
  const all = benchmarks.length;
  const ungated = all - gated - unloaded;
  const told = unloaded === 0 ? [] : [`${unloaded} not loaded here`];
  if (gated === 0) return [`none of ${all} benchmarks is gated`, ...told].join(', ');
  const passed =
    gated === all ? `all ${all} benchmarks pass` : `${gated} of ${all} benchmarks ${gated === 1 ? 'passes' : 'pass'}`;
  return [passed, ...told, ...(ungated === 0 ? [] : [`${ungated} not gated`])].join(', ');
}

function countPhrase(benchmarks: readonly BenchmarkVerdict[], worst: Outcome): string {
  if (worst === 'pass') return passPhrase(benchmarks);
  const count = benchmarks.filter(({ outcome }) => outcome === worst).length;
  return `${count} of ${benchmarks.length} benchmarks ${phrases[worst](count)}`;
}

function sentenceOf(
  benchmarks: readonly BenchmarkVerdict[],
  failures: readonly Failure[],
  worst: BenchmarkVerdict | undefined,
): string {
  const gravest = failures.toSorted(
    (a, b) => severity.indexOf(outcomeOfFailure[b.kind]) - severity.indexOf(outcomeOfFailure[a.kind]),
  )[0];
  const failureWeighs =
    gravest !== undefined &&
    severity.indexOf(outcomeOfFailure[gravest.kind]) >= severity.indexOf(worst?.outcome ?? 'pass');
  if (failureWeighs) return gravest.message;
  if (worst === undefined) return 'the record holds no benchmark, so nothing was proven';
  const counted = benchmarks.length === 1 ? [] : [countPhrase(benchmarks, worst.outcome)];
  return [...counted, `${worst.benchmark}: ${worst.sentence}`].join('; ');
}
