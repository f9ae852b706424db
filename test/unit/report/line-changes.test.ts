import { describe, expect, it } from 'vitest';
import { changesOn, executedChanges, mostChangedInput } from '../../../src/report/line-changes.js';
import { sampleExecuted, type SampleLine } from '../../helpers/executed.js';

const line = (number: number, text: string, ...counts: number[]): SampleLine => ({ line: number, text, counts });

function changes(base: readonly SampleLine[], head: readonly SampleLine[]) {
  const both = { base: sampleExecuted(base), head: sampleExecuted(head) };
  const { lines, unchanged } = executedChanges(both);
  return { lines: lines.map(({ kind, line, base, head }) => [kind, line, base, head]), unchanged };
}

describe('lines of base and head', () => {
  it('belong together by what is written there, wherever they have moved to', () => {
    const base = [line(10, 'a();', 5, 5), line(11, 'b();', 3, 3), line(12, 'c();', 1, 1)];
    const head = [line(20, 'a();', 5, 5), line(21, 'new();', 2, 0), line(22, 'b();', 3, 4), line(25, 'c();', 1, 1)];
    expect(changes(base, head)).toEqual({
      lines: [
        ['added', 21, [0, 0], [2, 0]],
        ['changed', 22, [3, 3], [3, 4]],
      ],
      unchanged: 2,
    });
  });

  it('are told apart where one text stands in several places', () => {
    const base = [line(1, 'i++;', 4, 4), line(2, 'if (i)', 2, 2), line(3, 'i++;', 9, 9)];
    const head = [line(1, 'i++;', 4, 4), line(2, 'if (i)', 2, 2), line(3, 'i++;', 10, 9)];
    expect(changes(base, head).lines).toEqual([['changed', 3, [9, 9], [10, 9]]]);
  });

  it('are looked for in the same function alone', () => {
    const base = [{ ...line(1, 'x = 1;', 1, 1), function: 'one' }];
    const head = [{ ...line(1, 'x = 1;', 1, 1), function: 'two' }];
    expect(changes(base, head).lines).toEqual([
      ['added', 1, [0, 0], [1, 1]],
      ['removed', 1, [1, 1], [0, 0]],
    ]);
  });

  it('may lie in another folder', () => {
    const base = [{ ...line(1, 'x = 1;', 1, 1), file: 'old/parse.h' }];
    const head = [{ ...line(1, 'x = 1;', 1, 1), file: '/elsewhere/parse.h' }];
    expect(changes(base, head)).toEqual({ lines: [], unchanged: 1 });
  });

  it('without text belong together by their numbers', () => {
    const bare = (number: number, count: number): SampleLine => ({ line: number, counts: [count, count] });
    expect(changes([bare(1, 2), bare(2, 2)], [bare(1, 2), bare(2, 3)]).lines).toEqual([['changed', 2, [2, 2], [3, 3]]]);
  });

  it('without text are others where they have other numbers', () => {
    const bare = (number: number): SampleLine => ({ line: number, counts: [2, 2] });
    const { lines, unchanged } = changes([bare(1)], [bare(5)]);
    expect([lines.map(([kind, number]) => [kind, number]), unchanged]).toEqual([
      [
        ['added', 5],
        ['removed', 1],
      ],
      0,
    ]);
  });

  it('are told apart in functions of one name from several files', () => {
    const of = (file: string, count: number): SampleLine => ({ ...line(1, 'return n;', count, count), file });
    const [base, head] = [
      [of('a.h', 5), of('b.h', 7)],
      [of('b.h', 7), of('a.h', 5)],
    ];
    expect(changes(base, head)).toEqual({ lines: [], unchanged: 2 });
  });

  it('that are never executed on either side are no change', () => {
    expect(changes([], [line(1, 'never();', 0, 0)])).toEqual({ lines: [], unchanged: 0 });
  });
});

describe('the input that changed the most', () => {
  const both = (base: readonly [number, number], head: readonly [number, number]) => ({
    base: sampleExecuted([line(1, 'a', ...base)]),
    head: sampleExecuted([line(1, 'a', ...head)]),
  });

  it.each([
    ['grew by the largest share', [100, 10], [120, 13], 1],
    ['grew, whatever another one lost', [100, 100], [101, 50], 0],
    ['lost the most where none grew', [100, 100], [90, 60], 1],
    ['lost anything where no other changed', [100, 100], [100, 60], 1],
  ] as const)('%s', (_, base, head, input) => {
    expect(mostChangedInput(both(base, head))).toBe(input);
  });

  it('has its lines told by the size of their change', () => {
    const base = [line(1, 'a', 10, 0), line(2, 'b', 10, 0), line(3, 'c', 10, 0)];
    const head = [line(1, 'a', 11, 0), line(2, 'b', 5, 0), line(3, 'c', 10, 0)];
    const { lines } = executedChanges({ base: sampleExecuted(base), head: sampleExecuted(head) });
    expect(changesOn(lines, 0).map(({ change, delta }) => [change.line, delta])).toEqual([
      [2, -5],
      [1, 1],
    ]);
    expect(changesOn(lines, 1)).toEqual([]);
  });
});
