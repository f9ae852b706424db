/** What the recorded rounds say: gates, true sizes, and what gates of single values would have said. Pure. */
import { mean, median } from '../bench.js';
import { gateOver, paceOf, type Gate } from './gate.js';
import { headNames, heads, neutralHeads, programs, type HeadName, type ProgramName } from './heads.js';
import { conditions, type Condition, type Line, type SharedLine, type WholeLine } from './results.js';

/** One gate that was cut from shared rounds. */
export interface Cut extends Gate {
  readonly program: ProgramName;
  readonly condition: Condition;
  readonly head: HeadName;
}

/** The ratio of two single values: one load of head, one of the base, in one round. */
export interface Single {
  readonly program: ProgramName;
  readonly condition: Condition;
  readonly head: HeadName;
  readonly ratio: number;
}

export const isShared = (line: Line): line is SharedLine => line.kind === 'shared';
export const isWhole = (line: Line): line is WholeLine => line.kind === 'whole';

/** Every head's gate of every set-up whose pace is known. */
export function cutGates(lines: readonly Line[]): Cut[] {
  return conditions.flatMap((condition) =>
    programs.flatMap((program) => {
      const here = lines.filter((line) => line.program === program && line.condition === condition);
      const pace = paceOf(here.filter(isWhole));
      if (pace === undefined) return [];
      return here
        .filter(isShared)
        .flatMap((line) =>
          line.heads.map(({ head, values }): Cut => ({ ...gateOver(line, values, pace), program, condition, head })),
        );
    }),
  );
}

/** Every round as a gate of single values, as it would be if nothing were repeated. */
export function singles(lines: readonly Line[]): Single[] {
  return lines.filter(isShared).flatMap(({ program, condition, base, heads: loads }) =>
    loads.flatMap(({ head, values }) =>
      values.map((value, round): Single => ({
        program,
        condition,
        head,
        ratio: value / (base[round] ?? Number.NaN),
      })),
    ),
  );
}

export interface Tally {
  readonly gates: number;
  readonly pass: number;
  readonly inconclusive: number;
  readonly fail: number;
  readonly medianSeconds: number;
}

export function tally(gates: readonly (Pick<Gate, 'outcome' | 'seconds'> & object)[]): Tally {
  const count = (outcome: Gate['outcome']): number => gates.filter((gate) => gate.outcome === outcome).length;
  return {
    gates: gates.length,
    pass: count('pass'),
    inconclusive: count('inconclusive'),
    fail: count('fail'),
    medianSeconds: median(gates.map(({ seconds }) => seconds)),
  };
}

export interface TrueSize {
  readonly program: ProgramName;
  readonly head: HeadName;
  readonly percent: number;
  /** One standard error, from the differences between set-ups. */
  readonly errorPercent: number;
  readonly setUps: number;
  readonly rounds: number;
}

/**
 * What a head truly costs: the mean of ln(head ÷ geometric mean of base and again) over all quiet rounds. A set-up ends when its
 * gates do, so rounds weigh alike and not set-ups (Wald's identity); set-ups are what is independent.
 */
export function trueSizes(lines: readonly Line[]): TrueSize[] {
  return programs.flatMap((program) =>
    headNames.flatMap((head): TrueSize[] => {
      const setUps = lines
        .filter(isShared)
        .filter((line) => line.program === program && line.condition === 'quiet')
        .flatMap(({ base, again, heads: loads }) =>
          loads.filter((load) => load.head === head).map(({ values }) => ({ base, again, values })),
        )
        .map(({ base, again, values }) => ({
          rounds: values.length,
          sum: values.reduce((sum, value, i) => {
            return sum + 100 * (Math.log(value) - (Math.log(base[i] ?? NaN) + Math.log(again[i] ?? NaN)) / 2);
          }, 0),
        }));
      if (setUps.length < 2) return [];
      const rounds = setUps.reduce((total, setUp) => total + setUp.rounds, 0);
      const percent = setUps.reduce((total, setUp) => total + setUp.sum, 0) / rounds;
      const squares = setUps.reduce((total, setUp) => total + (setUp.sum - percent * setUp.rounds) ** 2, 0);
      return [{ program, head, percent, errorPercent: Math.sqrt(squares) / rounds, setUps: setUps.length, rounds }];
    }),
  );
}

/** Neutral heads together, and each of the others: what a table has rows of. */
export const sizes = [
  { title: 'neutral', heads: neutralHeads },
  ...headNames
    .filter((head) => heads[head].plannedPercent > 0)
    .map((head) => ({ title: heads[head].title, heads: [head] })),
] as const;

export function share(of: readonly boolean[]): number {
  return mean(of.map(Number));
}
