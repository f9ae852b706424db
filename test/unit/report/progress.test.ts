import { expect, it } from 'vitest';
import type { WorkerEvent } from '../../../src/places/protocol.js';
import { activity, runFraction } from '../../../src/report/progress.js';
import { sampleBenchmark } from '../../helpers/verdicts.js';

type Stage = Extract<WorkerEvent, { event: 'progress' }>['stage'];

function at(benchmark: string, stage: Stage, fraction: number): WorkerEvent {
  return { event: 'progress', benchmark, stage, fraction };
}

it('goes from nothing to all and never back', () => {
  const fractionAfter = runFraction(2);
  const events: WorkerEvent[] = [
    at('a', 'build', 0),
    at('b', 'build', 1),
    at('a', 'load', 0.5),
    at('a', 'measure', 0.5),
    at('a', 'prove', 0.5),
    { event: 'benchmark', benchmark: sampleBenchmark({ name: 'a' }).record, rows: [] },
    at('b', 'measure', 1),
  ];
  const fractions = events.map(fractionAfter);
  expect(fractions[0]).toBe(0);
  expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  expect(fractions[5]).toBeCloseTo(0.54);
  expect(fractions[6]).toBe(1);
});

it('is at its end where there was more than was announced', () => {
  const fractionAfter = runFraction(1);
  fractionAfter(at('a', 'measure', 1));
  expect(fractionAfter(at('b', 'measure', 1))).toBe(1);
});

it('says what is being done', () => {
  expect(activity(at('fnv1a', 'measure', 0.2))).toBe('measuring fnv1a');
  expect(activity({ ...at('a\u001b[2J', 'build', 0), note: 'clang-19' } as WorkerEvent)).toBe(
    'building a⟨U+001B⟩[2J (clang-19)',
  );
  expect(activity({ event: 'done' })).toBeUndefined();
});
