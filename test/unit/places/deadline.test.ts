import { describe, expect, it } from 'vitest';
import { buildTimeLimitSeconds } from '../../../src/domain/plan.js';
import { timeLimitSeconds } from '../../../src/places/deadline.js';
import type { MeasureJob } from '../../../src/places/protocol.js';
import { addBenchmark, measureJob } from '../../helpers/measure-job.js';

function job(measurement: Partial<MeasureJob['measurement']> = {}): MeasureJob {
  return measureJob({
    trees: [
      { revision: 'base', folder: '/base' },
      { revision: 'head', folder: '/head' },
    ],
    benchmarks: [addBenchmark, { ...addBenchmark, name: 'sub' }],
    measurement: { iterations: 1000, compareWith: 'syscall', timeLimitSeconds: 20.5, seed: 1, ...measurement },
  });
}

describe('the time that a worker may take', () => {
  it('grows with benchmarks, trees and the time limit', () => {
    expect(timeLimitSeconds(job())).toBe(60 + 2 * (2 * 300 + 41));
  });

  it('leaves room for the rounds that were asked for', () => {
    expect(timeLimitSeconds(job({ rounds: 10 }))).toBe(60 + 2 * (2 * 300 + 41));
    expect(timeLimitSeconds(job({ rounds: 100 }))).toBe(60 + 2 * (2 * 300 + 100));
  });

  it('leaves room for the iterations that were asked for, on every tree', () => {
    expect(timeLimitSeconds(job({ iterations: 1_000_000 }))).toBe(60 + 2 * (2 * 300 + 41));
    expect(timeLimitSeconds(job({ iterations: 100_000_000 }))).toBe(60 + 2 * (2 * 300 + 2000));
  });

  it("leaves room for the project's own build command, in every tree", () => {
    const build = { command: 'make', folder: '/tmp/copies' };
    const spare = timeLimitSeconds({ ...job(), build }) - timeLimitSeconds(job());
    expect(spare).toBeGreaterThan(2 * buildTimeLimitSeconds);
  });

  it('is never longer than a timer can be', () => {
    const days = 24 * 86_400;
    const asked = job({ timeLimitSeconds: 86_400 });
    const seconds = timeLimitSeconds({ ...asked, benchmarks: Array.from({ length: 50 }, () => asked.benchmarks[0]!) });
    expect(seconds).toBeGreaterThan(days);
    expect(seconds * 1000).toBeLessThan(2 ** 31);
  });

  it('is short for a probe', () => {
    expect(timeLimitSeconds({ protocol: 1, kind: 'probe' })).toBe(60);
  });
});
