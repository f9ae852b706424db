import { describe, expect, it } from 'vitest';
import { timeLimitSeconds } from '../../../src/places/deadline.js';
import type { MeasureJob } from '../../../src/places/protocol.js';

function job(rounds?: number): MeasureJob {
  const benchmark = {
    name: 'add',
    source: 'add.bpf.c',
    cflags: [],
    inputs: [{ name: 'hex', hex: '00' }],
    genericInputs: false,
    expect: {},
    limits: {},
  };
  return {
    protocol: 1,
    kind: 'measure',
    place: 'process',
    trees: [
      { revision: 'base', folder: '/base' },
      { revision: 'head', folder: '/head' },
    ],
    benchmarks: [benchmark, { ...benchmark, name: 'sub' }],
    measurement: {
      iterations: 1000,
      compareWith: 'syscall',
      timeLimitSeconds: 20.5,
      seed: 1,
      ...(rounds === undefined ? {} : { rounds }),
    },
    folders: { cache: '/cache', output: '/output' },
  };
}

describe('the time that a worker may take', () => {
  it('grows with benchmarks, trees and the time limit', () => {
    expect(timeLimitSeconds(job())).toBe(60 + 2 * (2 * 300 + 41));
  });

  it('leaves room for the rounds that were asked for', () => {
    expect(timeLimitSeconds(job(10))).toBe(60 + 2 * (2 * 300 + 41));
    expect(timeLimitSeconds(job(100))).toBe(60 + 2 * (2 * 300 + 100));
  });

  it('is short for a probe', () => {
    expect(timeLimitSeconds({ protocol: 1, kind: 'probe' })).toBe(60);
  });
});
