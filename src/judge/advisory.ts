/**
 * Head beside a saved record. Another machine, or the same one in another hour, is faster or slower by more than any limit
 * (the machine that this was written on has two speeds, a quarter apart), so nothing is judged by it: no outcome, no gate.
 */
import type { BenchRecord, Environment, SavedBenchmark } from '../domain/record.js';
import type { Advisory, Beside, BenchmarkVerdict } from '../domain/verdict.js';
import type { UserArm } from '../domain/words.js';

/** Undefined where there is no saved record, and for a benchmark that has no figures of its own. */
export function advisoryOf(record: BenchRecord, verdict: BenchmarkVerdict): Advisory | undefined {
  const { savedBase } = record;
  if (savedBase === undefined || verdict.outcome === 'untrusted' || verdict.record.failure !== undefined)
    return undefined;
  const saved = savedBase.benchmarks.find(({ name }) => name === verdict.benchmark);
  if (saved === undefined) return { kind: 'none', reason: 'the saved record does not have it' };
  if (saved.kind === 'unusable') return { kind: 'none', reason: saved.reason };
  const rows = record.rows.filter((row) => row.benchmark === verdict.benchmark && row.revision === 'head');
  const here = ownOf(record.environments, rows[0]?.environment);
  const there = ownOf(savedBase.environments, saved.environment);
  return {
    kind: 'figures',
    ...timesBeside(saved, verdict, record.measurement.compareWith),
    figures: saved.figures.flatMap(({ metric, value }) => {
      const now = rows.find((row) => row.metric.kind === 'exact' && row.metric.name === metric)?.values[0];
      return now === undefined ? [] : [{ metric, saved: value, now }];
    }),
    machine: [
      ...(here === undefined || there === undefined ? ['a machine that is not told'] : machineDifferences(there, here)),
      ...(savedBase.tool === record.tool.version ? [] : [`kfaas-bench ${savedBase.tool}, here ${record.tool.version}`]),
    ],
    workload: saved.differs,
  };
}

function ownOf<T>(map: Readonly<Record<string, T>>, key = ''): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

type Measured = Extract<SavedBenchmark, { kind: 'measured' }>;
type Times = Pick<Extract<Advisory, { kind: 'figures' }>, 'kernel' | 'speedup'>;

function timesBeside({ kernelNs, speedup }: Measured, { ladder }: BenchmarkVerdict, compareWith: UserArm): Times {
  const kernel = ladder.find(({ arm }) => arm === 'kernel');
  const user = ladder.find(({ arm }) => arm === compareWith);
  return {
    ...(kernel && kernelNs !== undefined && { kernel: beside(kernelNs, kernel.timeNs.estimate) }),
    ...(user && speedup !== undefined && { speedup: beside(speedup, user.ratioToKernel) }),
  };
}

function beside(saved: number, now: number): Beside {
  return { saved, now, change: now / saved - 1 };
}

/** What times, and the verifier's and the JIT's figures, depend on. */
const differences: readonly { readonly name: string; readonly of: (environment: Environment) => string }[] = [
  { name: 'another CPU', of: ({ cpuModel }) => cpuModel },
  { name: 'another architecture', of: ({ architecture }) => architecture },
  { name: 'another kernel', of: ({ kernelRelease }) => kernelRelease },
  { name: 'another clang', of: ({ clang }) => clang },
  { name: 'another libbpf', of: ({ libbpf }) => libbpf },
  { name: 'its JIT', of: ({ jit }) => (jit ? 'on' : 'off') },
  { name: 'its seccomp filter', of: ({ seccomp }) => (seccomp ? 'on' : 'off') },
];

function machineDifferences(there: Environment, here: Environment): string[] {
  return differences.flatMap(({ name, of }) =>
    of(there) === of(here) ? [] : [`${name} (${of(there)}, here ${of(here)})`],
  );
}
