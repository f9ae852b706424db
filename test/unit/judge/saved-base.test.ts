/** Head beside a saved record: what is read out of it, what is told of it, and that nothing is judged by it. */
import { describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import type { Advisory } from '../../../src/domain/verdict.js';
import { metrics } from '../../../src/domain/words.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { savedBaseOf } from '../../../src/judge/saved-base.js';
import { recordOf, rowFor } from './sample.js';

const commit = '3f2c1e9'.padEnd(40, '0');

/** A record whose `a` is `speedup` times faster in the kernel, with so many verified instructions. */
function measured(speedup: number, verifiedInsns: number): BenchRecord {
  const record = recordOf([{ name: 'a', speedup, limits: { threshold: 5 } }]);
  const exact = { ...rowFor('a', 'kernel', [verifiedInsns], 'verified-insns'), metric: metrics['verified-insns'] };
  record.rows.push({ ...exact, rounds: undefined });
  return record;
}

function beside(here: BenchRecord, saved: BenchRecord): BenchRecord {
  const record = { ...here, savedBase: savedBaseOf('old.json', saved, here) };
  expect(recordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(JSON.parse(JSON.stringify(record)));
  return record;
}

function advisoryOf(record: BenchRecord): Advisory | undefined {
  return judgeRecord(record).benchmarks[0]!.advisory;
}

function figuresOf(record: BenchRecord) {
  const advisory = advisoryOf(record);
  if (advisory?.kind !== 'figures') throw new Error('no figures');
  return advisory;
}

describe('a saved record', () => {
  it('is told with its date, commit and machine', () => {
    const head = { revision: 'head', kind: 'folder', name: '.', commit, dirty: true, reason: 'it is here' } as const;
    const saved = { ...measured(9, 400), builtFrom: [head], createdAt: '2025-12-31T23:59:00Z' };
    const { savedBase } = beside(measured(9, 400), saved);
    expect(savedBase).toMatchObject({
      path: 'old.json',
      tool: '1.0.0',
      createdAt: saved.createdAt,
      commit,
      dirty: true,
    });
    expect(savedBase!.environments).toEqual(saved.environments);
  });

  it('gives the figures that our own judge makes of it', () => {
    const saved = measured(9, 400);
    const [theirs] = judgeRecord(saved).benchmarks;
    const [mine] = beside(measured(4.5, 412), saved).savedBase!.benchmarks;
    expect(mine).toEqual({
      kind: 'measured',
      name: 'a',
      environment: 'here',
      kernelNs: theirs!.ladder[0]!.timeNs.estimate,
      speedup: theirs!.speedup!.estimate,
      figures: [{ metric: 'verified-insns', value: 400 }],
      differs: [],
    });
  });

  it('gives the speedup over the arm that is compared with here', () => {
    const here = measured(9, 412);
    here.measurement = { ...here.measurement, compareWith: 'call' };
    const { speedup } = figuresOf(beside(here, measured(9, 400)));
    expect(speedup!.saved).toBeCloseTo(54 / 76, 1);
    expect(speedup!.change).toBeCloseTo(0, 1);
  });

  it('gives of several benchmarks each its own, and of its machines those that are of use here', () => {
    const saved = recordOf([
      { name: 'a', speedup: 9 },
      { name: 'b', speedup: 9 },
    ]);
    for (const [name, insns] of [
      ['b', 500],
      ['a', 400],
    ] as const) {
      const row = { ...rowFor(name, 'kernel', [insns], 'verified-insns'), environment: `of ${name}` };
      saved.environments[row.environment] = saved.environments['here']!;
      saved.rows.unshift({ ...row, rounds: undefined });
    }
    for (const row of saved.rows) row.environment = `of ${row.benchmark}`;
    for (const benchmark of saved.benchmarks) benchmark.seconds = 2;
    const { savedBase } = beside(measured(9, 412), saved);
    expect(savedBase!.benchmarks).toMatchObject([{ name: 'a', figures: [{ metric: 'verified-insns', value: 400 }] }]);
    expect(Object.keys(savedBase!.environments)).toEqual(['of a']);
  });

  it('that is not proven gives that and no figure', () => {
    const saved = measured(9, 400);
    saved.benchmarks[0]!.programs[0]!.proof!.runCount.counted -= 1;
    expect(advisoryOf(beside(measured(9, 400), saved))).toEqual({
      kind: 'none',
      reason: expect.stringMatching(/^it is not proven there: .* the kernel counted /) as string,
    });
  });

  it('that failed, or that lacks the benchmark, says so', () => {
    const failed = measured(9, 400);
    failed.benchmarks[0]!.failure = { kind: 'build', message: 'no semicolon', remedy: 'add one' };
    expect(advisoryOf(beside(measured(9, 400), failed))).toEqual({
      kind: 'none',
      reason: 'it failed there: no semicolon',
    });
    expect(advisoryOf(beside(measured(9, 400), recordOf([{ name: 'b', speedup: 9 }])))).toEqual({
      kind: 'none',
      reason: 'the saved record does not have it',
    });
  });
});

describe('beside it', () => {
  it('times and exact figures are told as changes', () => {
    const { kernel, speedup, figures, machine, workload } = figuresOf(beside(measured(4.5, 412), measured(9, 400)));
    expect(kernel!.change).toBeCloseTo(0, 1);
    expect(speedup!.change).toBeCloseTo(-0.5, 1);
    expect(kernel!.change).toBe(kernel!.now / kernel!.saved - 1);
    expect(figures).toEqual([{ metric: 'verified-insns', saved: 400, now: 412 }]);
    expect([machine, workload]).toEqual([[], []]);
  });

  it('what is otherwise on its machine, and of its benchmark, is named', () => {
    const saved = measured(9, 400);
    saved.environments['here'] = { ...saved.environments['here']!, cpuModel: 'Old', kernelRelease: '6.1', jit: false };
    saved.benchmarks[0]!.plan = { ...saved.benchmarks[0]!.plan, cflags: ['-DX'] };
    const { machine, workload } = figuresOf(beside(measured(9, 400), { ...saved, tool: { version: '0.9.0' } }));
    expect(machine).toEqual([
      'another CPU (Old, here CPU)',
      'another kernel (6.1, here 6.18.0)',
      'its JIT (off, here on)',
      'kfaas-bench 0.9.0, here 1.0.0',
    ]);
    expect(workload).toEqual(['cflags `-DX` removed']);
  });

  it.each([
    ['cpuModel', 'Old', 'another CPU (Old, here CPU)'],
    ['architecture', 'aarch64', /^another architecture \(aarch64, here /],
    ['kernelRelease', '6.1', /^another kernel \(6\.1, here /],
    ['clang', 'clang 14', /^another clang \(clang 14, here /],
    ['libbpf', '0.8', /^another libbpf \(0\.8, here /],
    ['jit', false, 'its JIT (off, here on)'],
    ['seccomp', true, 'its seccomp filter (on, here off)'],
  ] as const)('another %s is named', (field, there, said) => {
    const saved = measured(9, 400);
    saved.environments['here'] = { ...saved.environments['here']!, [field]: there };
    const { machine } = figuresOf(beside(measured(9, 400), saved));
    expect(machine).toEqual([typeof said === 'string' ? said : (expect.stringMatching(said) as string)]);
  });

  it('head that failed has no figure to show', () => {
    const here = measured(9, 400);
    here.benchmarks[0]!.failure = { kind: 'build', message: 'no semicolon', remedy: 'add one' };
    expect(advisoryOf(beside(here, measured(9, 400)))).toBeUndefined();
  });

  it('nothing is judged: every verdict is the same without it', () => {
    for (const speedup of [3, 5, 9]) {
      const here = measured(speedup, 412);
      const alone = judgeRecord(here);
      for (const saved of [measured(0.1, 1), measured(1000, 1_000_000)]) {
        const verdict = judgeRecord(beside(here, saved));
        const benchmarks = verdict.benchmarks.map((benchmark) => ({ ...benchmark, advisory: undefined }));
        expect({ ...verdict, benchmarks }).toEqual(alone);
      }
    }
  });

  it('head without a proof has no figure to show', () => {
    const here = measured(9, 400);
    const record = beside(here, measured(9, 400));
    delete record.benchmarks[0]!.programs[0]!.proof;
    expect(judgeRecord(record).outcome).toBe('untrusted');
    expect(advisoryOf(record)).toBeUndefined();
  });
});

it('an invented one breaks nothing', () => {
  const record = beside(measured(9, 400), measured(9, 400));
  const [benchmark] = record.savedBase!.benchmarks;
  record.savedBase = {
    ...record.savedBase!,
    environments: {},
    benchmarks: [
      { ...(benchmark as { kind: 'measured' } & typeof benchmark), environment: '__proto__', kernelNs: 1e-3 },
    ],
  };
  expect(figuresOf(record)).toMatchObject({ machine: ['a machine that is not told'] });
  const plausible = (kernelNs: number) =>
    recordSchema.safeParse({
      ...record,
      savedBase: { ...record.savedBase!, benchmarks: [{ ...benchmark, kernelNs }] },
    }).success;
  expect([1e-3, 76, 0, -1, 1e-300, 1e300].map(plausible)).toEqual([true, true, false, false, false, false]);
});
