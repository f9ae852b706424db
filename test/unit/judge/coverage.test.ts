/**
 * Coverage by seeded trials: the interval holds the truth as often as it promises. docs/judgement.md has the figures of
 * `KFAAS_COVERAGE_TRIALS=10000 npx vitest run test/unit/judge/coverage.test.ts`, which prints them.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { decide, type Measured } from '../../../src/judge/decide.js';
import { centreOf, intervalOf } from '../../../src/judge/estimate.js';
import { jobAlpha, minRounds, nextLook } from '../../../src/judge/looks.js';
import { nextStep } from '../../../src/judge/stop.js';
import { Dice, type Disturbance, type Machine, machines } from './noise.js';
import { measurement, planOf, rowFor } from './sample.js';

const requested = process.env['KFAAS_COVERAGE_TRIALS'];
const trials = Number(requested ?? 250);
/** More misses than a true 1 % gives once in 10,000 sets of so many trials (normal approximation, and one for its tail). */
const tooMany = trials * jobAlpha + 3.72 * Math.sqrt(trials * jobAlpha * (1 - jobAlpha)) + 1;
const timeoutMs = 600_000;

/** One look; what several looks cost is tried at stopping. */
const level = { alpha: jobAlpha, confidence: 1 - jobAlpha };
const kernelNs = 76;
const trueSpeedup = 5;

type Figure = (disturbance: Disturbance) => number;
const kernelTime: Figure = ({ kernel }) => kernel;
const speedup: Figure = ({ user, kernel }) => user - kernel;

/** The pseudo-median of the noise itself, from single rounds of many runs. */
function truthOf(machine: Machine, figure: Figure): number {
  const dice = new Dice(99);
  return centreOf(Array.from({ length: Math.max(40_000, 40 * trials) }, () => figure(machine(dice)())));
}

function roundsOf(machine: Machine, seed: number, rounds: number): Disturbance[] {
  return Array.from({ length: rounds }, machine(new Dice(seed)));
}

/** What the trials gave, by machine and column, for the documentation. */
const table = new Map<string, Map<string, string>>();
function note(machine: string, column: string, count: number): void {
  const row = table.get(machine) ?? new Map<string, string>();
  table.set(machine, row.set(column, `${((100 * count) / trials).toFixed(2)} %`));
}
afterAll(() => {
  if (requested === undefined) return;
  const rows = [...table].map(([machine, row]) => `${machine}: ${[...row].map((pair) => pair.join(' ')).join(', ')}`);
  console.log([`${requested} trials each`, ...rows].join('\n'));
});

function misses(machine: Machine, figure: Figure, rounds: number): number {
  const truth = truthOf(machine, figure);
  return Array.from({ length: trials }, (_, seed) => {
    const { low, high } = intervalOf(roundsOf(machine, seed, rounds).map(figure), level);
    return Number(truth < low || truth > high);
  }).reduce((sum, miss) => sum + miss, 0);
}

/** In which every arm slows down by a factor of its own for several rounds: the rounds are not independent. */
const unequal = 'slow stretches, kernel more';
const names = Object.keys(machines) as (keyof typeof machines)[];

describe('a 99 % interval of one look', () => {
  it.each(names.filter((name) => name !== unequal))(
    'holds the true speedup: %s',
    (name) => {
      const missed = [minRounds, 152].map((rounds) => misses(machines[name], speedup, rounds));
      missed.forEach((count, index) => note(name, `speedup missed (${[minRounds, 152][index]} rounds)`, count));
      for (const count of missed) expect(count).toBeLessThan(tooMany);
    },
    timeoutMs,
  );

  it.each(names.filter((name) => !name.startsWith('slow stretches')))(
    'holds the true time: %s',
    (name) => {
      const missed = [minRounds, 152].map((rounds) => misses(machines[name], kernelTime, rounds));
      missed.forEach((count, index) => note(name, `time missed (${[minRounds, 152][index]} rounds)`, count));
      for (const count of missed) expect(count).toBeLessThan(tooMany);
    },
    timeoutMs,
  );

  it('is no wider for it than it has to be', () => {
    const rounds = 152;
    const widths = Array.from({ length: 200 }, (_, seed) => {
      const { low, high } = intervalOf(roundsOf(machines['normal layout noise'], seed, rounds).map(speedup), level);
      return Math.log(high / low) / 2;
    });
    const mean = widths.reduce((sum, width) => sum + width, 0) / widths.length;
    const ofTheMean = (2.576 * Math.hypot(0.006, 0.02)) / Math.sqrt(rounds);
    note('normal layout noise', 'half width ÷ that of a mean', (mean / ofTheMean) * trials);
    expect(mean / ofTheMean).toBeGreaterThan(1);
    expect(mean / ofTheMean).toBeLessThan(1.25);
  });
});

/** Measures as the worker does, up to a time limit at 152 rounds, and gives the gate's outcome where it stopped. */
function outcomeAtStopping(machine: Machine, seed: number, threshold: number): string {
  const most = 152;
  const noise = roundsOf(machine, seed, most);
  const times = (ns: number, figure: Figure): number[] =>
    noise.map((disturbance) => ns * Math.exp(figure(disturbance)));
  const kernel = times(kernelNs, kernelTime);
  const user = times(kernelNs * trueSpeedup, ({ user: slower }) => slower);
  for (let rounds = minRounds; ; rounds = nextLook(rounds) ?? most) {
    const measured: Measured = {
      plan: planOf('a', { threshold }),
      measurement,
      gatesOfJob: 1,
      rows: [rowFor('a', 'kernel', kernel.slice(0, rounds)), rowFor('a', 'syscall', user.slice(0, rounds))],
      secondsSpent: (rounds / most) * measurement.timeLimitSeconds,
    };
    if (nextStep(measured) === 'enough') return decide(measured).gates[0]!.outcome;
  }
}

function countAtStopping(name: keyof typeof machines, threshold: number, outcomes: readonly string[]): number {
  return Array.from({ length: trials }, (_, seed) => outcomeAtStopping(machines[name], seed, threshold)).filter(
    (outcome) => outcomes.includes(outcome),
  ).length;
}

describe('a gate that is looked at five times', () => {
  it.each(names.filter((name) => name !== unequal))(
    'is decided by mistake in at most one run of a hundred: %s',
    (name) => {
      const wrong = countAtStopping(name, trueSpeedup * truthOf(machines[name], speedup), ['pass', 'fail']);
      note(name, 'decided at the threshold', wrong);
      expect(wrong).toBeLessThan(tooMany);
    },
    timeoutMs,
  );

  it('is wrong more often where the arms slow down unequally for longer than the measuring lasts', () => {
    const wrong = countAtStopping(unequal, trueSpeedup * truthOf(machines[unequal], speedup), ['pass', 'fail']);
    const farOff = countAtStopping(unequal, trueSpeedup * 0.95, ['fail']);
    note(unequal, 'decided at the threshold', wrong);
    note(unequal, 'fails at a threshold 5 % lower', farOff);
    expect(wrong / trials).toBeLessThan(0.15);
    expect(farOff).toBeLessThan(tooMany);
  });

  it.each([
    ['passes', 0.98, 'pass'],
    ['fails', 1.02, 'fail'],
  ])('%s where the threshold is %d of the speedup', (_verb, factor, outcome) => {
    const right = countAtStopping('normal layout noise', trueSpeedup * factor, [outcome]);
    note('normal layout noise', `${outcome} at ${factor} × the speedup`, right);
    expect(right / trials).toBeGreaterThan(0.97);
  });
});
