import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/prove/compare.js';
import { settled, type Player } from '../../../src/prove/steady.js';
import { failureFrom } from '../../helpers/failure.js';

/** Gives what `retvalOf` makes of how many runs there were, of any input. */
function playing(retvalOf: (runs: number, input: number) => number): Player & { readonly often: Player['often'] } {
  let runs = 0;
  return {
    once: (input): Outcome => ({ retval: retvalOf(runs++, input), output: Buffer.alloc(0) }),
    often: (_, more) => (runs += more),
  };
}

const names = ['a', 'b'];
const retvals = ({ outcomes }: ReturnType<typeof settled>): number[] => outcomes.map(({ retval }) => retval);

describe('what a program gives when it has settled', () => {
  it('is what it gave at first, where it keeps no state', () => {
    const steady = settled(
      'f',
      names,
      playing((_, input) => 7 + input),
    );
    expect(retvals(steady)).toEqual([7, 8]);
    expect(steady).toMatchObject({ warmUpRuns: 0, fromTheFirst: true });
  });

  it.each([
    [2, 16],
    [30, 16],
    [40, 256],
    [4000, 4096],
  ])('may come after %i runs, behind %i of each in a row', (changesAfter, warmUpRuns) => {
    const steady = settled(
      'f',
      names,
      playing((runs) => Math.min(runs, changesAfter)),
    );
    expect(retvals(steady)).toEqual([changesAfter, changesAfter]);
    expect(steady).toMatchObject({ warmUpRuns, fromTheFirst: false });
  });

  it('is more than its return value', () => {
    let runs = 0;
    const once = (): Outcome => ({ retval: 7, output: Buffer.from([Math.min(runs++, 20)]) });
    const steady = settled('f', names, { once, often: (_, more) => (runs += more) });
    expect(steady).toMatchObject({
      warmUpRuns: 16,
      fromTheFirst: false,
      outcomes: [{ output: Buffer.from([20]) }, {}],
    });
  });

  it('is nothing where it goes on to change: named by its input', () => {
    const failure = failureFrom(() =>
      settled(
        'f',
        names,
        playing((runs, input) => (input === 1 ? runs : 0)),
      ),
    );
    expect(failure.kind).toBe('proof');
    expect(failure.message).toMatch(/^f: the same input b gives something else each time, and does not settle: return/);
    expect(failure.remedy).toContain('time, chance or CPU');
  });
});
