import { describe, expect, it } from 'vitest';
import { budgetRounds, gateOver, paceOf, type Pace } from '../../../bench/calibrate/gate.js';
import { headNames, neutralHeads } from '../../../bench/calibrate/heads.js';
import type { Line, SharedLine, WholeLine } from '../../../bench/calibrate/results.js';
import { cutGates, singles, tally, trueSizes } from '../../../bench/calibrate/summary.js';
import { nextTask, progress } from '../../../bench/calibrate/wanted.js';
import { isLook, minRounds } from '../../../src/judge/looks.js';
import { drawFrom } from '../../../src/measure/draw.js';

const stamp = { program: 'hash', condition: 'quiet', machine: 'here', at: '', seed: 1, seconds: 1 } as const;

/** 0.05 s a round; the iterations are there after 50. */
const pace: Pace = {
  secondsPerRound: 0.05,
  layouts: 8,
  kernelInvocationsPerRound: 20_000,
  userInvocationsPerRound: 20_000,
};

/** Picoseconds that differ by up to 1 % from round to round. */
function noisy(ns: number, rounds: number, seed: number): number[] {
  const draw = drawFrom(seed);
  return Array.from({ length: rounds }, () => Math.round(ns * 1000 * (1 + draw.integer(-5000, 5000) / 1e6)));
}

function shared(percents: readonly number[], rounds = 1000, seed = 1): SharedLine {
  const heads = percents.map((percent, index) => ({
    head: headNames.find((_, i) => i === index)!,
    values: noisy(100 * (1 + percent / 100), rounds, seed + 10 + index),
  }));
  const [base, again] = [noisy(100, rounds, seed + 2), noisy(100, rounds, seed + 3)];
  return { ...stamp, kind: 'shared', base, again, heads };
}

const whole: WholeLine = {
  ...stamp,
  ...{ kind: 'whole', head: 'none', outcome: 'pass', slowdown: 0, rounds: 100, seconds: 5, layouts: 8 },
  invocations: { kernel: 2_000_000, user: 2_000_000 },
};

describe('a gate over shared rounds', () => {
  const line = shared([0, 3, 1]);
  const gateOf = (index: number) => gateOver(line, line.heads[index]!.values, pace);

  it('ends at the first look that has the iterations, as a comparison does', () => {
    for (const index of [0, 1]) {
      const { rounds, seconds } = gateOf(index);
      expect(isLook(rounds)).toBe(true);
      expect(rounds).toBeGreaterThanOrEqual(Math.max(50, minRounds));
      expect(rounds).toBeLessThan(80);
      expect(seconds).toBeCloseTo(rounds * pace.secondsPerRound);
    }
  });

  it('passes what is not slower and fails what is', () => {
    expect(gateOf(0)).toMatchObject({ outcome: 'pass' });
    expect(gateOf(1)).toMatchObject({ outcome: 'fail' });
    expect(gateOf(1).slowdown).toBeCloseTo(0.03, 2);
  });

  it('ends with the time limit where nothing can be told', () => {
    expect(gateOf(2)).toMatchObject({ outcome: 'inconclusive', rounds: budgetRounds(pace) });
  });

  it('takes the end of the rounds for the time limit', () => {
    expect(gateOver(line, line.heads[2]!.values.slice(0, 200), pace)).toMatchObject({ rounds: 200 });
  });
});

describe('the summary', () => {
  const lines: Line[] = [whole, shared([0, 0, 0, 0, 0, 1]), shared([0, 0, 0, 0, 0, 1], 1000, 100)];

  it('takes its pace from whole comparisons', () => {
    expect(paceOf([whole, whole])).toEqual(pace);
    expect(cutGates(lines.slice(1))).toEqual([]);
  });

  it('has a gate for every load of every head', () => {
    const gates = cutGates(lines);
    expect(gates).toHaveLength(12);
    expect(tally(gates.filter(({ head }) => neutralHeads.includes(head)))).toMatchObject({
      gates: 10,
      pass: 10,
      fail: 0,
    });
  });

  it('finds the planted size', () => {
    const limit = trueSizes(lines).find(({ head }) => head === 'limit')!;
    expect(Math.abs(limit.percent - 100 * Math.log(1.01))).toBeLessThan(0.1);
    expect(limit).toMatchObject({ rounds: 2000, setUps: 2 });
  });

  it('pairs single values of one round', () => {
    const [first] = singles(lines);
    const line = lines[1] as SharedLine;
    expect(first).toMatchObject({ head: 'none', ratio: line.heads[0]!.values[0]! / line.base[0]! });
  });
});

describe('what is measured next', () => {
  it('is a whole comparison first, and in the end nothing', () => {
    const lines: Line[] = [];
    expect(nextTask(lines)).toMatchObject({ kind: 'whole', heads: ['none'] });
    for (let task = nextTask(lines); task !== undefined; task = nextTask(lines)) {
      const { kind, program, condition, heads } = task;
      const [head = 'none'] = heads;
      if (kind === 'whole') lines.push({ ...whole, program, condition, head });
      else lines.push({ ...shared([]), program, condition, heads: heads.map((each) => ({ head: each, values: [] })) });
      if (lines.length > 10_000) throw new Error('it never ends');
    }
    const { done, wanted } = progress(lines);
    expect(done).toBe(wanted);
  });
});
