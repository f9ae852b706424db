import { describe, expect, it } from 'vitest';
import { decide, type Measured } from '../../../src/judge/decide.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { maxRounds } from '../../../src/judge/looks.js';
import { nextStep } from '../../../src/judge/stop.js';
import { measurement, measuredOf, planOf, recordOf, rowFor, rowsOf } from './sample.js';

const threshold = 5;

function after(rounds: number, change: Partial<Measured> = {}, speedup = 9): Measured {
  return {
    plan: planOf('a', { threshold }),
    measurement,
    gatesOfJob: 1,
    rows: rowsOf('a', speedup, rounds),
    secondsSpent: 1,
    ...change,
  };
}

/** Rows that claim so many rounds without the cost of making them. */
function constant(rounds: number, invocations = 1_000_000): Measured['rows'] {
  return (['kernel', 'syscall'] as const).map((arm) => {
    const row = rowFor('a', arm, new Array<number>(rounds).fill(arm === 'kernel' ? 10 : 50));
    return { ...row, evidence: { ...row.evidence, invocations } };
  });
}

describe('with a fixed number of rounds', () => {
  it('measures exactly that many, whatever is decided and whatever the time', () => {
    const fixed = (rounds: number) =>
      after(rounds, { measurement: { ...measurement, rounds: 50 }, secondsSpent: 1000 });
    expect([0, 30, 49].map((rounds) => nextStep(fixed(rounds)))).toEqual(['more', 'more', 'more']);
    expect(nextStep(fixed(50))).toBe('enough');
  });
});

describe('with no fixed number of rounds', () => {
  it('stops at the first look that decides', () => {
    expect([0, 1, 29].map((rounds) => nextStep(after(rounds)))).toEqual(['more', 'more', 'more']);
    expect(nextStep(after(30))).toBe('enough');
  });

  it('does not look between the looks', () => {
    expect([31, 44, 46].map((rounds) => nextStep(after(rounds)))).toEqual(['more', 'more', 'more']);
    expect(nextStep(after(45))).toBe('enough');
  });

  it('goes on at a look that leaves the gate open, until the time limit', () => {
    const open = (rounds: number, secondsSpent: number) => after(rounds, { secondsSpent }, threshold);
    expect(nextStep(open(30, 19.9))).toBe('more');
    expect(nextStep(open(30, 20))).toBe('enough');
    expect(nextStep(open(33, 20))).toBe('enough');
  });

  it('measures the least it promised, beyond the time limit too', () => {
    expect(nextStep(after(29, { secondsSpent: 1000 }))).toBe('more');
    expect(nextStep(after(30, { rows: constant(30, 999_999), secondsSpent: 1000 }))).toBe('more');
    expect(nextStep(after(30, { rows: constant(30), secondsSpent: 1000 }))).toBe('enough');
  });

  it('asks the iterations of both sides, but not of another process', () => {
    const short = (arm: string) =>
      constant(30).map((row) => (row.arm === arm ? { ...row, evidence: { ...row.evidence, invocations: 10 } } : row));
    expect(nextStep(after(30, { rows: short('kernel') }))).toBe('more');
    expect(nextStep(after(30, { rows: short('syscall') }))).toBe('more');
    const wakeup = constant(30, 10).map((row) => (row.arm === 'syscall' ? { ...row, arm: 'wakeup' as const } : row));
    const byWakeup = { ...measurement, compareWith: 'wakeup' as const };
    expect(nextStep(after(30, { rows: wakeup, measurement: byWakeup }))).toBe('more');
    const kernelDone = wakeup.map((row) => (row.arm === 'kernel' ? constant(30)[0]! : row));
    expect(nextStep(after(30, { rows: kernelDone, measurement: byWakeup }))).toBe('enough');
  });

  it('ends with the last look, even short of the iterations', () => {
    const rows = constant(maxRounds, 10);
    expect(nextStep(after(0, { rows }))).toBe('enough');
    for (const row of rows) row.values.pop();
    expect(nextStep(after(0, { rows }))).toBe('more');
  });

  it('without a limit measures for a fixed time, whatever the values are', () => {
    for (const spread of [0.001, 0.5]) {
      const ungated = (rounds: number, secondsSpent: number) =>
        nextStep(after(rounds, { plan: planOf('a'), rows: rowsOf('a', 9, rounds, 1, spread), secondsSpent }));
      expect([ungated(29, 5), ungated(30, 1.9), ungated(45, 1.9)]).toEqual(['more', 'more', 'more']);
      expect([ungated(30, 2), ungated(31, 2)]).toEqual(['enough', 'enough']);
    }
  });

  it('without values for the compared arm goes on to the time limit', () => {
    const kernelOnly = after(30, {
      rows: constant(30).slice(0, 1),
      measurement: { ...measurement, compareWith: 'wakeup' },
    });
    expect(nextStep(kernelOnly)).toBe('more');
    expect(nextStep({ ...kernelOnly, secondsSpent: 20 })).toBe('enough');
  });
});

it('decides with what is left of its error when the time is up, and not before', () => {
  const near = (secondsSpent: number) => decide(after(62, { secondsSpent }, 5.057)).gates[0]!;
  expect([19.99, 20, 30].map((seconds) => near(seconds).outcome)).toEqual(['inconclusive', 'pass', 'pass']);
  expect(near(20).interval.low).toBeGreaterThan(near(19.99).interval.low);
  expect(near(20).interval.estimate).toBe(near(19.99).interval.estimate);
});

describe('the worker and the orchestrator', () => {
  it.each([9, 4.5, 5])('judge alike what was measured of a speedup of %d', (speedup) => {
    let rounds = 30;
    let last = after(rounds, {}, speedup);
    while (nextStep(last) === 'more') {
      rounds += 1;
      last = after(rounds, { secondsSpent: rounds / 10 }, speedup);
    }
    const record = recordOf([{ name: 'a', speedup, limits: { threshold } }], rounds);
    record.benchmarks[0]!.seconds = rounds / 10;
    expect(measuredOf(record, 1).rows).toEqual(last.rows);
    expect(judgeRecord(record).benchmarks[0]!.gates).toEqual(decide(last).gates);
  });
});
