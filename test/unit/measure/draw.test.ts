import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFrom } from '../../../src/measure/draw.js';

function integers(seed: number, count = 20): number[] {
  const draw = drawFrom(seed);
  return Array.from({ length: count }, () => draw.integer(0, 1000));
}

describe('draws', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(integers(7041)).toEqual(integers(7041));
    expect(integers(7041)).not.toEqual(integers(7042));
    expect(integers(0)).not.toEqual(integers(0xffff_ffff));
  });

  it('of integers reach both ends and nothing beyond', () => {
    const draw = drawFrom(1);
    const drawn = new Set(Array.from({ length: 200 }, () => draw.integer(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
    expect(draw.integer(5, 5)).toBe(5);
  });

  it('of orders keep every item once and leave the given list alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat({ max: 5 }), { maxLength: 20 }), (seed, items) => {
        const given = [...items];
        expect(drawFrom(seed).shuffled(items).sort()).toEqual([...items].sort());
        expect(items).toEqual(given);
      }),
    );
  });

  it('of orders favour none', () => {
    const draw = drawFrom(42);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = draw.shuffled(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Six orders, 1000 of each expected, with a standard deviation of 29.
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * 29);
  });
});
