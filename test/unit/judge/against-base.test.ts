/** What a base adds: which limits are judged, when the measuring stops, and what is believed. */
import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../src/domain/plan.js';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import { decide } from '../../../src/judge/decide.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { nextStep } from '../../../src/judge/stop.js';
import { type BaseTimes, comparedRecordOf, measuredOf, programOf, recordOf, rowFor } from './sample.js';

const limits: Limits = { maxSlowdownPercent: 5 };
const same: BaseTimes = { kernelNs: 76 };

function judged(record: BenchRecord) {
  return judgeRecord(record).benchmarks[0]!;
}

/** `max-slowdown pass, threshold fail` */
function gatesOf(record: BenchRecord): string {
  return judged(record)
    .gates.map(({ gate, outcome }) => `${gate} ${outcome}`)
    .join(', ');
}

describe('head beside its base', () => {
  it('is told by how much it is slower, and how much the base is slower than itself', () => {
    const record = comparedRecordOf(limits, { kernelNs: 76 / 1.1 });
    expect(recordSchema.parse(record)).toEqual(record);
    const { slowdown, sentinel, outcome, sentence } = judged(record);
    expect(slowdown!.estimate).toBeCloseTo(0.1, 1);
    expect(Math.abs(sentinel!.estimate)).toBeLessThan(0.01);
    expect([sentinel!.low < 0, sentinel!.high > 0]).toEqual([true, true]);
    expect(outcome).toBe('fail');
    expect(sentence).toMatch(/^kernel time \+\d.* against the base is beyond the limit of 5 %$/);
  });

  it('is held against every limit that is set, each for itself', () => {
    expect(gatesOf(comparedRecordOf(limits, same))).toBe('max-slowdown pass');
    expect(gatesOf(comparedRecordOf({ ...limits, threshold: 5, maxSpeedupLossPercent: 5 }, same))).toBe(
      'max-slowdown pass, threshold pass, max-speedup-loss pass',
    );
    expect(gatesOf(comparedRecordOf({ ...limits, threshold: 20 }, same))).toBe('max-slowdown pass, threshold fail');
  });

  it('does not fail its kernel limit for a slower user-space side', () => {
    const slowerNative = { kernelNs: 76, syscallNs: 684 / 3 };
    expect(gatesOf(comparedRecordOf(limits, slowerNative))).toBe('max-slowdown pass');
  });

  it('fails its kernel limit although its speedup rose, where the user-space side got even slower', () => {
    const record = comparedRecordOf({ ...limits, threshold: 5 }, { kernelNs: 76 / 1.5, syscallNs: 684 / 3 });
    expect(judged(record).speedup!.low).toBeGreaterThan((684 / 3 / (76 / 1.5)) * 1.9);
    expect(judged(record)).toMatchObject({
      outcome: 'fail',
      sentence: expect.stringMatching(/^kernel time \+\d.* is beyond the limit of 5 %$/) as string,
    });
  });

  it('does not hide a slower kernel behind the user-space side', () => {
    const bothSlower = { kernelNs: 76 / 1.5, syscallNs: 684 / 1.5 };
    expect(gatesOf(comparedRecordOf({ ...limits, maxSpeedupLossPercent: 5 }, bothSlower))).toBe(
      'max-slowdown fail, max-speedup-loss pass',
    );
    const fasterNative = { kernelNs: 76 / 1.5, syscallNs: 684 * 3 };
    expect(gatesOf(comparedRecordOf({ ...limits, threshold: 5 }, fasterNative))).toBe(
      'max-slowdown fail, threshold pass',
    );
  });

  it('loses its speedup where only the user-space side got faster, by a limit of its own', () => {
    const fasterNative = { kernelNs: 76, syscallNs: 684 * 1.3 };
    expect(gatesOf(comparedRecordOf({ ...limits, maxSpeedupLossPercent: 5 }, fasterNative))).toBe(
      'max-slowdown pass, max-speedup-loss fail',
    );
  });
});

describe('the worker', () => {
  const stepOf = (record: BenchRecord) => nextStep(measuredOf(record, 2));

  it('stops when every gate is decided, and not before', () => {
    expect(stepOf(comparedRecordOf(limits, same))).toBe('enough');
    expect(stepOf(comparedRecordOf(limits, { kernelNs: 76 / 1.05 }))).toBe('more');
    expect(stepOf(comparedRecordOf({ ...limits, threshold: 9 }, same))).toBe('more');
  });

  it('measures a benchmark without a base as one without those limits', () => {
    const record = recordOf([{ name: 'a', speedup: 9, limits }]);
    record.benchmarks[0]!.missingBase = { reason: 'new' };
    expect(stepOf(record)).toBe('more');
    record.benchmarks[0]!.seconds = 2;
    expect(stepOf(record)).toBe('enough');
    expect(judged(record)).toMatchObject({
      outcome: 'pass',
      gates: [],
      sentence: expect.stringMatching(/; there is no base to hold it against$/) as string,
    });
    expect(decide(measuredOf(record, 2)).level.confidence).toBe(0.99);
  });

  it('still judges the threshold of a benchmark without a base', () => {
    const record = recordOf([{ name: 'a', speedup: 9, limits: { ...limits, threshold: 5 } }]);
    record.benchmarks[0]!.missingBase = { reason: 'new' };
    expect(gatesOf(record)).toBe('threshold pass');
  });
});

describe('a record is not believed', () => {
  const hostile: Record<string, [sentence: string, edit: (record: BenchRecord) => void]> = {
    'without its base': [
      'it has a limit against the base, no program of base, and no reason for that',
      (r) => {
        r.benchmarks[0]!.programs.length = 1;
        r.rows = r.rows.filter(({ revision }) => revision === 'head');
      },
    ],
    'with a base and a reason for having none': [
      'the record has a program of base and a reason why there is none',
      (r) => (r.benchmarks[0]!.missingBase = { reason: 'new' }),
    ],
    'without its sentinel': ['of base and base again the record has only one', (r) => r.benchmarks[0]!.programs.pop()],
    'with another program as its sentinel': [
      'base is a04f5eef06a7f555 and again 0000000000000000, which are to be one program',
      (r) => (r.benchmarks[0]!.programs[2]!.tag = '0000000000000000'),
    ],
    'with an unproven sentinel': [
      'a of again has no proof that it ran',
      (r) => delete r.benchmarks[0]!.programs[2]!.proof,
    ],
    'without times of the sentinel': [
      'the record has no times of again on kernel',
      (r) => (r.rows = r.rows.filter(({ revision }) => revision !== 'again')),
    ],
    'without the rounds in which the base was fast': [
      "base on kernel shares 29 of head's 30 rounds",
      (r) => {
        const row = r.rows.find(({ revision }) => revision === 'base')!;
        row.values.pop();
        row.rounds!.pop();
      },
    ],
    'without its user-space side': [
      'the record has no times of base on syscall',
      (r) => (r.rows = r.rows.filter(({ revision, arm }) => revision === 'head' || arm === 'kernel')),
    ],
  };
  it.each(Object.entries(hostile))('%s', (_what, [sentence, edit]) => {
    const record = comparedRecordOf(limits, same);
    expect(judged(record).outcome).toBe('pass');
    edit(record);
    expect(judged(record)).toMatchObject({ outcome: 'untrusted', sentence, gates: [], ladder: [] });
    expect(judged(record)).not.toHaveProperty('slowdown');
  });

  it('is, where the base returned something else than head is to return', () => {
    const record = comparedRecordOf(limits, same);
    record.benchmarks[0]!.plan.expect.retval = 2;
    for (const { revision, proof } of record.benchmarks[0]!.programs) {
      if (revision !== 'head') for (const input of proof!.inputs) input.retval = 7;
    }
    expect(judged(record).outcome).toBe('pass');
  });
});

it('the largest slowdown among equals is the worst', () => {
  const record = comparedRecordOf(limits, { kernelNs: 76 / 1.02 });
  const other = recordOf([{ name: 'b', speedup: 3, limits }]);
  const faster = other.benchmarks[0]!;
  faster.programs.push(programOf(faster.plan, 'base'), programOf(faster.plan, 'again'));
  const ns = other.rows[0]!.values.map((value) => value * 1.5);
  for (const revision of ['base', 'again'] as const) {
    other.rows.push(rowFor('b', 'kernel', ns, 'time', revision), rowFor('b', 'syscall', ns, 'time', revision));
  }
  const verdict = judgeRecord({
    ...record,
    benchmarks: [faster, ...record.benchmarks],
    rows: [...record.rows, ...other.rows],
  });
  expect(verdict.outcome).toBe('pass');
  expect(verdict.worst).toBe('a');
});
