/** Random draws from the recorded seed, so that a run's layouts and orders can be drawn again. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Draw } from '../arms/side.js';

export function drawFrom(seed: number): Draw {
  const generator = xoroshiro128plus(seed);
  const integer = (low: number, high: number): number => uniformInt(generator, low, high);
  return {
    integer,
    shuffled<T>(items: readonly T[]): T[] {
      const left = [...items];
      return items.flatMap(() => left.splice(integer(0, left.length - 1), 1)); // Fisher-Yates, by removal
    },
  };
}
