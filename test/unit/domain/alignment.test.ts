import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align } from '../../../src/domain/alignment.js';

const same = (a: string, b: string): boolean => a === b;

/** By the textbook's table. */
function longest(a: readonly string[], b: readonly string[]): number {
  let row = Array<number>(b.length + 1).fill(0);
  for (const one of a) {
    const next = [0];
    for (const [j, other] of b.entries()) next.push(one === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row[b.length]!;
}

describe('align', () => {
  it('pairs what was there before and is there now', () => {
    expect(align('abcdef'.split(''), 'abxcdf'.split(''), same)).toEqual([
      [0, 0],
      [1, 1],
      [2, 3],
      [3, 4],
      [5, 5],
    ]);
  });

  it('finds a longest common subsequence', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = align(a, b, same);
        expect(pairs).toHaveLength(longest(a, b));
        for (const [i, [x, y]] of pairs.entries()) {
          expect(a[x]).toBe(b[y]);
          const [previousX, previousY] = pairs[i - 1] ?? [-1, -1];
          expect(x > previousX && y > previousY).toBe(true);
        }
      }),
    );
  });

  it('gives up between a common beginning and a common end where too much is different', () => {
    const many = (letter: string) => Array<string>(2_000).fill(letter);
    const pairs = align(['s', ...many('a'), 'x', ...many('b'), 'e'], ['s', ...many('c'), 'x', ...many('d'), 'e'], same);
    expect(pairs).toEqual([
      [0, 0],
      [4_002, 4_002],
    ]);
  });
});
