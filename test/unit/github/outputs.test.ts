import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { outputsOf } from '../../../src/github/outputs.js';
import { sampleRun } from '../../helpers/verdicts.js';

it('gives the worst benchmark and, as JSON, all of them', () => {
  const { verdict } = sampleRun({
    benchmarks: [
      { name: 'good', threshold: 5 },
      {
        name: 'slow',
        threshold: 5,
        speedup: 4.1234567,
        kernelNs: 100,
        slowdown: 0.068,
        outcome: 'fail',
        sentence: 'below',
      },
    ],
  });
  const outputs = outputsOf(verdict, 'kfaas-bench-out/record.json');
  expect(outputs).toMatchObject({
    verdict: 'fail',
    worst: 'slow',
    speedup: '4.12346',
    'user-ns': '412.346',
    'kernel-ns': '100',
    slowdown: '6.8',
    record: 'kfaas-bench-out/record.json',
  });
  expect(JSON.parse(outputs.results ?? '')).toEqual([
    expect.objectContaining({ benchmark: 'good', verdict: 'pass', threshold: 5, compareWith: 'syscall' }),
    {
      benchmark: 'slow',
      verdict: 'fail',
      sentence: 'below',
      speedup: 4.12346,
      speedupLow: 4.08222,
      speedupHigh: 4.16469,
      threshold: 5,
      slowdown: 6.8,
      slowdownLow: 6.2,
      slowdownHigh: 7.4,
      maxSlowdown: 5,
      base: null,
      compareWith: 'syscall',
      userNs: 412.346,
      kernelNs: 100,
      figures: {},
      gates: [
        { gate: 'max-slowdown', limit: 0.05, verdict: 'fail' },
        { gate: 'threshold', limit: 5, verdict: 'fail' },
      ],
      failure: null,
    },
  ]);
});

it('gives exact figures, and how they stand to their limits', () => {
  const figures = [
    { metric: 'verified-insns', value: 1204, baseValue: 980 },
    { metric: 'stack-bytes', value: 0 },
  ] as const;
  const exactLimits = { budgets: { 'stack-bytes': 64 }, growth: { 'verified-insns': { percent: 10 } } };
  const { verdict } = sampleRun({ benchmarks: [{ figures, exactLimits, outcome: 'fail' }] });
  expect(JSON.parse(outputsOf(verdict, 'r.json').results ?? '')).toMatchObject([
    {
      verdict: 'fail',
      figures: { 'verified-insns': 1204, 'stack-bytes': 0 },
      gates: [
        { gate: 'max-growth', metric: 'verified-insns', limit: 0.1, verdict: 'fail' },
        { gate: 'budget', metric: 'stack-bytes', limit: 64, verdict: 'pass' },
      ],
    },
  ]);
});

it('says `pass` of what was held against a limit alone, and of what does not load that it does not', () => {
  const { verdict } = sampleRun({
    benchmarks: [{ name: 'gated', threshold: 5 }, { name: 'free' }, { name: 'refused' }],
  });
  const refused = verdict.benchmarks[2]!;
  const record = { ...refused.record, extent: { covers: 'nothing' as const, reason: 'does not load' } };
  const benchmarks = verdict.benchmarks.with(2, { ...refused, record, ladder: [] });
  const results = JSON.parse(outputsOf({ ...verdict, benchmarks }, 'r.json').results ?? '') as { verdict: string }[];
  expect(results.map((result) => result.verdict)).toEqual(['pass', 'not gated', 'not loaded']);
});

it('leaves empty what was not measured', () => {
  const failure = { kind: 'build', message: 'no', remedy: 'do' } as const;
  const outputs = outputsOf(sampleRun({ benchmarks: [{ outcome: 'fail', failure }] }).verdict, 'r.json');
  expect(outputs).toMatchObject({ verdict: 'fail', worst: 'fnv1a', speedup: '', 'user-ns': '', 'kernel-ns': '' });
  expect(JSON.parse(outputs.results ?? '')).toMatchObject([
    { speedup: null, failure: { kind: 'build', message: 'no' } },
  ]);
});

it('says of each benchmark without a base why', () => {
  const unusable = { reason: 'unusable', failure: { kind: 'build', message: 'no', remedy: 'do' } } as const;
  const { verdict } = sampleRun({ benchmarks: [{ missingBase: { reason: 'new' } }, { missingBase: unusable }] });
  const outputs = outputsOf(verdict, 'r.json');
  expect(outputs['slowdown']).toBe('');
  expect(JSON.parse(outputs['results'] ?? '')).toMatchObject([
    { slowdown: null, base: 'new' },
    { slowdown: null, base: 'unusable' },
  ]);
});

it('sets what action.yml declares', () => {
  const declared = Object.keys((parse(readFileSync('action.yml', 'utf8')) as { outputs: object }).outputs);
  const set = [...Object.keys(outputsOf(sampleRun().verdict, 'r.json')), 'comment-url'];
  expect(set.sort()).toEqual(declared.sort());
});
