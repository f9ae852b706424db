import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { budgetRounds, gateOver, paceOf, type Pace } from '../../../bench/calibrate/gate.js';
import { headNames, neutralHeads, programs } from '../../../bench/calibrate/heads.js';
import { openResults, type Line, type SharedLine, type WholeLine } from '../../../bench/calibrate/results.js';
import { cutGates, singles, tally, trueSizes, type Cut } from '../../../bench/calibrate/summary.js';
import { promisesOf } from '../../../bench/calibrate/promises.js';
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
    expect(gateOf(2)).toMatchObject({ outcome: 'inconclusive', rounds: 400 });
    expect(budgetRounds(pace)).toBe(400);
    expect(budgetRounds({ ...pace, secondsPerRound: 0.06 })).toBe(334);
  });

  it('goes on until both sides have their iterations', () => {
    const few = { kernelInvocationsPerRound: 1_000_000, userInvocationsPerRound: 1_000_000 };
    const roundsAt = (slow: Partial<Pace>) =>
      gateOver(line, line.heads[0]!.values, { ...pace, ...few, ...slow }).rounds;
    expect(roundsAt({})).toBe(minRounds);
    expect(roundsAt({ kernelInvocationsPerRound: 10_001 })).toBe(101);
    expect(roundsAt({ userInvocationsPerRound: 7000 })).toBe(152);
  });

  it('takes the end of the rounds for the time limit', () => {
    expect(gateOver(line, line.heads[2]!.values.slice(0, 200), pace)).toMatchObject({ rounds: 200 });
  });
});

describe('the summary', () => {
  const lines: Line[] = [whole, shared([0, 0, 0, 0, 0, 1]), shared([0, 0, 0, 0, 0, 1], 1000, 100)];

  it('takes its pace from whole comparisons', () => {
    expect(paceOf([whole, whole])).toEqual(pace);
    expect(paceOf([{ ...whole, layouts: 8.6 }])).toMatchObject({ layouts: 8 }); // rounds were thrown away
    const twice = { ...whole, rounds: 300, seconds: 25, invocations: { kernel: 4_000_000, user: 8_000_000 } };
    expect(paceOf([whole, twice])).toEqual({
      ...{ secondsPerRound: 0.075, layouts: 8 },
      ...{ kernelInvocationsPerRound: 15_000, userInvocationsPerRound: 25_000 },
    });
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

  it('counts each way to end', () => {
    const ends = (['pass', 'fail', 'fail', 'inconclusive', 'inconclusive', 'inconclusive'] as const).map(
      (outcome, seconds) => ({ outcome, seconds }),
    );
    expect(tally(ends)).toEqual({ gates: 6, pass: 1, fail: 2, inconclusive: 3, medianSeconds: 2.5 });
  });

  it('finds the planted size', () => {
    const limit = trueSizes(lines).find(({ head }) => head === 'limit')!;
    expect(Math.abs(limit.percent - 100 * Math.log(1.01))).toBeLessThan(0.1);
    expect(limit).toMatchObject({ rounds: 2000, setUps: 2 });
  });

  it('takes true sizes from quiet rounds alone, and both loads of the base', () => {
    const loaded: Line = { ...shared([0, 0, 0, 0, 0, 9]), condition: 'busy' };
    expect(trueSizes([...lines, loaded])).toEqual(trueSizes(lines));
    const skewed = lines.slice(1).map((line): Line => {
      const { again, ...rest } = line as SharedLine;
      return { ...rest, again: again.map((value) => value * 1.02) };
    });
    const limit = trueSizes(skewed).find(({ head }) => head === 'limit')!;
    expect(Math.abs(limit.percent - 100 * (Math.log(1.01) - Math.log(1.02) / 2))).toBeLessThan(0.1);
    expect(limit.errorPercent).toBeLessThan(0.1);
  });

  it('tells how far set-ups differ', () => {
    const flat = (percent: number): Line => ({
      ...shared([]),
      ...{ base: Array<number>(100).fill(1000), again: Array<number>(100).fill(1000) },
      heads: [{ head: 'limit', values: Array<number>(100).fill(1000 * Math.exp(percent / 100)) }],
    });
    const { percent, errorPercent } = trueSizes([flat(0.8), flat(1.2)])[0]!;
    expect(percent).toBeCloseTo(1, 9);
    expect(errorPercent).toBeCloseTo(0.2 / Math.SQRT2, 9);
  });

  it('keeps conditions apart', () => {
    const quickly: WholeLine = { ...whole, condition: 'busy', seconds: 2.5 };
    const seconds = (condition: string) =>
      cutGates([...lines, quickly, { ...shared([0]), condition: 'busy' }])
        .filter((cut) => cut.condition === condition)
        .map((cut) => cut.seconds / cut.rounds);
    expect(seconds('busy')).toEqual([0.025]);
    expect(new Set(seconds('quiet'))).toEqual(new Set([0.05]));
  });

  it('pairs single values of one round', () => {
    const [first, second] = singles(lines);
    const line = lines[1] as SharedLine;
    expect(first).toMatchObject({ head: 'none', ratio: line.heads[0]!.values[0]! / line.base[0]! });
    expect(second).toMatchObject({ head: 'none', ratio: line.heads[0]!.values[1]! / line.base[1]! });
  });
});

describe('the promises', () => {
  const cut = (parts: Partial<Cut>): Cut => ({
    ...{ program: 'hash', condition: 'quiet', head: 'none', outcome: 'pass', slowdown: 0, rounds: 68, seconds: 2 },
    ...parts,
  });
  const times = (count: number, parts: Partial<Cut>) => Array.from({ length: count }, () => cut(parts));
  const keptOf = (promise: string, ...cuts: Cut[][]) =>
    promisesOf(cuts.flat()).find((each) => each.promise.startsWith(promise))!;

  it('are not kept yet with fewer gates than they are about', () => {
    const pass = 'quiet, no change or a neutral edit: pass';
    expect(keptOf(pass, times(999, {}))).toMatchObject({ kept: 'so far', measured: '100.0 % (999 of 999)' });
    expect(keptOf(pass, times(1000, {}))).toMatchObject({ kept: 'yes', promised: '≥ 95 %' });
    expect(keptOf(pass, [])).toMatchObject({ kept: 'so far' });
  });

  it.each<[string, number, number, Partial<Cut>, Partial<Cut>]>([
    ['quiet, no change or a neutral edit: fail', 999, 1, {}, { outcome: 'fail' }],
    ['quiet, no change or a neutral edit: pass', 950, 50, {}, { outcome: 'inconclusive' }],
    ['quiet, slower by the limit: fail', 98, 2, { head: 'limit' }, { head: 'limit', outcome: 'fail' }],
    ['quiet, 3 % slower: fail', 90, 10, { head: 'slow3', outcome: 'fail' }, { head: 'slow3' }],
    ['quiet, 5 % slower: fail', 99, 1, { head: 'slow5', outcome: 'fail' }, { head: 'slow5', outcome: 'inconclusive' }],
    [
      'under load, no change or a neutral edit: fail',
      299,
      1,
      { condition: 'busy' },
      { condition: 'memory', outcome: 'fail' },
    ],
    [
      'under load, no change or a neutral edit: decided',
      150,
      150,
      { condition: 'busy' },
      { condition: 'bursts', outcome: 'inconclusive' },
    ],
  ])('%s: with %d to %d, and no more', (promise, right, wrong, good, bad) => {
    expect(keptOf(promise, times(right, good), times(wrong, bad)).kept).toBe('yes');
    expect(keptOf(promise, times(right - 1, good), times(wrong + 1, bad)).kept).toBe('no');
    const elsewhere: Partial<Cut> = { ...bad, condition: promise.startsWith('quiet') ? 'memory' : 'quiet' };
    expect(keptOf(promise, times(right, good), times(wrong, bad), times(50, elsewhere)).kept).toBe('yes');
  });

  it('are about seconds for each program', () => {
    const seconds = (program: Cut['program'], each: number) =>
      promisesOf(times(1, { program, seconds: each })).filter(({ promise }) => promise.includes('seconds'));
    expect(seconds('balance', 5).map(({ kept }) => kept)).toEqual(['so far', 'yes', 'so far']);
    expect(seconds('hash', 5.1).map(({ kept }) => kept)).toEqual(['no', 'so far', 'so far']);
    expect(seconds('parser', 20).map(({ kept }) => kept)).toEqual(['so far', 'so far', 'yes']);
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

  it('is of the program that is the furthest behind', () => {
    const lines: Line[] = programs.flatMap(wholesOf);
    const first = nextTask(lines)!;
    const heads = first.heads.map((head) => ({ head, values: [] }));
    lines.push({ ...shared([]), program: first.program, heads });
    expect(first.kind).toBe('shared');
    expect(nextTask(lines)!.program).not.toBe(first.program);
  });

  it('is of the conditions that are asked for, and loads more of what takes longest', () => {
    const lines: Line[] = [];
    const seen = new Set<string>();
    for (let task = nextTask(lines, ['busy']); task !== undefined; task = nextTask(lines, ['busy'])) {
      const { kind, program, condition, heads } = task;
      seen.add(condition);
      if (kind === 'whole') lines.push({ ...whole, program, condition, head: heads[0]! });
      else lines.push({ ...shared([]), program, condition, heads: heads.map((each) => ({ head: each, values: [] })) });
    }
    expect([...seen]).toEqual(['busy']);
    const { heads = [] } =
      nextTask(
        lines.filter(({ kind }) => kind === 'whole'),
        ['busy'],
      ) ?? {};
    expect(heads).toEqual(neutralHeads);
    const quiet = nextTask(programs.flatMap(wholesOf), ['quiet'])!.heads;
    expect(quiet.filter((head) => head === 'limit')).toHaveLength(6);
    expect(quiet.filter((head) => head === 'slow2')).toHaveLength(1);
  });

  const wholesOf = (program: (typeof programs)[number]): Line[] =>
    (['none', 'limit'] as const).map((head) => ({ ...whole, program, head }));
});

it('goes on behind the last whole line of what a killed start has left', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-calibrate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'results.jsonl');
  writeFileSync(file, `${JSON.stringify(whole)}\n{"kind":"sha`);
  const results = openResults(file);
  expect(results.lines).toEqual([whole]);
  results.add(whole);
  expect(openResults(file).lines).toEqual([whole, whole]);
});
