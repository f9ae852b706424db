/** What stands behind a change: in a terminal, and folded in the comment. */
import { describe, expect, it } from 'vitest';
import type { CodeDifference } from '../../../src/domain/record.js';
import type { GateResult, RunVerdict } from '../../../src/domain/verdict.js';
import { metrics } from '../../../src/domain/words.js';
import { codeTitle, isWorthExplaining } from '../../../src/report/explanation.js';
import { explanationLines } from '../../../src/report/explanation-lines.js';
import { inkOf } from '../../../src/report/ink.js';
import { explanationSections, inputsTable } from '../../../src/report/markdown-explanation.js';
import { countedBenchmark, sampleExecuted, type SampleLine } from '../../helpers/executed.js';
import { sampleBenchmark } from '../../helpers/verdicts.js';

const line = (number: number, text: string, ...counts: number[]): SampleLine => ({ line: number, text, counts });
const told = (record: Parameters<typeof explanationLines>[0]): string[] => explanationLines(record, inkOf(false));

const base = sampleExecuted([line(8, 'gone();', 0, 7), line(9, 'stays();', 5, 5), line(10, 'less();', 40, 10)]);
const head = sampleExecuted([line(9, 'stays();', 5, 5), line(11, 'less();', 40, 8), line(12, 'new();', 1, 30)]);

function differenceOf(functions: number, lines: number, leftOut?: number): CodeDifference {
  const one = (name: string): CodeDifference['functions'][number] => ({
    name,
    base: 120,
    head: 134,
    lines: Array.from({ length: lines }, (_, i) => (i === 0 ? '@ 7 unchanged' : `+r0 = ${String(i)}`)),
    ...(leftOut === undefined ? {} : { leftOut }),
  });
  return { language: 'bpf', functions: Array.from({ length: functions }, (_, i) => one(`f${String(i)}`)) };
}

describe('what is worth explaining', () => {
  const common = { sentence: '', limit: 0.05 } as const;
  const interval = { estimate: 0.1, low: 0.09, high: 0.11, confidence: 0.99 };
  const sampled = (gate: 'threshold' | 'max-slowdown' | 'max-speedup-loss', outcome: 'pass' | 'fail'): GateResult => ({
    ...{ ...common, kind: 'sampled', gate, outcome, interval },
  });
  const grown = (metric: 'executed-insns' | 'stack-bytes'): GateResult => ({
    ...{ ...common, kind: 'exact', gate: 'max-growth', outcome: 'fail', metric, unit: metrics[metric].unit },
  });

  it.each<[boolean, string, GateResult]>([
    [true, 'time that grew', sampled('max-slowdown', 'fail')],
    [true, 'a speedup that was lost', sampled('max-speedup-loss', 'fail')],
    [true, 'more executed instructions', grown('executed-insns')],
    [false, 'a larger stack', grown('stack-bytes')],
    [false, 'a speedup that never was', sampled('threshold', 'fail')],
    [false, 'time that did not grow', sampled('max-slowdown', 'pass')],
  ])('is %s for %s', (isWorth, _, gate) => {
    expect(isWorthExplaining({ ...sampleBenchmark(), gates: [gate] })).toBe(isWorth);
  });
});

describe('--explain', () => {
  it('tells the lines that changed on the input that changed the most, and how the code differs', () => {
    const record = { ...countedBenchmark(head, base), code: differenceOf(1, 3, 12) };
    expect(told(record)).toEqual([
      '',
      'executed instructions on input tcp: 22 → 43',
      '  line                  function  base  head  change  source',
      '  parse.bpf.c:12        parse        –    30     +30  new();',
      '  parse.bpf.c:8 (base)  parse        7     –      −7  gone();',
      '  parse.bpf.c:11        parse       10     8      −2  less();',
      '  1 line unchanged',
      '',
      'BPF instructions behind the verifier of `f0`: 120 → 134 instructions',
      '  @ 7 unchanged',
      '  +r0 = 1',
      '  +r0 = 2',
      '  12 more',
    ]);
  });

  it('cuts source lines where the terminal ends', () => {
    const lines = explanationLines(countedBenchmark(head, base), inkOf(false), 62);
    expect(lines).toContain('  parse.bpf.c:11        parse       10     8      −2  less();');
    expect(lines).toContain('  parse.bpf.c:8 (base)  parse        7     –      −7  gone();');
    const [, , header, first] = explanationLines(countedBenchmark(head, base), inkOf(false), 57);
    expect([header, first]).toEqual([
      '  line                  function  base  head  change  so…',
      '  parse.bpf.c:12        parse        –    30     +30  ne…',
    ]);
  });

  it('says why it is not the machine code that differs', () => {
    const code = { ...differenceOf(1, 2), unseen: 'there is no objdump' };
    expect(told({ ...countedBenchmark(head, base), code }).at(-1)).toBe('  no machine code: there is no objdump');
    const nothing = { ...code, functions: [] };
    expect(told({ ...countedBenchmark(head, base), code: nothing }).at(-1)).toBe(
      'code: no machine code: there is no objdump',
    );
  });

  it('says why there is nothing to tell', () => {
    const same = countedBenchmark(head, head);
    expect(told(same).filter(Boolean)).toEqual([
      'executed instructions: every input executes the instructions that it executed in the base',
      'code: no function differs but in addresses',
    ]);
    const [before, ...others] = same.programs;
    const uncounted = { ...before!, notCounted: 'user space does not have bpf_fib_lookup' };
    delete uncounted.executed;
    const unchanged = { ...same, programs: [{ ...uncounted, tag: same.programs.at(-1)!.tag }, ...others] };
    expect(told(unchanged).filter(Boolean)).toEqual([
      'executed instructions: executed instructions were not counted: user space does not have bpf_fib_lookup',
      'code: the code is that of the base: look at what maps and read-only data hold',
    ]);
  });

  it('tells every line without a base, on all inputs together', () => {
    const alone = sampleExecuted([{ ...line(9, 'loop();', 5, 1500), trips: [4, 1499] }, line(10, 'unused();', 0, 0)]);
    expect(told(countedBenchmark(alone))).toEqual([
      '',
      'executed instructions by source line, all inputs together',
      '  line            function  executed  loop trips  source',
      '  parse.bpf.c:9   parse        1,505       1,503  loop();',
      '  parse.bpf.c:10  parse        never              unused();',
    ]);
    expect(told(sampleBenchmark().record)).toEqual([]);
  });
});

it.each([
  [0, 34, 'new, 34'],
  [120, 0, 'gone, 120'],
  [120, 1034, '120 → 1,034'],
])('code of %i and %i instructions is %s', (before, now, sizes) => {
  const one = { name: 'pa`rse', base: before, head: now, lines: [] };
  expect(codeTitle({ language: 'x86-64', functions: [one] }, one)).toBe(
    `Machine code of \`pa'rse\`: ${sizes} instructions`,
  );
});

describe('in the comment', () => {
  function sectionOf(record: Parameters<typeof explanationLines>[0]): string {
    const benchmark = { ...sampleBenchmark({ slowdown: 0.1, outcome: 'fail' }), record };
    const verdict: RunVerdict = {
      ...{ outcome: 'fail', sentence: '', compareWith: 'syscall', failures: [] },
      benchmarks: [sampleBenchmark(), benchmark],
    };
    const [section, ...others] = explanationSections(verdict);
    expect([others, section?.items.length]).toEqual([[], 1]); // nothing of what is not red
    return section!.items[0]!;
  }

  it('stand the changed lines as a table, and the code as a difference', () => {
    const record = { ...countedBenchmark(head, base), code: differenceOf(1, 2, 3) };
    const lines = sectionOf(record).split('\n');
    expect(lines).toContain('Executed instructions on input `tcp`, 22 → 43:');
    expect(lines).toContain('| `parse.bpf.c:8 (base)` | `parse` | 7 | – | −7 | `gone();` |');
    expect(lines).toContain('1 line unchanged.');
    expect(lines).toContain('BPF instructions behind the verifier of `f0`&#58; 120 → 134 instructions:');
    expect(lines.slice(lines.indexOf('```diff'))).toEqual(
      expect.arrayContaining(['@@ 7 unchanged @@', '+r0 = 1', '@@ 3 more @@']),
    );
  });

  it('is said how much of it is left out', () => {
    const many = (count: number) =>
      sampleExecuted(
        Array.from({ length: 20 }, (_, i) => line(i + 1, `line${String(i)}();`, count)),
        ['udp'],
      );
    const record = { ...countedBenchmark(many(3), many(2)), code: differenceOf(5, 70, 5) };
    const text = sectionOf(record);
    expect(text.match(/^\| `parse/gm)).toHaveLength(15);
    expect(text).toContain('\n5 more changed, 0 lines unchanged.\n');
    expect(text.match(/^```diff$/gm)).toHaveLength(3);
    expect(text.match(/^@@ 15 more @@$/gm)).toHaveLength(3); // 70 lines less 60, and 5 that the record has not
    expect(text).toContain('2 more functions differ.');
  });

  it('is said why there is nothing', () => {
    const text = sectionOf(countedBenchmark(head, head));
    expect(text).toContain('Lines: every input executes the instructions that it executed in the base.');
    expect(text).toContain('Code: no function differs but in addresses.');
  });

  it('stand the inputs, of many the first', () => {
    expect(inputsTable(countedBenchmark(head, base)).trimEnd().split('\n').slice(2)).toEqual([
      '| `udp` | 46 | 45 | +2.2\u00a0% |',
      '| `tcp` | 43 | 22 | +95.5\u00a0% |',
    ]);
    const inputs = Array.from({ length: 23 }, (_, i) => `in${String(i)}`);
    const counts = inputs.map((_, i) => i + 1);
    const table = inputsTable(countedBenchmark(sampleExecuted([line(1, 'a', ...counts)], inputs)));
    expect(table.match(/^\| `in/gm)).toHaveLength(20);
    expect(table).toContain('\n\n3 more inputs are in the record.\n');
    expect(inputsTable(sampleBenchmark().record)).toBe('');
  });
});
