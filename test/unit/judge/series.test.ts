import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logRatios, rowOf, seriesOf } from '../../../src/judge/series.js';
import { rowFor } from './sample.js';

const row = (rounds: number[], values: number[]) => ({ ...rowFor('a', 'kernel', values), rounds });

describe('series', () => {
  it('pair by the number of the round, wherever it stands in the file', () => {
    const times = fc.uniqueArray(
      fc.record({
        round: fc.nat(1000),
        user: fc.double({ min: 1, max: 1e6, noNaN: true }),
        kernel: fc.double({ min: 1, max: 1e6, noNaN: true }),
      }),
      { minLength: 1, selector: ({ round }) => round },
    );
    const shuffles = times.chain((list) =>
      fc.record({
        list: fc.constant(list),
        forUser: fc.shuffledSubarray(list, { minLength: list.length }),
        forKernel: fc.shuffledSubarray(list, { minLength: list.length }),
      }),
    );
    fc.assert(
      fc.property(shuffles, ({ list, forUser, forKernel }) => {
        const user = seriesOf(
          row(
            forUser.map(({ round }) => round),
            forUser.map((entry) => entry.user),
          ),
        );
        const kernel = seriesOf(
          row(
            forKernel.map(({ round }) => round),
            forKernel.map((entry) => entry.kernel),
          ),
        );
        const byRound = [...list].sort((a, b) => a.round - b.round);
        expect(logRatios(user, kernel)).toEqual(byRound.map((entry) => Math.log(entry.user / entry.kernel)));
      }),
    );
  });

  it('leave out the rounds that only one side has', () => {
    const [user, kernel] = [seriesOf(row([4, 2, 9], [40, 20, 90])), seriesOf(row([2, 3, 4], [10, 10, 10]))];
    expect(logRatios(user, kernel)).toEqual([Math.log(2), Math.log(4)]);
  });

  it('are found by benchmark, revision, arm and metric', () => {
    const rows = [
      rowFor('a', 'kernel', [1]),
      rowFor('a', 'kernel', [2], 'floor'),
      rowFor('b', 'kernel', [3]),
      rowFor('a', 'call', [4]),
    ];
    const find = (benchmark: string, arm: 'kernel' | 'call', metric: 'time' | 'floor') =>
      rowOf(rows, { benchmark, revision: 'head', arm, metric })?.values;
    expect([
      find('a', 'kernel', 'time'),
      find('a', 'kernel', 'floor'),
      find('b', 'kernel', 'time'),
      find('a', 'call', 'time'),
    ]).toEqual([[1], [2], [3], [4]]);
    expect(rowOf(rows, { benchmark: 'a', revision: 'base', arm: 'kernel', metric: 'time' })).toBeUndefined();
  });
});
