/**
 * Seeded trials of the slowdown gate, from the first round to the verdict. docs/judgement.md has the figures of
 * `KFAAS_COVERAGE_TRIALS=10000 npx vitest run test/unit/judge/gate-trials.test.ts`, which prints them.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { decide, type Measured } from '../../../src/judge/decide.js';
import { centreOf } from '../../../src/judge/estimate.js';
import { jobAlpha, minRounds, nextLook } from '../../../src/judge/looks.js';
import { nextStep } from '../../../src/judge/stop.js';
import { Dice, type KernelDisturbance, kernelMachines } from './noise.js';
import { measurement, planOf, rowFor } from './sample.js';

const requested = process.env['KFAAS_COVERAGE_TRIALS'];
const trials = Number(requested ?? 150);
/** More than a true rate gives once in 10,000 sets of so many trials (normal approximation, and one for its tail). */
const atMost = (rate: number): number => trials * rate + 3.72 * Math.sqrt(trials * rate * (1 - rate)) + 1;
const timeoutMs = 600_000;

/** The time limit ends the measuring here, with a planned look or well before the next. */
const most = 513;
const fewer = 62;
const limitPercent = 5;
const limit = Math.log(1 + limitPercent / 100);

type Machine = (typeof kernelMachines)[keyof typeof kernelMachines];
const names = Object.keys(kernelMachines) as (keyof typeof kernelMachines)[];
/** The machine whose arms slow down unequally for longer than the measuring lasts. */
const unequal = 'layout 2 %, and slow stretches, head more';

interface End {
  readonly outcome: string;
  readonly rounds: number;
}

interface Trial {
  /** ln of a factor each: the change of head, and what is otherwise for a whole job. */
  readonly change: number;
  readonly jobBias?: Partial<KernelDisturbance>;
  /** Rounds that the time limit allows. */
  readonly allowed?: number;
}

/** Measures as the worker does. */
function gate(machine: Machine, seed: number, { change, jobBias = {}, allowed = most }: Trial): End {
  const noise = Array.from({ length: allowed }, machine(new Dice(seed)));
  const times = (revision: keyof KernelDisturbance, log = 0): number[] =>
    noise.map((disturbance) => 76 * Math.exp(disturbance[revision] + log + (jobBias[revision] ?? 0)));
  const [base, head, again] = [times('base'), times('head', change), times('again')];
  for (let rounds = minRounds; ; rounds = Math.min(allowed, nextLook(rounds) ?? allowed)) {
    const measured: Measured = {
      plan: planOf('a', { maxSlowdownPercent: limitPercent }),
      measurement,
      gatesOfJob: 1,
      rows: [
        rowFor('a', 'kernel', head.slice(0, rounds)),
        rowFor('a', 'kernel', base.slice(0, rounds), 'time', 'base'),
        rowFor('a', 'kernel', again.slice(0, rounds), 'time', 'again'),
        rowFor('a', 'syscall', head.slice(0, rounds)),
      ],
      secondsSpent: (rounds / allowed) * measurement.timeLimitSeconds,
    };
    if (nextStep(measured) === 'enough') return { outcome: decide(measured).gates[0]!.outcome, rounds };
  }
}

/** Head's true change where there is none in the program: of noise that is not the same for all. */
function biasOf(machine: Machine): number {
  const dice = new Dice(99);
  const differences = Array.from({ length: 40_000 }, () => {
    const { head, base } = machine(dice)();
    return head - base;
  });
  return Math.log(centreOf(differences));
}

/** What the trials gave, for the documentation. */
const table = new Map<string, string[]>();
afterAll(() => {
  if (requested === undefined) return;
  const rows = [...table].map(([machine, row]) => `${machine}: ${row.join(', ')}`);
  console.log([`${requested} trials each`, ...rows].join('\n'));
});

function count(name: keyof typeof kernelMachines, trial: Trial, label: string) {
  const ends = Array.from({ length: trials }, (_, seed) => gate(kernelMachines[name], seed, trial));
  const of = (outcome: string): number => ends.filter((end) => end.outcome === outcome).length;
  const counts = { pass: of('pass'), fail: of('fail'), inconclusive: of('inconclusive') };
  const rounds = ends.map((end) => end.rounds).sort((a, b) => a - b)[Math.floor(trials / 2)] ?? 0;
  const shares = Object.entries(counts).map(([word, ofAll]) => `${((100 * ofAll) / trials).toFixed(2)} % ${word}`);
  table.set(name, [...(table.get(name) ?? []), `[${label}: ${shares.join(' ')}, ${rounds} rounds]`]);
  return counts;
}

describe('a limit of 5 %, looked at up to eight times', () => {
  it.each(names)(
    'passes what is no slower: %s',
    (name) => {
      const { pass, fail } = count(name, { change: 0 }, 'no change');
      expect(fail).toBeLessThan(atMost(jobAlpha / 2));
      expect(pass / trials).toBeGreaterThan(0.98);
    },
    timeoutMs,
  );

  it.each(names)(
    'hardly ever decides what is exactly as much slower: %s',
    (name) => {
      const change = limit - biasOf(kernelMachines[name]);
      const { pass, fail } = count(name, { change }, 'at the limit');
      const rate = name === unequal ? 0.1 : jobAlpha / 2;
      expect(fail).toBeLessThan(atMost(rate));
      expect(pass).toBeLessThan(atMost(rate));
    },
    timeoutMs,
  );

  it.each(names)(
    'is not decided more readily for its time being up between two looks: %s',
    (name) => {
      const change = limit - biasOf(kernelMachines[name]);
      const { pass, fail } = count(name, { change, allowed: fewer }, `at the limit, ${fewer} rounds`);
      const rate = name === unequal ? 0.1 : jobAlpha / 2;
      expect(fail).toBeLessThan(atMost(rate));
      expect(pass).toBeLessThan(atMost(rate));
    },
    timeoutMs,
  );

  it.each(names)(
    'fails what is 10 % slower: %s',
    (name) => {
      const { fail, pass } = count(name, { change: Math.log(1.1) }, '+10 %');
      expect(pass).toBeLessThan(atMost(jobAlpha / 2));
      expect(fail / trials).toBeGreaterThan(0.98);
    },
    timeoutMs,
  );

  it(
    'does not blame head for what the base does to itself for a whole job',
    () => {
      const machine = kernelMachines['layout 1 %'];
      const ends = Array.from({ length: trials }, (_, seed) =>
        gate(machine, seed, { change: Math.log(1.02), jobBias: { base: -Math.log(1.05) } }),
      );
      expect(ends.filter(({ outcome }) => outcome === 'fail').length).toBeLessThan(atMost(jobAlpha / 2));
    },
    timeoutMs,
  );
});
