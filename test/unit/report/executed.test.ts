import { describe, expect, it } from 'vitest';
import type { Executed } from '../../../src/domain/record.js';
import {
  coverageSentence,
  executedSentence,
  inputColumns,
  inputGroups,
  inputRows,
  whereSentence,
} from '../../../src/report/executed.js';
import { countedBenchmark, sampleExecuted, type SampleLine } from '../../helpers/executed.js';
import { sampleBenchmark } from '../../helpers/verdicts.js';

const line = (number: number, text: string, ...counts: number[]): SampleLine => ({ line: number, text, counts });

describe('coverage', () => {
  it('names the stretches that no input reaches', () => {
    const head = sampleExecuted([
      line(10, 'a', 5, 5),
      line(20, 'b', 0, 0),
      line(23, 'c', 0, 0),
      line(30, 'd', 0, 1),
      line(40, 'e', 0, 0),
      { ...line(30, 'd', 0, 0), function: 'inlined' }, // the same line, executed in another place
      { ...line(7, 'f', 0, 0), file: 'bpf/parse.h' },
    ]);
    expect(coverageSentence(countedBenchmark(head))).toBe(
      'the 2 inputs reach 28.5 % of 7 instructions; never: parse.bpf.c:20-23, parse.bpf.c:40, parse.h:7',
    );
  });

  it('counts what it does not name', () => {
    const lines = Array.from({ length: 20 }, (_, i) => line(i + 1, 'x', i % 2));
    expect(coverageSentence(countedBenchmark(sampleExecuted(lines, ['udp'])))).toMatch(
      /^the input reaches 50\.0 % of 20 instructions; never: .*:1, .*:3, .*:5, .*:7 and 6 more$/,
    );
  });

  it('is only called whole where it is', () => {
    expect(coverageSentence(countedBenchmark(sampleExecuted([line(1, 'a', 1, 1)])))).toBe(
      'the 2 inputs reach all of 1 instructions',
    );
    const almost = { ...sampleExecuted([line(1, 'a', 1, 1)]), coverage: { reached: 99_999, instructions: 100_000 } };
    expect(coverageSentence(countedBenchmark(almost))).toContain('99.9 %');
  });

  it('is not told where nothing was counted', () => {
    const { record } = sampleBenchmark();
    expect([coverageSentence(record), executedSentence(record), whereSentence(record)]).toEqual(['', '', '']);
    expect(inputRows(record)).toEqual([]);
  });
});

describe('where the change is', () => {
  const base = sampleExecuted([line(80, 'a', 100, 50), line(86, 'b', 100, 50)]);

  it('names the input, the line and the function', () => {
    const head = sampleExecuted([line(80, 'a', 100, 50), line(88, 'c', 14, 0), line(90, 'b', 100, 50)]);
    expect(whereSentence(countedBenchmark(head, base))).toBe(
      'on input `udp` 200 → 214 instructions: +14 at `parse.bpf.c:88` in `parse`; 2 lines unchanged',
    );
    expect(inputRows(countedBenchmark(head, base))).toMatchObject([
      { input: 'udp', instructions: 214, base: 200 },
      { input: 'tcp', instructions: 100, base: 100 },
    ]);
  });

  it('names what was removed by its line in the base, and no more than three', () => {
    const head = sampleExecuted([1, 2, 3, 4].map((i) => line(i, String(i), 10 * i, 10 * i)));
    expect(whereSentence(countedBenchmark(head, base))).toBe(
      'on input `udp` 200 → 100 instructions: −100 at `parse.bpf.c:80` of the base in `parse`, ' +
        '−100 at `parse.bpf.c:86` of the base in `parse`, +40 at `parse.bpf.c:4` in `parse` and 3 other lines; 0 lines unchanged',
    );
  });

  it('quotes what others named, whatever is in it', () => {
    const named = (count: number) =>
      sampleExecuted([{ ...line(1, 'a', count), file: 'a`b.c', function: 'f`g' }], ['u`dp']);
    expect(whereSentence(countedBenchmark(named(3), named(1)))).toBe(
      "on input `u'dp` 1 → 3 instructions: +2 at `a'b.c:1` in `f'g`; 0 lines unchanged",
    );
  });

  it('says nothing where every input executes what it did', () => {
    expect(whereSentence(countedBenchmark(base, base))).toBe('');
  });

  it('says that lines are not known', () => {
    const bare = (instructions: number): Executed => ({
      ...sampleExecuted([], ['udp']),
      inputs: [{ input: 'udp', instructions, helperCalls: {} }],
    });
    expect(whereSentence(countedBenchmark(bare(12), bare(10)))).toBe(
      'on input `udp` 10 → 12 instructions; the object has no line information',
    );
  });
});

it('tells one input in a sentence, with the helpers that it calls', () => {
  const one = sampleExecuted([line(1, 'a', 12)], ['udp']);
  const helperCalls = { bpf_redirect: 1, bpf_map_lookup_elem: 2, bpf_map_update_elem: 0 };
  const calling = { ...one, inputs: [{ ...one.inputs[0]!, helperCalls }] };
  expect(executedSentence(countedBenchmark(calling))).toBe(
    '12 BPF instructions (helpers: redirect, map_lookup_elem × 2)',
  );
  const before = sampleExecuted([line(1, 'a', 10)], ['udp']);
  expect(executedSentence(countedBenchmark(one, before))).toBe('12 BPF instructions, +20.0 % against the base');
  expect(executedSentence(countedBenchmark(one, one))).toBe('12 BPF instructions, as in the base');
});

it('tells several inputs by the least and the most of them', () => {
  const executed = (udp: number, tcp: number) => countedBenchmark(sampleExecuted([line(1, 'a', udp, tcp)]));
  expect(executedSentence(executed(1200, 30))).toBe('30 to 1,200 BPF instructions on 2 inputs');
  expect(executedSentence(executed(30, 30))).toBe('30 BPF instructions on 2 inputs');
});

it('tells inputs that execute the same together, in the order of the first', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const counted = sampleExecuted([], names);
  const inputs = names.map((input, i) => ({ input, instructions: i === 1 ? 9 : 12, helperCalls: {} }));
  const groups = inputGroups(countedBenchmark({ ...counted, inputs }));
  expect(groups.map((group) => [group.inputs.length, group.instructions])).toEqual([
    [4, 12],
    [1, 9],
  ]);
  const [column] = inputColumns(groups);
  expect(groups.map((group) => column!.text(group))).toEqual(['a, c, d and 1 more', 'b']);
});
