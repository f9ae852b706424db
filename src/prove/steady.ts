/**
 * What programs give that keep state: a table that is filled by the first packet may answer the second one otherwise. Timed
 * runs come late, so what they must give is what stays when all inputs have been played again.
 */
import { KfaasError } from '../errors.js';
import { differences, isSame, type Outcome } from './compare.js';

/** One side of a benchmark, from fresh state on. */
export interface Player {
  /** Runs an input once, afresh. */
  once(input: number): Outcome;
  /** Runs an input so many times in a row, afresh each time. */
  often(input: number, runs: number): void;
}

export interface Steady {
  /** One for each input. */
  readonly outcomes: readonly Outcome[];
  /** Runs of every input in a row that it took beside two plays; 0: none. */
  readonly warmUpRuns: number;
  /** Whether the very first play gave the same. */
  readonly fromTheFirst: boolean;
}

/** The last fills a ring buffer of the usual size. */
const warmUps = [0, 16, 256, 4096] as const;

/** Throws a KfaasError of kind proof where results go on to change. */
export function settled(program: string, names: readonly string[], player: Player): Steady {
  const play = (): Outcome[] => names.map((_, input) => player.once(input));
  const first = play();
  let [before, after] = [first, play()];
  for (const warmUpRuns of warmUps) {
    if (warmUpRuns > 0) {
      for (const input of names.keys()) player.often(input, warmUpRuns);
      [before, after] = [play(), play()];
    }
    if (changed(before, after) < 0) return { outcomes: after, warmUpRuns, fromTheFirst: changed(first, after) < 0 };
  }
  throw unsettled(program, names, before, after);
}

/** The first input that gives something else; -1 where none does. */
function changed(before: readonly Outcome[], after: readonly Outcome[]): number {
  return before.findIndex((outcome, i) => {
    const other = after[i];
    return other === undefined || !isSame(outcome, other);
  });
}

function unsettled(
  program: string,
  names: readonly string[],
  before: readonly Outcome[],
  after: readonly Outcome[],
): KfaasError {
  const at = changed(before, after);
  const [one, other] = [before[at], after[at]];
  if (one === undefined || other === undefined) throw new Error('an input without outcomes');
  const found = differences(one, other, 'the first time', 'the second time');
  return new KfaasError({
    kind: 'proof',
    message: `${program}: the same input ${names[at] ?? ''} gives something else each time, and does not settle: ${found[0] ?? ''}`,
    remedy:
      'look for state that is kept between runs (globals, maps) and for results that depend on time, chance or CPU; give inputs on which it settles',
    detail: found.join('\n'),
  });
}
