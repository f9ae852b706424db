/** Verdicts and records for tests of the reports: valid ones, made of few words. */
import {
  recordVersion,
  type BenchRecord,
  type BenchmarkRecord,
  type BuiltFrom,
  type BuiltProgram,
  type MissingBase,
  type PlanChange,
  type SavedBase,
  type Warning,
} from '../../src/domain/record.js';
import type { Limits } from '../../src/domain/plan.js';
import type {
  Advisory,
  ArmEstimate,
  BenchmarkVerdict,
  ExactFigure,
  GateResult,
  Interval,
  RunVerdict,
} from '../../src/domain/verdict.js';
import { budgetMetrics, type Arm, type Outcome, type Revision } from '../../src/domain/words.js';
import type { Failure } from '../../src/errors.js';
import { judgeBudget, judgeGrowth } from '../../src/judge/budgets.js';

export interface SampleBenchmark {
  readonly name?: string;
  readonly outcome?: Outcome;
  readonly kernelNs?: number;
  readonly speedup?: number;
  readonly threshold?: number;
  readonly failure?: Failure;
  readonly source?: string;
  readonly sentence?: string;
  /** Change of kernel time against the base, held against 5 %. */
  readonly slowdown?: number;
  readonly missingBase?: MissingBase;
  /** True where base and head have the same instructions. */
  readonly unchanged?: boolean;
  readonly figures?: readonly ExactFigure[];
  /** Judged as the judge does; the benchmark's outcome is still the sample's. */
  readonly exactLimits?: Pick<Limits, 'budgets' | 'growth'>;
  readonly advisory?: Advisory;
}

export function interval(estimate: number, halfWidth = estimate * 0.01): Interval {
  return { estimate, low: estimate - halfWidth, high: estimate + halfWidth, confidence: 0.95 };
}

function arm(name: Arm, timeNs: number, kernelNs: number): ArmEstimate {
  return {
    arm: name,
    revision: 'head',
    timeNs: interval(timeNs),
    floorNs: 2.5,
    ratioToKernel: timeNs / kernelNs,
    invocations: 1_000_000,
    layoutSpread: 0.003,
  };
}

function program(revision: Revision, unchanged = revision === 'head'): BuiltProgram {
  const zeros = '0'.repeat(64);
  return {
    revision,
    program: 'fnv1a',
    type: 'tc',
    tag: unchanged ? '0123456789abcdef' : 'fedcba9876543210',
    objectSha256: zeros,
    nativeSha256: zeros,
    proof: {
      inputs: [{ input: 'udp', bytes: 64, retval: 2, outputBytes: 64, outputSha256: zeros }],
      runCount: { asked: 1000, counted: 1000 },
    },
  };
}

function benchmarkRecord(sample: SampleBenchmark): BenchmarkRecord {
  const { name = 'fnv1a', threshold, failure, source = 'bpf/fnv1a.bpf.c', slowdown, missingBase } = sample;
  return {
    plan: {
      name,
      source,
      cflags: [],
      program: 'fnv1a',
      inputs: [{ name: 'udp', hex: 'ab'.repeat(64) }],
      genericInputs: false,
      expect: {},
      limits: {
        ...(threshold === undefined ? {} : { threshold }),
        ...(slowdown === undefined && missingBase === undefined ? {} : { maxSlowdownPercent: 5 }),
        ...sample.exactLimits,
      },
    },
    programs:
      failure !== undefined
        ? []
        : slowdown === undefined
          ? [program('head')]
          : [program('base', sample.unchanged), program('again', sample.unchanged), program('head')],
    rounds: failure === undefined ? 312 : 0,
    seconds: failure === undefined ? 20 : 0,
    ...(failure === undefined ? {} : { failure }),
    ...(missingBase && { missingBase }),
  };
}

function exactGatesOf({ outcome, figures = [], exactLimits: { budgets = {}, growth = {} } = {} }: SampleBenchmark) {
  if (outcome === 'untrusted') return [];
  return budgetMetrics.flatMap((metric) => {
    const figure = figures.find((each) => each.metric === metric);
    const [budget, limit] = [budgets[metric], growth[metric]];
    return [
      ...(budget === undefined ? [] : [judgeBudget(metric, figure?.value, budget)]),
      ...(limit === undefined ? [] : [judgeGrowth(metric, figure?.value, figure?.baseValue, limit)]),
    ];
  });
}

export function sampleBenchmark(sample: SampleBenchmark = {}): BenchmarkVerdict {
  const { name = 'fnv1a', outcome = 'pass', kernelNs = 75.9, speedup = 9.09, threshold, failure } = sample;
  const record = benchmarkRecord(sample);
  const sentence = sample.sentence ?? `the speedup is ${speedup}x`;
  if (failure !== undefined)
    return { benchmark: name, outcome, sentence: failure.message, record, ladder: [], figures: [], gates: [] };
  const speedupInterval = interval(speedup);
  const slowdown = sample.slowdown === undefined ? undefined : interval(sample.slowdown, 0.006);
  const slowdownGate: GateResult[] =
    slowdown === undefined || outcome === 'untrusted'
      ? []
      : [{ kind: 'sampled', gate: 'max-slowdown', outcome, limit: 0.05, interval: slowdown, sentence }];
  const gates: GateResult[] =
    threshold === undefined || outcome === 'untrusted'
      ? []
      : [{ kind: 'sampled', gate: 'threshold', outcome, limit: threshold, interval: speedupInterval, sentence }];
  const exact = exactGatesOf(sample);
  return {
    benchmark: name,
    outcome,
    sentence,
    record,
    figures: outcome === 'untrusted' ? [] : (sample.figures ?? []),
    ladder: [
      arm('kernel', kernelNs, kernelNs),
      arm('call', kernelNs * 0.7, kernelNs),
      arm('syscall', kernelNs * speedup, kernelNs),
      arm('wakeup', kernelNs * 121, kernelNs),
    ],
    speedup: speedupInterval,
    ...(slowdown && { slowdown, sentinel: interval(0.001, 0.004) }),
    gates: [...slowdownGate, ...gates, ...exact],
    ...(sample.advisory && { advisory: sample.advisory }),
  };
}

/** The working directory against a branch. */
export const sampleTrees: readonly BuiltFrom[] = [
  {
    revision: 'base',
    kind: 'commit',
    name: 'main',
    commit: '3f2c1e9'.padEnd(40, '0'),
    dirty: false,
    reason: 'the base is 3f2c1e9, which `base` names main',
  },
  {
    revision: 'head',
    kind: 'folder',
    name: '.',
    commit: 'a'.repeat(40),
    dirty: true,
    reason: 'head is the working directory',
  },
];

export interface SampleRun {
  readonly benchmarks?: readonly SampleBenchmark[];
  readonly failures?: readonly Failure[];
  readonly outcome?: Outcome;
  readonly demo?: boolean;
  readonly warnings?: readonly Warning[];
  readonly builtFrom?: readonly BuiltFrom[];
  readonly changes?: readonly PlanChange[];
  readonly vanished?: readonly string[];
  readonly savedBase?: SavedBase;
  readonly noBase?: string;
}

/** A record of another machine, saved a while ago. */
export const sampleSaved: SavedBase = {
  path: 'old.json',
  tool: '1.0.0',
  createdAt: '2025-12-31T23:59:58Z',
  commit: '3f2c1e9'.padEnd(40, '0'),
  dirty: true,
  environments: {
    there: {
      kernelRelease: '6.1.0',
      architecture: 'x86-64',
      cpuModel: 'Old CPU',
      cpuCount: 2,
      pinnedCpu: 1,
      clang: '19.1.7',
      libbpf: '1.5.0',
      node: '24.1.0',
      place: 'process',
      jit: true,
      seccomp: false,
    },
  },
  benchmarks: [],
};

export const sampleAdvisory: Extract<Advisory, { kind: 'figures' }> = {
  kind: 'figures',
  kernel: { saved: 73.6, now: 75.9, change: 75.9 / 73.6 - 1 },
  speedup: { saved: 9.28, now: 9.09, change: 9.09 / 9.28 - 1 },
  figures: [
    { metric: 'verified-insns', saved: 4000, now: 4012 },
    { metric: 'stack-bytes', saved: 32, now: 32 },
  ],
  machine: ['another CPU (Old CPU, here Some CPU @ 3 GHz)'],
  workload: [],
};

const bySeverity: readonly Outcome[] = ['untrusted', 'fail', 'inconclusive', 'pass'];

export function sampleRun(run: SampleRun = {}): { verdict: RunVerdict; record: BenchRecord } {
  const benchmarks = (run.benchmarks ?? [{}]).map(sampleBenchmark);
  const outcome = run.outcome ?? bySeverity.find((each) => benchmarks.some((one) => one.outcome === each)) ?? 'pass';
  const worst = benchmarks.find((benchmark) => benchmark.outcome === outcome);
  const verdict: RunVerdict = {
    outcome,
    sentence: 'the run in one sentence',
    compareWith: 'syscall',
    benchmarks,
    failures: run.failures ?? [],
    ...(worst === undefined ? {} : { worst: worst.benchmark }),
  };
  const record: BenchRecord = {
    schema: 'kfaas-bench/record',
    version: recordVersion,
    tool: { version: '1.0.0' },
    createdAt: '2026-01-02T03:04:05Z',
    measurement: { iterations: 1_000_000, compareWith: 'syscall', timeLimitSeconds: 20, seed: 7041 },
    demo: run.demo ?? false,
    ...(run.builtFrom && { builtFrom: [...run.builtFrom] }),
    ...(run.changes && { changes: [...run.changes] }),
    ...(run.vanished && { vanished: [...run.vanished] }),
    ...(run.savedBase && { savedBase: run.savedBase }),
    ...(run.noBase === undefined ? {} : { noBase: run.noBase }),
    environments: {
      here: {
        kernelRelease: '6.18.44',
        architecture: 'x86-64',
        cpuModel: 'Some CPU @ 3 GHz',
        cpuCount: 4,
        pinnedCpu: 1,
        clang: '19.1.7',
        libbpf: '1.5.0',
        node: '24.1.0',
        place: 'container',
        jit: true,
        seccomp: false,
      },
    },
    benchmarks: benchmarks.map((benchmark) => benchmark.record),
    rows: [],
    warnings: [...(run.warnings ?? [])],
  };
  return { verdict, record };
}
