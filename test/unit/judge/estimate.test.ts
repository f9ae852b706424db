import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreOf, intervalOf, spreadOf } from '../../../src/judge/estimate.js';
import { Dice } from './noise.js';

const level = { alpha: 0.01, confidence: 0.99 };
const logs = fc.array(fc.double({ min: -3, max: 12, noNaN: true }), { minLength: 1, maxLength: 60 });
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

describe('intervalOf', () => {
  it('holds its estimate, within all that was seen', () => {
    fc.assert(
      fc.property(logs, (values) => {
        const { estimate, low, high } = intervalOf(values, level);
        expect(low).toBeLessThanOrEqual(estimate);
        expect(estimate).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.exp(Math.min(...values)));
        expect(high).toBeLessThanOrEqual(Math.exp(Math.max(...values)));
      }),
    );
  });

  it('scales with its figures: twice the time, twice the interval', () => {
    fc.assert(
      fc.property(logs, fc.double({ min: 0.1, max: 1000, noNaN: true }), (values, factor) => {
        const [one, scaled] = [values, values.map((log) => log + Math.log(factor))].map((list) =>
          intervalOf(list, level),
        );
        expect(near(scaled!.estimate, one!.estimate * factor)).toBe(true);
      }),
    );
    const [one, scaled] = [0, Math.log(1000)].map((shift) => {
      const dice = new Dice(3);
      return intervalOf(
        Array.from({ length: 200 }, () => shift + 0.02 * dice.normal()),
        level,
      );
    });
    expect(near(scaled!.low, one!.low * 1000)).toBe(true);
    expect(near(scaled!.high, one!.high * 1000)).toBe(true);
  });

  it('turns over with its figures: the interval of the inverse is the inverse interval', () => {
    const dice = new Dice(4);
    const values = Array.from({ length: 101 }, () => 0.02 * dice.normal());
    const [one, inverse] = [values, values.map((log) => -log)].map((list) => intervalOf(list, level));
    expect(near(inverse!.estimate, 1 / one!.estimate)).toBe(true);
    expect(inverse!.low).toBeCloseTo(1 / one!.high, 4);
    expect(inverse!.high).toBeCloseTo(1 / one!.low, 4);
  });

  it('estimates the same in whatever order the rounds came', () => {
    fc.assert(
      fc.property(
        logs.chain((values) =>
          fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
        ),
        ([values, shuffled]) => {
          expect(centreOf(shuffled)).toBe(centreOf(values));
          expect(intervalOf(shuffled, level).estimate).toBe(centreOf(values));
          expect(spreadOf(shuffled)).toBe(spreadOf(values));
        },
      ),
    );
  });

  it('is the published example of Hollander and Wolfe, section 3.2: depression scores of nine patients', () => {
    // Differences of table 3.1; estimate −0.46, and (−0.786, −0.010) is the interval at 96 %.
    const differences = [-0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01];
    const { estimate, low, high } = intervalOf(differences, { alpha: 0.04, confidence: 0.96 });
    expect(Math.log(estimate)).toBeCloseTo(-0.46, 6);
    expect(Math.log(low)).toBeCloseTo(-0.786, 6);
    expect(Math.log(high)).toBeCloseTo(-0.01, 6);
  });

  it('promises less where the rounds are too few', () => {
    expect(intervalOf([0.1], level)).toMatchObject({ confidence: 0 });
    expect(intervalOf([0.1, 0.2, 0.3], level).confidence).toBe(0.75);
    expect(
      intervalOf(
        [1, 2, 3, 4, 5, 6, 7].map((x) => x / 10),
        level,
      ).confidence,
    ).toBeCloseTo(1 - 2 / 128, 12);
    expect(
      intervalOf(
        [1, 2, 3, 4, 5, 6, 7, 8].map((x) => x / 10),
        level,
      ).confidence,
    ).toBe(0.99);
  });

  it('is wider where neighbouring rounds resemble each other, and may then promise less', () => {
    const dice = new Dice(5);
    const values = Array.from({ length: 400 }, () => 0.02 * dice.normal());
    const width = (list: number[]): number => {
      const { low, high } = intervalOf(list, level);
      return Math.log(high / low);
    };
    const inStretches = [...values].sort((a, b) => Math.floor(20 * a) - Math.floor(20 * b));
    expect(width(inStretches)).toBeGreaterThan(2 * width(values));
    const twoHalves = Array.from({ length: 30 }, (_, index) => (index < 15 ? 0 : 1) + 0.01 * dice.normal());
    expect(intervalOf(twoHalves, level).confidence).toBeLessThan(0.99);
  });
});

describe('spreadOf', () => {
  it('is the standard deviation of normal noise, whatever a tenth of the rounds do', () => {
    const dice = new Dice(6);
    const values = Array.from({ length: 5000 }, (_, index) => (index % 10 === 0 ? 9 : 0.02 * dice.normal()));
    expect(spreadOf(values)).toBeGreaterThan(0.019);
    expect(spreadOf(values)).toBeLessThan(0.025);
    expect(spreadOf([1.5])).toBe(0);
  });
});
