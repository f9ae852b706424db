/** A record that is as it should be, to be broken in one place. */
import type { ExactMetric } from '../../../src/domain/exact-figures.js';
import type { BenchmarkPlan, MeasurementPlan } from '../../../src/domain/plan.js';
import type { BenchmarkRecord, BenchRecord, BuiltProgram, Row } from '../../../src/domain/record.js';
import { type Arm, type MetricName, metrics, type Revision } from '../../../src/domain/words.js';
import type { Measured } from '../../../src/judge/decide.js';
import { Dice } from './noise.js';

export const measurement: MeasurementPlan = {
  iterations: 1_000_000,
  compareWith: 'syscall',
  timeLimitSeconds: 20,
  seed: 7041,
};

export function planOf(name: string, limits: BenchmarkPlan['limits'] = {}): BenchmarkPlan {
  return {
    name,
    source: `${name}.bpf.c`,
    cflags: [],
    inputs: [
      { name: 'udp', hex: '00'.repeat(64) },
      { name: 'tcp', hex: '01'.repeat(64) },
    ],
    genericInputs: false,
    expect: {},
    limits,
  };
}

export function rowFor(
  benchmark: string,
  arm: Arm,
  values: readonly number[],
  metric: MetricName = 'time',
  revision: Revision = 'head',
): Row {
  return {
    benchmark,
    revision,
    arm,
    environment: 'here',
    metric: metrics[metric],
    values: [...values],
    rounds: values.map((_, round) => round),
    evidence: { invocations: 1_000_000, batches: values.length * 3, retries: 0 },
  };
}

/** What one load tells. */
export function exactRow(benchmark: string, metric: ExactMetric, value: number, revision: Revision = 'head'): Row {
  return {
    benchmark,
    revision,
    arm: 'kernel',
    environment: 'here',
    metric: metrics[metric],
    values: [value],
    evidence: { invocations: 0, batches: 0, retries: 0 },
  };
}

const sha256 = 'ab'.repeat(32);

export function programOf(plan: BenchmarkPlan, revision: Revision = 'head'): BuiltProgram {
  return {
    revision,
    program: plan.name,
    type: 'tc',
    tag: 'a04f5eef06a7f555',
    objectSha256: sha256,
    nativeSha256: sha256,
    proof: {
      inputs: plan.inputs.map(({ name }) => ({
        input: name,
        bytes: 64,
        retval: 2,
        outputBytes: 64,
        outputSha256: sha256,
      })),
      runCount: { asked: 1_000_000, counted: 1_000_000 },
    },
  };
}

/** Times around 76 ns in the kernel and `speedup` times that by system call, which is less noisy. */
export function rowsOf(benchmark: string, speedup: number, rounds: number, seed = 1, kernelSpread = 0.02): Row[] {
  const dice = new Dice(seed);
  const around = (ns: number, spread: number): number[] =>
    Array.from({ length: rounds }, () => ns * Math.exp(spread * dice.normal()));
  return [
    rowFor(benchmark, 'kernel', around(76, kernelSpread)),
    rowFor(benchmark, 'kernel', around(25, 0.01), 'floor'),
    rowFor(benchmark, 'syscall', around(76 * speedup, 0.006)),
    rowFor(benchmark, 'call', around(54, 0.003)),
  ];
}

export function benchmarkOf(plan: BenchmarkPlan, rounds: number): BenchmarkRecord {
  return { plan, programs: [programOf(plan)], rounds, seconds: 1.5 };
}

/** One benchmark per entry: its name, true speedup and limits, measured for 30 rounds. */
export function recordOf(
  entries: readonly { name: string; speedup: number; limits?: BenchmarkPlan['limits'] }[],
  rounds = 30,
): BenchRecord {
  return {
    schema: 'kfaas-bench/record',
    version: 1,
    tool: { version: '1.0.0' },
    createdAt: '2026-01-01T00:00:00Z',
    measurement,
    demo: false,
    environments: {
      here: {
        kernelRelease: '6.18.0',
        architecture: 'x86-64',
        cpuModel: 'CPU',
        cpuCount: 2,
        pinnedCpu: 1,
        clang: '19.1.7',
        libbpf: '1.5.0',
        node: '20.20.0',
        place: 'process',
        jit: true,
        seccomp: false,
      },
    },
    benchmarks: entries.map(({ name, limits }) => benchmarkOf(planOf(name, limits), rounds)),
    rows: entries.flatMap(({ name, speedup }, index) => rowsOf(name, speedup, rounds, index + 1)),
    warnings: [],
  };
}

/** What the worker knows of the first benchmark of a record. */
export function measuredOf(record: BenchRecord, gatesOfJob: number): Measured {
  const [benchmark] = record.benchmarks;
  return {
    plan: benchmark!.plan,
    measurement: record.measurement,
    gatesOfJob,
    rows: record.rows,
    secondsSpent: benchmark!.seconds,
  };
}

/** True times in ns of what stands beside head, which takes 76 ns in the kernel and 684 by system call. */
export interface BaseTimes {
  readonly kernelNs: number;
  readonly syscallNs?: number;
}

/** One benchmark beside its base, which is measured twice. */
export function comparedRecordOf(limits: BenchmarkPlan['limits'], base: BaseTimes, rounds = 30): BenchRecord {
  const record = recordOf([{ name: 'a', speedup: 9, limits }], rounds);
  const { plan, programs } = record.benchmarks[0]!;
  const dice = new Dice(77);
  const around = (ns: number): number[] => Array.from({ length: rounds }, () => ns * Math.exp(0.006 * dice.normal()));
  for (const revision of ['base', 'again'] as const) {
    programs.push(programOf(plan, revision));
    record.rows.push(
      rowFor('a', 'kernel', around(base.kernelNs), 'time', revision),
      rowFor('a', 'syscall', around(base.syscallNs ?? 684), 'time', revision),
    );
  }
  return record;
}
