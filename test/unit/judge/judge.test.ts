import { describe, expect, it } from 'vitest';
import type { BenchRecord } from '../../../src/domain/record.js';
import type { Failure } from '../../../src/errors.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { recordOf } from './sample.js';

const failureOfKind = (kind: Failure['kind']): Failure => ({ kind, message: `${kind} failed`, remedy: 'mend it' });

/** One benchmark per outcome; each a record that its worker could have written. */
function recordWith(...outcomes: ('pass' | 'fail' | 'inconclusive' | 'untrusted')[]): BenchRecord {
  const speedups = { pass: 9, fail: 3, inconclusive: 5, untrusted: 9 };
  const record = recordOf(
    outcomes.map((outcome) => ({ name: outcome, speedup: speedups[outcome], limits: { threshold: 5 } })),
  );
  for (const benchmark of record.benchmarks) {
    if (benchmark.plan.name === 'inconclusive') benchmark.seconds = 20;
    if (benchmark.plan.name === 'untrusted') delete benchmark.programs[0]!.proof;
  }
  return record;
}

describe('judgeRecord of one benchmark', () => {
  it('gives the ladder of head, kernel first, each arm against the kernel of its rounds', () => {
    const { benchmarks, compareWith } = judgeRecord(recordWith('pass'));
    const [{ ladder, speedup }] = benchmarks as [(typeof benchmarks)[number]];
    expect(compareWith).toBe('syscall');
    expect(ladder.map(({ arm, revision }) => [arm, revision])).toEqual([
      ['kernel', 'head'],
      ['call', 'head'],
      ['syscall', 'head'],
    ]);
    const [kernel, call, syscall] = ladder;
    expect(kernel!.ratioToKernel).toBe(1);
    expect(kernel!.timeNs.estimate).toBeCloseTo(76, -1);
    expect(kernel!.floorNs).toBeCloseTo(25, 0);
    expect(call).not.toHaveProperty('floorNs');
    expect(call!.ratioToKernel).toBeCloseTo(54 / 76, 1);
    expect(call!.layoutSpread).toBeLessThan(kernel!.layoutSpread);
    expect(kernel!.invocations).toBe(1_000_000);
    expect(syscall!.ratioToKernel).toBe(speedup!.estimate);
    expect(speedup!.low).toBeLessThan(9);
    expect(speedup!.high).toBeGreaterThan(9);
    expect(speedup!.confidence).toBe(0.99);
  });

  it.each([
    ['pass', /^pass: speedup [\d.]+x \([\d.]+ … [\d.]+\) is above the threshold of 5x$/],
    ['fail', /^fail: speedup [\d.]+x \([\d.]+ … [\d.]+\) is below the threshold of 5x$/],
    ['inconclusive', /^inconclusive: speedup .* is neither clearly above nor clearly below the threshold of 5x$/],
    ['untrusted', /^untrusted: untrusted of head has no proof that it ran$/],
  ] as const)('says why it is %s', (outcome, sentence) => {
    const verdict = judgeRecord(recordWith(outcome));
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.worst).toBe(outcome);
    expect(verdict.sentence).toMatch(sentence);
  });

  it('passes without a limit, and says that there is none', () => {
    const record = recordOf([{ name: 'a', speedup: 9 }], 101);
    record.benchmarks[0]!.seconds = 2;
    const verdict = judgeRecord(record);
    expect(verdict.outcome).toBe('pass');
    expect(verdict.benchmarks[0]!.gates).toEqual([]);
    expect(verdict.sentence).toMatch(/^a: speedup [\d.]+x \([\d.]+ … [\d.]+\) over syscall; no limit is set$/);
  });

  it('leaves a gate open where a fixed number of rounds is too small for its promise', () => {
    const record = recordOf([{ name: 'a', speedup: 9, limits: { threshold: 5 } }], 5);
    record.measurement = { ...record.measurement, rounds: 5 };
    const verdict = judgeRecord(record);
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.sentence).toContain('too few independent rounds (93.8 % confidence, not 99.0 %)');
    expect(verdict.benchmarks[0]!.ladder).toHaveLength(3);
  });

  it('gives the same whatever the order of rows, and of rounds in them', () => {
    const record = recordWith('pass');
    const turned: BenchRecord = {
      ...record,
      rows: record.rows.toReversed().map((row) => ({
        ...row,
        values: row.values.toReversed(),
        rounds: row.rounds!.toReversed(),
      })),
    };
    expect(judgeRecord(turned)).toEqual(judgeRecord(record));
  });

  it('changes nothing in the record', () => {
    const record = recordWith('pass', 'fail');
    const before = structuredClone(record);
    judgeRecord(record);
    expect(record).toEqual(before);
  });

  it.each([
    ['build', 'fail'],
    ['verifier', 'fail'],
    ['proof', 'untrusted'],
    ['usage', 'inconclusive'],
    ['environment', 'inconclusive'],
    ['internal', 'inconclusive'],
  ] as const)('shows no figure beside a failure: %s is %s', (kind, outcome) => {
    const record = recordWith('pass');
    record.benchmarks[0]!.failure = failureOfKind(kind);
    const verdict = judgeRecord(record);
    expect(verdict).toMatchObject({ outcome, worst: 'pass', sentence: `pass: ${kind} failed` });
    expect(verdict.benchmarks[0]).toMatchObject({ outcome, sentence: `${kind} failed`, ladder: [], gates: [] });
    expect(verdict.benchmarks[0]!.record.failure).toEqual(failureOfKind(kind));
  });
});

describe('judgeRecord of several benchmarks', () => {
  it.each([
    [['pass', 'inconclusive'], 'inconclusive', '1 of 2 benchmarks is undecided; inconclusive: '],
    [['fail', 'pass', 'inconclusive'], 'fail', '1 of 3 benchmarks fails; fail: '],
    [['inconclusive', 'untrusted', 'fail'], 'untrusted', '1 of 3 benchmarks is not proven; untrusted: '],
  ] as const)('%j is %s', (outcomes, worst, sentence) => {
    const verdict = judgeRecord(recordWith(...outcomes));
    expect([verdict.outcome, verdict.worst]).toEqual([worst, worst]);
    expect(verdict.sentence.startsWith(sentence)).toBe(true);
  });

  it('names the one with the smallest speedup among equals', () => {
    const limits = { threshold: 5 };
    const record = recordOf([
      { name: 'a', speedup: 12, limits },
      { name: 'b', speedup: 9, limits },
      { name: 'c', speedup: 20, limits },
    ]);
    const verdict = judgeRecord(record);
    expect(verdict).toMatchObject({ outcome: 'pass', worst: 'b' });
    expect(verdict.sentence.startsWith('all 3 benchmarks pass; b: speedup')).toBe(true);
    record.benchmarks[2]!.programs = [];
    record.benchmarks[0]!.programs = [];
    expect(judgeRecord(record)).toMatchObject({ outcome: 'untrusted', worst: 'a' });
  });

  it('counts as passing only what was held against a limit', () => {
    const limits = { threshold: 5 };
    const record = recordOf([
      { name: 'a', speedup: 9, limits },
      ...['b', 'c', 'd'].map((name) => ({ name, speedup: 9 })),
    ]);
    for (const benchmark of record.benchmarks) benchmark.seconds = 2;
    const unload = (name: string): void => {
      const benchmark = record.benchmarks.find(({ plan }) => plan.name === name)!;
      benchmark.plan.every = true;
      Object.assign(benchmark, { programs: [], rounds: 0, seconds: 0 });
      benchmark.extent = { covers: 'nothing', reason: 'does not load here' };
      record.rows = record.rows.filter((row) => row.benchmark !== name);
    };
    expect(judgeRecord(record).sentence).toMatch(/^1 of 4 benchmarks passes, 3 not gated; /);
    unload('c');
    expect(judgeRecord(record).sentence).toMatch(/^1 of 4 benchmarks passes, 1 not loaded here, 2 not gated; /);
    record.benchmarks[0]!.plan.limits = {};
    expect(judgeRecord(record)).toMatchObject({ outcome: 'pass' });
    expect(judgeRecord(record).sentence).toMatch(/^none of 4 benchmarks is gated, 1 not loaded here; /);
  });

  it('shares the error between the gates: each interval is wider, and promises more', () => {
    const one = judgeRecord(recordOf([{ name: 'a', speedup: 9, limits: { threshold: 5 } }]));
    const five = judgeRecord(
      recordOf(['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, speedup: 9, limits: { threshold: 5 } }))),
    );
    const [alone, among] = [one, five].map((verdict) => verdict.benchmarks[0]!.speedup!);
    expect(among!.confidence).toBeCloseTo(0.998, 10);
    expect(among!.estimate).toBe(alone!.estimate);
    expect(among!.high / among!.low).toBeGreaterThan(alone!.high / alone!.low);
  });
});

describe('judgeRecord of a job that failed', () => {
  it('is no pass without a benchmark', () => {
    const verdict = judgeRecord(recordOf([]));
    expect(verdict).toMatchObject({ outcome: 'untrusted', benchmarks: [] });
    expect(verdict).not.toHaveProperty('worst');
    expect(verdict.sentence).toBe('the record holds no benchmark, so nothing was proven');
  });

  it('says what failed, and is as bad as the worst of it', () => {
    const environment = failureOfKind('environment');
    expect(judgeRecord(recordOf([]), [environment])).toMatchObject({
      outcome: 'inconclusive',
      sentence: 'environment failed',
      failures: [environment],
    });
    expect(judgeRecord(recordWith('pass'), [environment])).toMatchObject({
      outcome: 'inconclusive',
      sentence: 'environment failed',
    });
    const both = judgeRecord(recordWith('fail'), [environment, failureOfKind('proof')]);
    expect(both).toMatchObject({ outcome: 'untrusted', sentence: 'proof failed' });
    expect(judgeRecord(recordWith('fail'), [environment])).toMatchObject({ outcome: 'fail', worst: 'fail' });
    expect(judgeRecord(recordWith('fail'), [environment]).sentence).toMatch(/^fail: speedup/);
  });
});
