import { describe, expect, it } from 'vitest';
import { headline, iconOf } from '../../../src/report/headline.js';
import type { Failure } from '../../../src/errors.js';
import { sampleBenchmark, sampleRun, type SampleRun } from '../../helpers/verdicts.js';

function titleOf(run: SampleRun): string {
  const { verdict, record } = sampleRun(run);
  return headline(verdict, record);
}

function failure(kind: Failure['kind'], message: string): Failure {
  return { kind, message, remedy: 'do something' };
}

describe('headline', () => {
  it('says the figure and the threshold of a pass', () => {
    expect(titleOf({ benchmarks: [{ threshold: 5 }] })).toBe(
      '✅ `fnv1a` is 9.09x faster in the kernel than by `syscall` (threshold 5x)',
    );
  });

  it('counts where there are several', () => {
    expect(titleOf({ benchmarks: [{ threshold: 5 }, { name: 'acl', threshold: 2 }] })).toBe(
      '✅ All 2 benchmarks pass; the closest: `fnv1a` is 9.09x faster in the kernel than by `syscall` (threshold 5x)',
    );
    expect(titleOf({ benchmarks: [{ threshold: 5 }, { name: 'acl' }] })).toMatch(
      /^✅ 1 of 2 benchmarks is gated, and passes;/,
    );
  });

  it('never ticks what nothing was held against', () => {
    expect(titleOf({})).toBe('ℹ️ Nothing is gated: `fnv1a` is 9.09x faster in the kernel than by `syscall`');
    expect(titleOf({ demo: true, benchmarks: [{ threshold: 5 }] })).toMatch(/^ℹ️ /);
  });

  it('names the worst of a failed run, on the side that is ahead', () => {
    const benchmarks = [
      { name: 'good', threshold: 5 },
      { name: 'slow', threshold: 2, speedup: 0.7, outcome: 'fail' },
      { name: 'slower', threshold: 2, speedup: 0.5, outcome: 'fail' },
    ] as const;
    expect(titleOf({ benchmarks })).toBe(
      '❌ `slow` is 1.43x slower in the kernel than by `syscall` (threshold 2x), and 1 more fail',
    );
  });

  it('says by how much head is slower than its base', () => {
    expect(titleOf({ benchmarks: [{ slowdown: 0.068, outcome: 'fail', threshold: 5 }] })).toBe(
      '❌ `fnv1a` is 6.8 % slower in the kernel than its base (limit 5 %)',
    );
    expect(titleOf({ benchmarks: [{ slowdown: 0.047, outcome: 'inconclusive' }] })).toBe(
      '❔ `fnv1a` is undecided: kernel time +4.7 % (+4.1 … +5.3) against its base, limit 5 %',
    );
    expect(titleOf({ benchmarks: [{ slowdown: -0.001 }] })).toBe(
      '✅ `fnv1a`: kernel time −0.1 % (−0.7 … +0.5) against its base (limit 5 %)',
    );
  });

  it('says what a budget is broken by, and what has grown', () => {
    const figures = [{ metric: 'verified-insns', value: 1204, baseValue: 980 }] as const;
    const over = { figures, outcome: 'fail', exactLimits: { budgets: { 'verified-insns': 1000 } } } as const;
    expect(titleOf({ benchmarks: [over] })).toBe('❌ `fnv1a` needs 1,204 verified instructions (budget 1,000)');
    const grown = { figures, outcome: 'fail', exactLimits: { growth: { 'verified-insns': { percent: 10 } } } } as const;
    expect(titleOf({ benchmarks: [{ slowdown: 0.2, ...grown, exactLimits: over.exactLimits }] })).toMatch(
      /20\.0 % slower/,
    );
    expect(titleOf({ benchmarks: [grown] })).toBe(
      '❌ `fnv1a` has grown from 980 to 1,204 verified instructions (+22.9 %, limit 10 %)',
    );
    const fromNothing = [{ metric: 'stack-bytes', value: 16, baseValue: 0 }] as const;
    const growth = { 'stack-bytes': { percent: 10, slack: 8 } };
    expect(titleOf({ benchmarks: [{ figures: fromNothing, outcome: 'fail', exactLimits: { growth } }] })).toBe(
      '❌ `fnv1a` has grown from 0 to 16 stack bytes (limit 10 % or 8)',
    );
  });

  it('says what exact limits alone have passed, and which could not be judged', () => {
    const figures = [{ metric: 'verified-insns', value: 980, baseValue: 980 }] as const;
    const budgets = { 'verified-insns': 1000 };
    expect(titleOf({ benchmarks: [{ figures, exactLimits: { budgets } }] })).toBe(
      '✅ `fnv1a` needs 980 verified instructions (budget 1,000)',
    );
    expect(titleOf({ benchmarks: [{ figures, exactLimits: { growth: { 'verified-insns': { percent: 1 } } } }] })).toBe(
      '✅ `fnv1a`: 980 verified instructions, as in the base',
    );
    expect(titleOf({ benchmarks: [{ outcome: 'inconclusive', exactLimits: { budgets: { 'jited-bytes': 9 } } }] })).toBe(
      '❔ `fnv1a` is undecided: the program was not JITed, so there is nothing to hold against the budget of 9',
    );
  });

  it('does not tick what is new', () => {
    const missingBase = { reason: 'new' } as const;
    expect(titleOf({ benchmarks: [{ missingBase }] })).toMatch(/^ℹ️ Nothing is gated/);
    expect(iconOf(sampleBenchmark({ missingBase }))).toBe('🆕');
    expect(iconOf(sampleBenchmark({ missingBase, threshold: 5 }))).toBe('✅');
  });

  it('shows the interval of what is undecided', () => {
    const benchmarks = [{ speedup: 5.02, threshold: 5, outcome: 'inconclusive' }] as const;
    expect(titleOf({ benchmarks })).toBe('❔ `fnv1a` is undecided: 5.02x (4.97 … 5.07), threshold 5x');
  });

  it('tells the ways of failing apart', () => {
    const fail = (kind: Failure['kind'], message = 'why') =>
      titleOf({ benchmarks: [{ outcome: 'fail', failure: failure(kind, message) }] });
    expect(fail('build')).toBe('❌ `fnv1a` does not compile');
    expect(fail('verifier')).toBe("❌ the kernel's verifier rejects `fnv1a`");
    expect(fail('environment')).toBe('⚠️ `fnv1a` was not measured: why');
    expect(titleOf({ benchmarks: [{ outcome: 'untrusted', failure: failure('proof', 'input `udp` differs') }] })).toBe(
      '⛔ `fnv1a` is not proven: input `udp` differs',
    );
    expect(titleOf({ benchmarks: [{ outcome: 'untrusted', sentence: 'run_cnt grew by 0' }] })).toBe(
      '⛔ `fnv1a` is not proven: run_cnt grew by 0',
    );
  });

  it('says first what kept the run from being complete', () => {
    expect(titleOf({ benchmarks: [], failures: [failure('environment', 'no clang found')], outcome: 'fail' })).toBe(
      '⚠️ Nothing was measured: no clang found',
    );
  });

  it('says so where some was measured all the same', () => {
    expect(titleOf({ failures: [failure('environment', 'the worker was killed')], outcome: 'inconclusive' })).toMatch(
      /^⚠️ Not everything was measured: the worker was killed$/,
    );
  });

  it('cuts a name that is longer than a line', () => {
    expect(titleOf({ benchmarks: [{ name: 'n'.repeat(10_000), threshold: 5 }] }).length).toBeLessThan(300);
  });
});
