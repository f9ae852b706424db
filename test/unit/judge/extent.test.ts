/** Records of less than both sides: believed where that is what they hold, and no way around a limit. */
import { describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord, type Extent } from '../../../src/domain/record.js';
import { metrics } from '../../../src/domain/words.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { measurementOf } from '../../../src/judge/measurement.js';
import { nextStep } from '../../../src/judge/stop.js';
import { comparedRecordOf, measuredOf, measurement, planOf, recordOf } from './sample.js';

const reason = 'it calls bpf_map_lookup_elem(), which does not exist in user space';
type Limits = BenchRecord['benchmarks'][number]['plan']['limits'];

function covering(covers: Extent['covers'], limits: Limits = {}, every = false): BenchRecord {
  const isCompared = limits.maxSlowdownPercent !== undefined;
  const record = isCompared
    ? comparedRecordOf(limits, { kernelNs: 76 })
    : recordOf([{ name: 'a', speedup: 9, limits }]);
  const [benchmark] = record.benchmarks;
  if (benchmark === undefined) throw new Error('an empty record');
  if (every) benchmark.plan.every = true;
  benchmark.extent = { covers, reason };
  for (const program of benchmark.programs) delete program.nativeSha256;
  record.rows = record.rows.filter(({ arm }) => arm === 'kernel');
  if (covers === 'kernel') {
    benchmark.seconds = 2; // which are spent where nothing is gated
    return record;
  }
  benchmark.rounds = benchmark.seconds = 0;
  for (const program of benchmark.programs) delete program.proof;
  const revisions = isCompared ? (['base', 'head'] as const) : (['head'] as const);
  benchmark.programs = benchmark.programs.filter(({ revision }) => revision !== 'again');
  record.rows = revisions.map((revision) => ({
    ...{ benchmark: 'a', revision, arm: 'kernel', environment: 'here', metric: metrics['verified-insns'] },
    ...{ values: [120], evidence: { invocations: 0, batches: 0, retries: 0 } },
  }));
  if (covers === 'nothing') {
    benchmark.programs = [];
    record.rows = [];
  }
  return record;
}

const judged = (record: BenchRecord) => judgeRecord(recordSchema.parse(record)).benchmarks[0]!;

describe('a record of the kernel alone', () => {
  it('has its time and floor, and no speedup', () => {
    const { outcome, ladder, speedup } = judged(covering('kernel'));
    expect({ outcome, speedup, arms: ladder.map(({ arm }) => arm) }).toEqual({
      outcome: 'pass',
      speedup: undefined,
      arms: ['kernel'],
    });
  });

  it('is held against its base', () => {
    expect(judged(covering('kernel', { maxSlowdownPercent: 5 }))).toMatchObject({
      outcome: 'pass',
      gates: [{ gate: 'max-slowdown' }],
    });
  });

  it.each([true, false])('leaves a threshold open, discovered: %s', (every) => {
    const { outcome, sentence } = judged(covering('kernel', { threshold: 5 }, every));
    expect(outcome).toBe('inconclusive');
    expect(sentence).toBe(`the threshold of 5x is not judged, since there is no speedup: ${reason}`);
  });

  it('still fails by what it does hold', () => {
    const record = covering('kernel', { maxSlowdownPercent: 5, threshold: 5 });
    for (const row of record.rows) {
      if (row.revision === 'head' && row.metric.name === 'time') row.values = row.values.map((value) => value * 1.5);
    }
    expect(judged(record).outcome).toBe('fail');
  });

  it('ends when the kernel has its iterations', () => {
    const record = covering('kernel');
    const measured = { ...measuredOf(record, 0), extent: { covers: 'kernel' as const, reason } };
    expect(nextStep(measured)).toBe('enough');
    expect(nextStep(measuredOf(record, 0))).toBe('more');
  });
});

describe('a record of figures alone', () => {
  it('passes where no limit asks for more', () => {
    expect(judged(covering('figures'))).toMatchObject({ outcome: 'pass', ladder: [], figures: [{ value: 120 }] });
  });

  it('leaves a slowdown open where it was asked for by name, and none where it was discovered', () => {
    expect(judged(covering('figures', { maxSlowdownPercent: 5 }))).toMatchObject({
      outcome: 'inconclusive',
      sentence: `the largest slowdown of 5 % is not judged, since nothing was timed: ${reason}`,
    });
    expect(judged(covering('figures', { maxSlowdownPercent: 5 }, true)).outcome).toBe('pass');
  });
});

it('a record of nothing is believed of what was discovered', () => {
  expect(judged(covering('nothing', {}, true))).toMatchObject({ outcome: 'pass', sentence: reason, gates: [] });
});

const hostile: Record<string, [sentence: string, record: () => BenchRecord]> = {
  'nothing of what was asked for': [
    'it was asked for by name, and the record claims to cover nothing of it',
    () => covering('nothing'),
  ],
  'a user-space side that is hidden': [
    'the record has a user-space side and claims to cover kernel alone',
    () => ({ ...covering('kernel', { threshold: 5 }), rows: recordOf([{ name: 'a', speedup: 2 }]).rows }),
  ],
  'times that are hidden': [
    'the record has timed something and claims to cover figures alone',
    () => ({ ...covering('figures'), rows: covering('kernel').rows }),
  ],
  'a program that is hidden': [
    'the record has a program and claims to cover nothing',
    () => {
      const record = covering('nothing', {}, true);
      record.benchmarks[0]!.programs = covering('figures').benchmarks[0]!.programs;
      return record;
    },
  ],
  'figures that are not there': ['the record has no figures of head', () => ({ ...covering('figures'), rows: [] })],
  'a user-space side that is not there': [
    'head has no user-space side, and no reason for that',
    () => {
      const record = covering('kernel');
      delete record.benchmarks[0]!.extent;
      return record;
    },
  ],
  'the kernel alone, unproven': [
    'a of head has no proof that it ran',
    () => {
      const record = covering('kernel');
      delete record.benchmarks[0]!.programs[0]!.proof;
      return record;
    },
  ],
};

it.each(Object.entries(hostile))('does not believe %s', (_, [sentence, record]) => {
  expect(judged(record())).toMatchObject({ outcome: 'untrusted', sentence, ladder: [], gates: [] });
});

it('what was discovered is measured for seconds, and no longer than it must where nothing is held against it', () => {
  const plan = { ...planOf('a'), every: true as const };
  const less = measurementOf(plan, measurement);
  expect(less).toMatchObject({ iterations: 100_000, timeLimitSeconds: 5 });
  expect(measurementOf(plan, { ...measurement, iterations: 10, timeLimitSeconds: 1 })).toMatchObject({
    iterations: 10,
    timeLimitSeconds: 1,
  });
  expect(measurementOf(planOf('a'), measurement)).toBe(measurement);
  const measured = { ...measuredOf(recordOf([{ name: 'a', speedup: 9 }]), 0), secondsSpent: 0.1 };
  expect(nextStep({ ...measured, plan, measurement: less })).toBe('enough');
  expect(nextStep(measured)).toBe('more');
});
