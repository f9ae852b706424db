import { describe, expect, it } from 'vitest';
import { commentKey, failureState, markerLine, markerOf, verdictState } from '../../../src/github/marker.js';
import type { Failure } from '../../../src/errors.js';
import { sampleRun, type SampleBenchmark } from '../../helpers/verdicts.js';

const failure: Failure = { kind: 'build', message: 'no semicolon', remedy: 'add one' };

function stateOf(...benchmarks: SampleBenchmark[]): string {
  return verdictState(sampleRun({ benchmarks }).verdict);
}

describe('markerLine', () => {
  const marker = { key: commentKey(['CI', 'bench', 'kfaas.yml']), state: stateOf({}) };

  it('is read back from the start of a comment', () => {
    expect(markerOf(`${markerLine(marker)}### title`)).toEqual(marker);
  });

  it('is not a marker where a comment only quotes it', () => {
    expect(markerOf(`> ${markerLine(marker)}`)).toBeUndefined();
    expect(markerOf(`text\n${markerLine(marker)}`)).toBeUndefined();
  });
});

describe('commentKey', () => {
  it('tells jobs, configs and their order apart', () => {
    const keys = [
      ['CI', 'a', ''],
      ['CI', '', 'a'],
      ['CIa', '', ''],
      ['CI', 'b', ''],
    ].map(commentKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('verdictState', () => {
  it('is the same where only figures moved', () => {
    expect(stateOf({ speedup: 9, threshold: 5 })).toBe(stateOf({ speedup: 8, threshold: 5 }));
  });

  it('is another where a limit was moved or a benchmark has vanished', () => {
    const { verdict } = sampleRun();
    const change = { benchmark: 'a', what: 'threshold 5x → 4x', loosened: true };
    const records = [{}, { changes: [change] }, { changes: [{ ...change, what: 'x' }] }, { vanished: ['old'] }];
    expect(new Set(records.map((record) => verdictState(verdict, record))).size).toBe(records.length);
  });

  it('is another where an outcome, its owner or the way of failing is another', () => {
    const states = [
      stateOf({ name: 'a' }, { name: 'b' }),
      stateOf({ name: 'a', outcome: 'fail', threshold: 5 }, { name: 'b' }),
      stateOf({ name: 'a' }, { name: 'b', outcome: 'fail', threshold: 5 }),
      stateOf({ name: 'a', outcome: 'fail', failure }, { name: 'b' }),
      stateOf({ name: 'a', outcome: 'fail', failure: { ...failure, kind: 'verifier' } }, { name: 'b' }),
      failureState(failure),
      failureState({ ...failure, message: 'another' }),
    ];
    expect(new Set(states).size).toBe(states.length);
  });
});
