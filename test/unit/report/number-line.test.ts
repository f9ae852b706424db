import { expect, it } from 'vitest';
import { numberLine } from '../../../src/report/number-line.js';
import { sampleBenchmark, type SampleBenchmark } from '../../helpers/verdicts.js';

const drawn = (...samples: SampleBenchmark[]) => numberLine(samples.map(sampleBenchmark)).map((line) => line.trimEnd());

it('draws zero, the limit and every interval on one line', () => {
  expect(
    drawn(
      { name: 'parse_tuple', slowdown: 0.068, outcome: 'fail' },
      { name: 'fnv1a', slowdown: -0.001 },
      { name: 'acl_lookup', slowdown: 0.047, outcome: 'inconclusive' },
    ),
  ).toEqual([
    '            0 %             limit 5 %',
    '  ──────────┼───────────────────┼────────────────────',
    '                                     ├─●──┤            parse_tuple  fail',
    '         ├──●─┤                                        fnv1a        pass',
    '                            ├──●─┤                     acl_lookup   inconclusive',
  ]);
});

it('shows by an arrow what lies beyond its ends', () => {
  const [, , far, fast, ends] = drawn(
    { name: 'far', slowdown: 3, outcome: 'fail' },
    { name: 'fast', slowdown: -0.5 },
    { name: 'ends', slowdown: 0.098, outcome: 'fail' },
  );
  expect(far).toBe(`  ${' '.repeat(50)}►  far   fail`);
  expect(fast).toBe(`  ◄${' '.repeat(50)}  fast  pass`);
  expect(ends).toMatch(/^ {49}├─●► {2}ends {2}fail$/);
});

it('draws nothing where nothing was held against a base', () => {
  expect(drawn({ threshold: 5 }, { missingBase: { reason: 'new' } })).toEqual([]);
});

it('leaves exact figures out', () => {
  const figures = [{ metric: 'stack-bytes', value: 16, baseValue: 0 }] as const;
  const exactLimits = { budgets: { 'stack-bytes': 8 }, growth: { 'stack-bytes': { percent: 1 } } };
  expect(drawn({ figures, exactLimits, outcome: 'fail' })).toEqual([]);
  expect(drawn({ slowdown: 0.01, figures, exactLimits })).toEqual(drawn({ slowdown: 0.01 }));
});

it('says what else decides where the time does not', () => {
  const figures = [{ metric: 'stack-bytes', value: 16, baseValue: 0 }] as const;
  const exactLimits = { budgets: { 'stack-bytes': 8 } };
  const sample = sampleBenchmark({ slowdown: 0.01, figures, exactLimits });
  const [line = ''] = numberLine([{ ...sample, outcome: 'fail' }]).slice(-1);
  expect(line).toMatch(/ {2}fnv1a {2}pass here, fail by stack-bytes$/);
  const threshold = sampleBenchmark({ slowdown: 0.01, threshold: 50 });
  const gates = threshold.gates.map((gate) =>
    gate.gate === 'threshold' ? { ...gate, outcome: 'fail' as const } : gate,
  );
  expect(numberLine([{ ...threshold, gates, outcome: 'fail' }]).at(-1)).toMatch(/pass here, fail by threshold$/);
  expect(numberLine([{ ...sample, gates: sample.gates.slice(0, 1), outcome: 'inconclusive' }]).at(-1)).toMatch(
    /pass here, inconclusive$/,
  );
});

it('has a line for every limit', () => {
  const strict = sampleBenchmark({ name: 'strict', slowdown: 0.001 });
  strict.record.plan.limits.maxSlowdownPercent = 1;
  const lines = numberLine([sampleBenchmark({ slowdown: 0.001 }), strict]);
  expect(lines.filter((line) => line.includes('limit')).map((line) => line.trim())).toEqual([
    '0 %             limit 5 %',
    '0 %             limit 1 %',
  ]);
});
