import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/errors.js';
import { exitCodeOfVerdict } from '../../../src/judge/exit-code.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { recordOf } from './sample.js';

type End = 'pass' | 'fail' | 'inconclusive' | 'untrusted' | Failure['kind'];

const failureOfKind = (kind: Failure['kind']): Failure => ({ kind, message: kind, remedy: 'mend it' });
const outcomes: readonly string[] = ['pass', 'fail', 'inconclusive', 'untrusted'];

/** The exit code of a job whose benchmarks ended so, and whose job failed besides. */
function exitCode(
  ends: readonly End[],
  jobFailures: readonly Failure['kind'][] = [],
  failOnInconclusive = false,
): number {
  const speedups: Partial<Record<End, number>> = { fail: 3, inconclusive: 5 };
  const record = recordOf(
    ends.map((end, index) => ({ name: `${end}${index}`, speedup: speedups[end] ?? 9, limits: { threshold: 5 } })),
  );
  record.benchmarks.forEach((benchmark, index) => {
    const end = ends[index]!;
    if (!outcomes.includes(end)) benchmark.failure = failureOfKind(end as Failure['kind']);
    if (end === 'inconclusive') benchmark.seconds = 20;
    if (end === 'untrusted') benchmark.programs = [];
  });
  return exitCodeOfVerdict(judgeRecord(record, jobFailures.map(failureOfKind)), { failOnInconclusive });
}

describe('exitCodeOfVerdict', () => {
  it.each([
    ['pass', 0],
    ['inconclusive', 0],
    ['fail', 1],
    ['build', 1],
    ['verifier', 1],
    ['usage', 2],
    ['environment', 3],
    ['internal', 3],
    ['untrusted', 4],
    ['proof', 4],
  ] as const)('of a benchmark that ended in %s is %d', (end, code) => {
    expect(exitCode([end])).toBe(code);
    expect(exitCode(['pass', end, 'pass'])).toBe(code);
    if (!outcomes.includes(end)) expect(exitCode(['pass'], [end as Failure['kind']])).toBe(code);
  });

  it('lets proof outweigh usage, usage the environment, the environment the gate', () => {
    expect(exitCode(['fail', 'environment', 'usage', 'untrusted'])).toBe(4);
    expect(exitCode(['fail', 'environment', 'usage'])).toBe(2);
    expect(exitCode(['fail', 'environment'])).toBe(3);
    expect(exitCode(['fail', 'pass'], ['environment'])).toBe(3);
    expect(exitCode(['inconclusive', 'fail', 'pass'])).toBe(1);
  });

  it('fails an undecided gate on request, and only a gate', () => {
    expect(exitCode(['inconclusive'], [], true)).toBe(1);
    expect(exitCode(['pass'], [], true)).toBe(0);
    expect(exitCode(['environment'], [], true)).toBe(3);
  });

  it('is never 0 where nothing was proven', () => {
    expect(exitCode([])).toBe(4);
    expect(exitCode([], ['environment'])).toBe(3);
  });
});
