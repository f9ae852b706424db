import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanIntervalOf, studentQuantile } from '../../../src/judge/student.js';
import { Dice } from './noise.js';

const level = { alpha: 0.01, confidence: 0.99 };

describe("Student's quantile", () => {
  it.each([
    // by R's qt(1 - alpha / 2, degrees)
    [1, 0.05, 12.706205],
    [2, 0.05, 4.3026527],
    [3, 0.01, 5.8409093],
    [4, 0.0005, 10.3062547],
    [9, 0.01, 3.2498355],
    [29, 0.0005, 3.9177141],
    [100, 0.01, 2.6258905],
    [99_757, 0.01, 2.5758788],
  ])('of %d degrees at %d', (degrees, alpha, t) => {
    expect(studentQuantile(alpha, degrees) / t).toBeCloseTo(1, 4);
  });
});

describe('the interval of a mean', () => {
  it('is the one of the textbook, as figures', () => {
    // 1 … 10: mean 5.5, standard deviation 3.02765, t of 9 degrees 3.24984
    const { estimate, low, high, confidence } = meanIntervalOf([5, 6, 1, 10, 3, 8, 2, 9, 4, 7], level);
    const halfWidth = (3.2498355 * 3.0276504) / Math.sqrt(10);
    expect(Math.log(estimate)).toBeCloseTo(5.5, 12);
    expect(Math.log(high) - 5.5).toBeCloseTo(halfWidth, 4);
    expect(5.5 - Math.log(low)).toBeCloseTo(halfWidth, 4);
    expect(confidence).toBe(0.99);
  });

  it('promises little of few rounds, and of one nothing', () => {
    expect(meanIntervalOf([0.1], level)).toMatchObject({ confidence: 0 });
    expect(meanIntervalOf([0.1, 0.2, 0.15], level).confidence).toBe(0.75);
  });

  it('is wider where neighbours resemble each other', () => {
    const dice = new Dice(3);
    const values = Array.from({ length: 100 }, () => dice.normal());
    const width = (logs: readonly number[]): number =>
      Math.log(meanIntervalOf(logs, level).high / meanIntervalOf(logs, level).low);
    expect(width(values.toSorted((a, b) => a - b))).toBeGreaterThan(2 * width(values));
  });

  it('turns over with the sign, and moves with the values', () => {
    const logs = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(logs, fc.double({ min: -1, max: 1, noNaN: true }), (values, by) => {
        const { low, high } = meanIntervalOf(values, level);
        const turned = meanIntervalOf(
          values.map((value) => -value),
          level,
        );
        const moved = meanIntervalOf(
          values.map((value) => value + by),
          level,
        );
        expect(Math.log(turned.low)).toBeCloseTo(-Math.log(high), 9);
        expect(Math.log(moved.low)).toBeCloseTo(Math.log(low) + by, 9);
      }),
    );
  });
});
