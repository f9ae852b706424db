/** Records that want to be believed: each is sound but for one thing. */
import { describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord, type Row } from '../../../src/domain/record.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { maxRounds } from '../../../src/judge/looks.js';
import { recordOf, rowFor } from './sample.js';

type Draft = BenchRecord;

function sound(rounds = 30): Draft {
  const record = recordOf([{ name: 'fnv1a', speedup: 9, limits: { threshold: 5 } }], rounds);
  const { expect: expected } = record.benchmarks[0]!.plan;
  expected.retval = 2;
  return record;
}

const benchmarkIn = (record: Draft) => record.benchmarks[0]!;
const proofIn = (record: Draft) => benchmarkIn(record).programs[0]!.proof!;
const rowIn = (record: Draft, arm: Row['arm'], metric = 'time') =>
  record.rows.find((row) => row.arm === arm && row.metric.name === metric)!;

/** Drops the rounds in which the kernel looks worst, from one row. */
function dropWorst(row: Row, count: number): void {
  const order = row.values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value);
  const dropped = new Set(order.slice(0, count).map(({ index }) => index));
  row.values = row.values.filter((_, index) => !dropped.has(index));
  row.rounds = row.rounds!.filter((_, index) => !dropped.has(index));
}

it('believes a sound record', () => {
  const record = sound();
  expect(recordSchema.parse(record)).toEqual(record);
  const verdict = judgeRecord(record);
  expect(verdict.outcome).toBe('pass');
  expect(verdict.benchmarks[0]!.ladder.map(({ arm }) => arm)).toEqual(['kernel', 'call', 'syscall']);
});

const translated = {
  ...{ kind: 'translated' as const, isShallow: false },
  ...{ replacedHelpers: [], notCompared: [] },
};

it('believes a translated twin beside a native side, where both were asked for', () => {
  const record = sound();
  benchmarkIn(record).plan.twin = 'both';
  record.rows.push({ ...rowIn(record, 'call'), arm: 'translated' });
  const verdict = judgeRecord(record);
  expect(verdict.outcome).toBe('pass');
  expect(verdict.benchmarks[0]!.ladder.map(({ arm }) => arm)).toContain('translated');
});

const hostile: Record<string, [sentence: string, edit: (record: Draft) => void]> = {
  'a twin of another kind than was asked for': [
    'fnv1a of head ran as its translated twin, and the plan asks for the native one',
    (r) => {
      benchmarkIn(r).plan.twin = 'native';
      benchmarkIn(r).programs[0]!.twin = { ...translated };
    },
  ],
  'no twin where a translated one was asked for': [
    'fnv1a of head ran as its native twin, and the plan asks for the translated one',
    (r) => (benchmarkIn(r).plan.twin = 'translated'),
  ],
  'a user-space side that was not wanted': [
    'fnv1a of head has a user-space side, and the plan asks for none',
    (r) => (benchmarkIn(r).plan.twin = 'none'),
  ],
  'maps that were seeded, and not told': [
    'fnv1a of head does not tell which maps were seeded',
    (r) => (benchmarkIn(r).plan.seedMaps = true),
  ],
  'seeds that nobody asked for': [
    'fnv1a of head has seeded maps, and the plan asks for none',
    (r) => (benchmarkIn(r).programs[0]!.seededMaps = []),
  ],
  'a map that was seeded twice': [
    'fnv1a of head tells twice how map routes was seeded',
    (r) => {
      benchmarkIn(r).plan.seedMaps = true;
      benchmarkIn(r).programs[0]!.seededMaps = [1, 2].map((keys) => ({ map: 'routes', keys }));
    },
  ],
  'a twin beside that nobody asked for': [
    'fnv1a of head has times of a translated twin beside, for which there is no native one or no wish',
    (r) => r.rows.push({ ...rowIn(r, 'call'), arm: 'translated' }),
  ],
  'a twin beside that is the one in its place': [
    'fnv1a of head has times of a translated twin beside, for which there is no native one or no wish',
    (r) => {
      benchmarkIn(r).plan.twin = 'both';
      benchmarkIn(r).programs[0]!.twin = { ...translated };
      r.rows.push({ ...rowIn(r, 'call'), arm: 'translated' });
    },
  ],
  'a twin beside that shares no round with the kernel': [
    "translated shares 0 of the kernel's 30 rounds",
    (r) => {
      benchmarkIn(r).plan.twin = 'both';
      const call = rowIn(r, 'call');
      r.rows.push({ ...call, arm: 'translated', rounds: call.rounds!.map((round) => round + 1000) });
    },
  ],
  'a twin and no user-space side': [
    'fnv1a of head has a twin and no user-space side',
    (r) => {
      const [program] = benchmarkIn(r).programs;
      delete program!.nativeSha256;
      program!.twin = { ...translated };
      benchmarkIn(r).extent = { covers: 'kernel', reason: 'none' };
      r.rows = r.rows.filter(({ arm }) => arm === 'kernel');
    },
  ],
  'no proof': ['fnv1a of head has no proof that it ran', (r) => delete benchmarkIn(r).programs[0]!.proof],
  'no programs': ['the record names no program of head', (r) => (benchmarkIn(r).programs = [])],
  'the base proven in the place of head': [
    'the record names no program of head',
    (r) => (benchmarkIn(r).programs[0]!.revision = 'base'),
  ],
  'a second, unproven program': [
    'fnv1a of base has no proof that it ran',
    (r) => {
      const unproven = { ...benchmarkIn(r).programs[0]!, revision: 'base' as const };
      delete unproven.proof;
      benchmarkIn(r).programs.push(unproven);
    },
  ],
  'two programs of head': [
    'the record names two programs of head',
    (r) => benchmarkIn(r).programs.push({ ...benchmarkIn(r).programs[0]! }),
  ],
  'a run too few': [
    'fnv1a of head was to run 1,000,000 times and the kernel counted 999,999',
    (r) => (proofIn(r).runCount.counted = 999_999),
  ],
  'a run too many': [
    'fnv1a of head was to run 1,000,000 times and the kernel counted 1,000,001',
    (r) => (proofIn(r).runCount.counted = 1_000_001),
  ],
  'nothing asked and nothing counted': [
    'fnv1a of head ran 0 times for 2 inputs',
    (r) => (proofIn(r).runCount = { asked: 0, counted: 0 }),
  ],
  'an input left out': ['fnv1a of head has no proof for input tcp', (r) => proofIn(r).inputs.pop()],
  'another input proven instead': [
    'fnv1a of head has no proof for input udp',
    (r) => (proofIn(r).inputs[0]!.input = 'easy'),
  ],
  'an unexpected return value': [
    'fnv1a of head returned 0 for input tcp, not 2',
    (r) => (proofIn(r).inputs[1]!.retval = 0),
  ],
  'no invocations behind the kernel': [
    'the time of head on kernel has 30 rounds and 0 checked invocations in 90 batches',
    (r) => (rowIn(r, 'kernel').evidence.invocations = 0),
  ],
  'no batches behind the user side': [
    'the time of head on syscall has 30 rounds and 1,000,000 checked invocations in 0 batches',
    (r) => (rowIn(r, 'syscall').evidence.batches = 0),
  ],
  'fewer invocations than promised': [
    'the record ends after 30 rounds, where its plan goes on',
    (r) => (rowIn(r, 'kernel').evidence.invocations = 999_999),
  ],
  'no rows': ['the record has no times of the kernel', (r) => (r.rows = [])],
  'rows of another benchmark only': [
    'the record has no times of the kernel',
    (r) => r.rows.forEach((row) => (row.benchmark = 'other')),
  ],
  'no times of the compared arm': [
    'the record has no times of syscall',
    (r) => (r.rows = r.rows.filter(({ arm }) => arm !== 'syscall')),
  ],
  'the worst rounds of the kernel left out': [
    '30 rounds were measured and the kernel has 25',
    (r) => dropWorst(rowIn(r, 'kernel'), 5),
  ],
  'the worst rounds of the kernel left out and not counted': [
    'the record ends after 25 rounds, of which it asks for at least 30, where its plan goes on',
    (r) => {
      const kernel = rowIn(r, 'kernel');
      dropWorst(kernel, 5);
      const syscall = rowIn(r, 'syscall');
      syscall.values = syscall.values.filter((_, round) => kernel.rounds!.includes(round));
      syscall.rounds = [...kernel.rounds!];
      benchmarkIn(r).rounds = 25;
    },
  ],
  'the compared arm left out of some rounds': [
    "syscall shares 27 of the kernel's 30 rounds",
    (r) => dropWorst(rowIn(r, 'syscall'), 3),
  ],
  'an arm of other rounds': [
    "call shares 0 of the kernel's 30 rounds",
    (r) => (rowIn(r, 'call').rounds = rowIn(r, 'call').rounds!.map((round) => round + 100)),
  ],
  'a second row for the kernel': [
    'the record has two rows for the time of head on kernel',
    (r) => r.rows.push({ ...rowIn(r, 'kernel') }),
  ],
  'a second value for a round': [
    'the time of head on kernel has two values for round 3',
    (r) => (rowIn(r, 'kernel').rounds![4] = 3),
  ],
  'values without rounds': [
    'the time of head on kernel has 30 values for 0 rounds',
    (r) => delete rowIn(r, 'kernel').rounds,
  ],
  'more rounds than values': [
    'the floor of head on kernel has 30 values for 31 rounds',
    (r) => rowIn(r, 'kernel', 'floor').rounds!.push(30),
  ],
  'a negative time': [
    'the time of head on kernel holds -1 ns, which no invocation takes',
    (r) => (rowIn(r, 'kernel').values[7] = -1),
  ],
  'no time at all': [
    'the time of head on kernel holds 0 ns, which no invocation takes',
    (r) => (rowIn(r, 'kernel').values[7] = 0),
  ],
  'a time near nothing': [
    'the time of head on kernel holds 1e-300 ns, which no invocation takes',
    (r) => rowIn(r, 'kernel').values.fill(1e-300),
  ],
  'a time near infinity': [
    'the time of head on syscall holds 1e+300 ns, which no invocation takes',
    (r) => rowIn(r, 'syscall').values.fill(1e300),
  ],
  'values that are not a number': [
    'the time of head on kernel holds NaN ns, which no invocation takes',
    (r) => (rowIn(r, 'kernel').values[0] = NaN),
  ],
  'times in another unit': [
    'the time of head on kernel is sampled in bytes, not sampled in ns',
    (r) => (rowIn(r, 'kernel').metric = { ...rowIn(r, 'kernel').metric, unit: 'bytes' }),
  ],
  'times said to be exact': [
    'the time of head on kernel is exact in ns, not sampled in ns',
    (r) => (rowIn(r, 'kernel').metric = { ...rowIn(r, 'kernel').metric, kind: 'exact' }),
  ],
  'an exact figure with two values': [
    'the jited-bytes of head on kernel is not one whole number of bytes',
    (r) => r.rows.push(rowFor('fnv1a', 'kernel', [400, 300], 'jited-bytes')),
  ],
  'an environment that is not in the record': [
    'the time of head on kernel names an unknown environment there',
    (r) => r.rows.forEach((row) => (row.environment = 'there')),
  ],
  'an environment that every object inherits': [
    'the time of head on kernel names an unknown environment toString',
    (r) => r.rows.forEach((row) => (row.environment = 'toString')),
  ],
  'the user side from a slower machine': [
    'its rows come from 2 environments, which cannot be judged together',
    (r) => {
      r.environments['slow'] = r.environments['here']!;
      rowIn(r, 'syscall').environment = 'slow';
    },
  ],
  'rows of a revision without a program': [
    'the time of base on kernel belongs to no program',
    (r) => r.rows.push({ ...rowIn(r, 'kernel'), revision: 'base' }),
  ],
  'an end between two looks, with time left': [
    'the record ends after 37 rounds, where its plan goes on',
    (r) => Object.assign(r, { ...sound(37) }),
  ],
  'an end at a look that left the gate open, with time left': [
    'the record ends after 30 rounds, where its plan goes on',
    (r) => (benchmarkIn(r).plan.limits.threshold = 9),
  ],
  'fewer rounds than the plan asks for': [
    'the plan asks for exactly 100 rounds and the record has 30',
    (r) => (r.measurement = { ...r.measurement, rounds: 100 }),
  ],
  'more rounds than the plan asks for': [
    'the plan asks for exactly 20 rounds and the record has 30',
    (r) => (r.measurement = { ...r.measurement, rounds: 20 }),
  ],
  'two benchmarks of one name': [
    'the record has 2 benchmarks of this name',
    (r) => r.benchmarks.push({ ...benchmarkIn(r) }),
  ],
};

describe('does not believe a record with', () => {
  it.each(Object.entries(hostile))('%s', (_, [sentence, edit]) => {
    const record = sound();
    edit(record);
    const verdict = judgeRecord(record);
    expect(verdict.outcome).toBe('untrusted');
    expect(verdict.benchmarks[0]).toMatchObject({ outcome: 'untrusted', sentence, ladder: [], gates: [] });
    expect(verdict.benchmarks[0]).not.toHaveProperty('speedup');
  });
});

it('judges a record of very many rounds in reasonable time', () => {
  const record = sound();
  for (const row of record.rows) {
    const [value = 1] = row.values;
    row.values = Array.from({ length: maxRounds }, (_, round) => value * (1 + ((round * 7919) % 1000) / 1e5));
    row.rounds = row.values.map((_, round) => round);
    row.evidence.batches = maxRounds;
  }
  benchmarkIn(record).rounds = maxRounds;
  expect(judgeRecord(record).outcome).toBe('pass');
});
