import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAtMost, countUpTo, selectWalshAverage } from '../../../src/judge/walsh.js';

const logs = fc.array(fc.double({ min: -3, max: 12, noNaN: true }), { minLength: 1, maxLength: 40 });
/** Few different values, so that there are ties. */
const ties = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 40 });
const values = fc.oneof(logs, ties).map((list) => Float64Array.from(list).sort());

function allWalshAverages(sorted: Float64Array): number[] {
  const averages = [...sorted].flatMap((x, i) => [...sorted].slice(i).map((y) => (x + y) / 2));
  return averages.sort((a, b) => a - b);
}

describe('Walsh averages', () => {
  it('are selected as if all of them had been written down', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (sorted, where) => {
        const all = allWalshAverages(sorted);
        const k = 1 + Math.floor(where * (all.length - 1));
        expect(Math.abs(selectWalshAverage(sorted, k) - all[k - 1]!)).toBeLessThan(1e-12);
      }),
    );
  });

  it('are counted as if all of them had been written down', () => {
    fc.assert(
      fc.property(values, fc.double({ min: -3, max: 12, noNaN: true }), (sorted, bound) => {
        expect(countAtMost(sorted, bound)).toBe(allWalshAverages(sorted).filter((average) => average <= bound).length);
        expect(countUpTo(sorted, bound)).toBe(sorted.filter((value) => value <= bound).length);
      }),
    );
  });

  it('of ten thousand values are selected without writing down fifty million', () => {
    const sorted = Float64Array.from({ length: 10_000 }, (_, index) => index / 10_000);
    expect(selectWalshAverage(sorted, (10_000 * 10_001) / 4)).toBeCloseTo(0.49995, 4);
  });
});
