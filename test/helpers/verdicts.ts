/** Verdicts and records for tests of the reports: valid ones, made of few words. */
import { recordVersion, type BenchRecord, type BenchmarkRecord, type Warning } from '../../src/domain/record.js';
import type { ArmEstimate, BenchmarkVerdict, GateResult, Interval, RunVerdict } from '../../src/domain/verdict.js';
import type { Arm, Outcome } from '../../src/domain/words.js';
import type { Failure } from '../../src/errors.js';

export interface SampleBenchmark {
  readonly name?: string;
  readonly outcome?: Outcome;
  readonly kernelNs?: number;
  readonly speedup?: number;
  readonly threshold?: number;
  readonly failure?: Failure;
  readonly source?: string;
  readonly sentence?: string;
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

function benchmarkRecord(sample: SampleBenchmark): BenchmarkRecord {
  const { name = 'fnv1a', threshold, failure, source = 'bpf/fnv1a.bpf.c' } = sample;
  const zeros = '0'.repeat(64);
  return {
    plan: {
      name,
      source,
      cflags: [],
      program: 'fnv1a',
      inputs: [{ name: 'udp', hex: 'ab'.repeat(64) }],
      genericInputs: false,
      expect: {},
      limits: threshold === undefined ? {} : { threshold },
    },
    programs:
      failure === undefined
        ? [
            {
              revision: 'head',
              program: 'fnv1a',
              type: 'tc',
              tag: '0123456789abcdef',
              objectSha256: zeros,
              nativeSha256: zeros,
              proof: {
                inputs: [{ input: 'udp', bytes: 64, retval: 2, outputBytes: 64, outputSha256: zeros }],
                runCount: { asked: 1000, counted: 1000 },
              },
            },
          ]
        : [],
    rounds: failure === undefined ? 312 : 0,
    seconds: failure === undefined ? 20 : 0,
    ...(failure === undefined ? {} : { failure }),
  };
}

export function sampleBenchmark(sample: SampleBenchmark = {}): BenchmarkVerdict {
  const { name = 'fnv1a', outcome = 'pass', kernelNs = 75.9, speedup = 9.09, threshold, failure } = sample;
  const record = benchmarkRecord(sample);
  const sentence = sample.sentence ?? `the speedup is ${speedup}x`;
  if (failure !== undefined)
    return { benchmark: name, outcome, sentence: failure.message, record, ladder: [], gates: [] };
  const speedupInterval = interval(speedup);
  const gates: GateResult[] =
    threshold === undefined || outcome === 'untrusted'
      ? []
      : [{ gate: 'threshold', outcome, limit: threshold, interval: speedupInterval, sentence }];
  return {
    benchmark: name,
    outcome,
    sentence,
    record,
    ladder: [
      arm('kernel', kernelNs, kernelNs),
      arm('call', kernelNs * 0.7, kernelNs),
      arm('syscall', kernelNs * speedup, kernelNs),
      arm('wakeup', kernelNs * 121, kernelNs),
    ],
    speedup: speedupInterval,
    gates,
  };
}

export interface SampleRun {
  readonly benchmarks?: readonly SampleBenchmark[];
  readonly failures?: readonly Failure[];
  readonly outcome?: Outcome;
  readonly demo?: boolean;
  readonly warnings?: readonly Warning[];
}

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
