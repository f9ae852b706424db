import { describe, expect, it } from 'vitest';
import type { CodeLine } from '../../../src/code/code.js';
import { codeDifference } from '../../../src/code/difference.js';

/** `je@3` jumps to the fourth line. */
function functionOf(name: string, lines: readonly string[]) {
  return {
    name,
    lines: lines.map((line): CodeLine => {
      const [verb = '', target] = line.split('@');
      return target === undefined
        ? { text: verb, sameAs: verb }
        : { text: `${verb} ${target}`, sameAs: verb, target: Number(target) };
    }),
  };
}

const difference = (base: readonly string[], head: readonly string[]) =>
  codeDifference([functionOf('f', base)], [functionOf('f', head)]);

describe('codeDifference', () => {
  it('says nothing of functions that are alike', () => {
    expect(difference(['a', 'je@3', 'b', 'c'], ['a', 'je@3', 'b', 'c'])).toEqual([]);
  });

  it('shows what was added, with what stands around it', () => {
    const lines = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(difference(lines, lines.toSpliced(3, 0, 'new'))).toEqual([
      { name: 'f', base: 6, head: 7, lines: ['@ 1 unchanged', ' b', ' c', '+new', ' d', ' e', '@ 1 unchanged'] },
    ]);
  });

  it('takes a jump over what was added for the same jump', () => {
    expect(difference(['je@3', 'a', 'b', 'c'], ['je@4', 'a', 'new', 'b', 'c'])[0]!.lines).toEqual([
      ' je 4',
      ' a',
      '+new',
      ' b',
      ' c',
    ]);
  });

  it('shows a jump that goes elsewhere', () => {
    expect(difference(['je@3', 'a', 'b', 'c'], ['je@2', 'a', 'b', 'c'])[0]!.lines).toEqual([
      '-je 3',
      '+je 2',
      ' a',
      ' b',
      '@ 1 unchanged',
    ]);
  });

  it('tells functions that are new or gone', () => {
    const told = codeDifference([functionOf('gone', ['a'])], [functionOf('new', ['b'])]);
    expect(told).toEqual([
      { name: 'new', base: 0, head: 1, lines: ['+b'] },
      { name: 'gone', base: 1, head: 0, lines: ['-a'] },
    ]);
  });

  it('keeps no more than a record holds, and counts the rest', () => {
    const many = Array.from({ length: 500 }, (_, i) => `line ${String(i)} ${'x'.repeat(400)}`);
    const [told] = difference([], many);
    expect(told!.lines).toHaveLength(120);
    expect(told!.leftOut).toBe(380);
    expect(Math.max(...told!.lines.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });
});
