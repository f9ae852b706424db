import { describe, expect, it } from 'vitest';
import { planChanges, vanishedNames, workloadDifferences } from '../../../src/domain/plan-changes.js';
import type { BenchmarkPlan, Limits, Plan } from '../../../src/domain/plan.js';

function benchmark(parts: Partial<BenchmarkPlan> = {}): BenchmarkPlan {
  return {
    name: 'a',
    source: 'a.bpf.c',
    cflags: [],
    inputs: [{ name: 'udp.bin', hex: '00' }],
    genericInputs: false,
    expect: {},
    limits: {},
    ...parts,
  };
}

function plan(...benchmarks: BenchmarkPlan[]): Plan {
  return {
    benchmarks,
    measurement: { iterations: 1, compareWith: 'syscall', timeLimitSeconds: 20, seed: 1 },
    demo: false,
  };
}

/** The clauses, those that ask for less with an exclamation mark. */
function told(before: Partial<BenchmarkPlan>, now: Partial<BenchmarkPlan>): string[] {
  const changes = planChanges(plan(benchmark(before)), plan(benchmark(now)));
  for (const { benchmark } of changes) expect(benchmark).toBe('a');
  return changes.map(({ what, loosened }) => `${what}${loosened ? '!' : ''}`);
}

it('says nothing of two plans alike', () => {
  expect(told({ limits: { threshold: 5 } }, { limits: { threshold: 5 } })).toEqual([]);
});

describe('limits', () => {
  it.each<[Limits, Limits, string]>([
    [{ threshold: 5 }, { threshold: 4 }, 'threshold 5x → 4x!'],
    [{ threshold: 4 }, { threshold: 5 }, 'threshold 4x → 5x'],
    [{ threshold: 5 }, {}, 'threshold 5x removed!'],
    [{}, { threshold: 5 }, 'threshold 5x added'],
    [{ maxSlowdownPercent: 5 }, { maxSlowdownPercent: 10 }, 'max-slowdown 5 % → 10 %!'],
    [{ maxSlowdownPercent: 5 }, { maxSlowdownPercent: 2.5 }, 'max-slowdown 5 % → 2.5 %'],
    [{ maxSpeedupLossPercent: 5 }, {}, 'max-speedup-loss 5 % removed!'],
    [
      { budgets: { 'verified-insns': 4000 } },
      { budgets: { 'verified-insns': 5000 } },
      'budget of verified-insns 4,000 → 5,000!',
    ],
    [{ budgets: { 'stack-bytes': 256 } }, { budgets: {} }, 'budget of stack-bytes 256 removed!'],
    [{}, { budgets: { 'stack-bytes': 0 } }, 'budget of stack-bytes 0 added'],
    [
      { growth: { 'jited-bytes': { percent: 10, slack: 32 } } },
      { growth: { 'jited-bytes': { percent: 5, slack: 64 } } },
      'growth of jited-bytes 10 % or 32 → 5 % or 64!',
    ],
    [
      { growth: { 'jited-bytes': { percent: 10 } } },
      { growth: { 'jited-bytes': { percent: 0 } } },
      'growth of jited-bytes 10 % → 0 %',
    ],
  ])('%j → %j', (before, now, clause) => {
    expect(told({ limits: before }, { limits: now })).toEqual([clause]);
  });

  it('are told one by one, and before anything else', () => {
    expect(
      told({ limits: { threshold: 5, maxSlowdownPercent: 3 }, program: 'p' }, { limits: { maxSlowdownPercent: 5 } }),
    ).toEqual(['threshold 5x removed!', 'max-slowdown 3 % → 5 %!', 'program `p` removed']);
  });
});

describe('what is expected', () => {
  it.each<[number | undefined, number | undefined, string]>([
    [2, undefined, 'expected return value 2 removed!'],
    [undefined, 0, 'expected return value 0 added'],
    [2, 3, 'expected return value 2 → 3'],
  ])('%s → %s', (before, now, clause) => {
    const expected = (retval: number | undefined) => ({ expect: retval === undefined ? {} : { retval } });
    expect(told(expected(before), expected(now))).toEqual([clause]);
  });
});

it("tells another place of the base's object, which is no other workload", () => {
  const at = (base?: string) => ({ object: base === undefined ? {} : { base } });
  expect(told(at('old/a.o'), at('base/a.o'))).toEqual(['base-object `old/a.o` → `base/a.o`']);
  expect(told(at(), at('base/a.o'))).toEqual(['base-object `base/a.o` added']);
  expect(told(at('old/a.o'), at())).toEqual(['base-object `old/a.o` removed']);
  expect(workloadDifferences(benchmark(at('old/a.o')), benchmark(at('base/a.o')))).toEqual([]);
});

describe('inputs', () => {
  const inputs = (...names: string[]) => names.map((name) => ({ name, hex: '00' }));

  it('are told apart by name and bytes, in whatever order', () => {
    const before = [...inputs('gone', 'same'), { name: 'udp.bin', hex: '01' }];
    const now = [{ name: 'udp.bin', hex: '02' }, ...inputs('same', 'fresh')];
    expect(told({ inputs: before }, { inputs: now })).toEqual([
      'input `fresh` added',
      'input `gone` removed',
      'input `udp.bin` changed',
    ]);
    expect(told({ inputs: inputs('x', 'y') }, { inputs: inputs('y', 'x') })).toEqual([]);
  });

  it('are told of maps, by the maps', () => {
    const element = (value: string) => [{ key: { hex: '01' }, value: { hex: value } }];
    const maps = (value: string) => [
      { map: 'same', elements: element('00') },
      { map: 'other', elements: element(value) },
    ];
    expect(told({ maps: maps('01') }, { maps: maps('02') })).toEqual(['contents of map `other` changed']);
    expect(told({}, { maps: maps('02'), seedMaps: true })).toEqual([
      'contents of map `same` changed',
      'contents of map `other` changed',
      'seed-maps true added',
    ]);
  });

  it('are named where there are few', () => {
    const many = inputs('p1', 'p2', 'p3', 'p4', 'p5', 'udp.bin');
    expect(told({}, { inputs: many })).toEqual(['inputs `p1`, `p2`, `p3` and 2 more added']);
  });

  it('are none of the project where they are generic', () => {
    const generic = { genericInputs: true, inputs: inputs('generic-udp') };
    expect(told(generic, {})).toEqual(['inputs in place of generic packets']);
    expect(told({}, generic)).toEqual(['generic packets in place of inputs']);
    expect(told(generic, { ...generic, inputs: inputs('generic-tcp') })).toEqual([]);
  });
});

it('tells what a program is made of, which changes what its figures are of', () => {
  const now = { source: 'b.bpf.c', program: 'q', cflags: ['-DX=1', '-Ia'] };
  const clauses = ['source `a.bpf.c` → `b.bpf.c`', 'program `p` → `q`', 'cflags `-DX=1 -Ia` added'];
  expect(told({ program: 'p' }, now)).toEqual(clauses);
  const limited = benchmark({ ...now, limits: { threshold: 2 }, expect: { retval: 1 } });
  expect(workloadDifferences(benchmark({ program: 'p' }), limited)).toEqual(clauses);
});

it('tells one program from every program, of which one may be picked', () => {
  const every = { every: true } as const;
  expect(told(every, {})).toEqual(['one program in place of every one']);
  expect(told({ program: 'p' }, every)).toEqual(['every program in place of one']);
  expect(told(every, { ...every, program: 'p' })).toEqual([]);
});

describe('several benchmarks', () => {
  const before = { ...plan(benchmark({ name: 'old' }), benchmark({ name: 'same' })), build: 'make' };
  const now = { ...plan(benchmark({ name: 'same' }), benchmark({ name: 'fresh' })), build: 'make -C bpf' };

  it('share a build command', () => {
    expect(planChanges(before, now)[0]).toEqual({ what: 'build command `make` → `make -C bpf`', loosened: false });
  });

  it('that were not there before are new, and those that are gone have vanished', () => {
    expect(planChanges(before, now).slice(1)).toEqual([{ benchmark: 'fresh', what: 'new', loosened: false }]);
    expect(vanishedNames(before, now)).toEqual(['old']);
  });
});
