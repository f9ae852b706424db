/** What maps held before the first input: the words for it. */
import type { BenchmarkRecord, BuiltProgram } from '../domain/record.js';
import { formatCount } from '../units.js';
import { headProgram } from './facts.js';

type Seeded = NonNullable<BuiltProgram['seededMaps']>;

const elements = (count: number): string => `${formatCount(count)} ${count === 1 ? 'element' : 'elements'}`;
const keys = (count: number): string => `${formatCount(count)} ${count === 1 ? 'key' : 'keys'}`;

function seededPhrase(seeded: Seeded): string {
  return seeded.length === 0 ? 'none' : seeded.map(({ map, keys: count }) => `${map} ${keys(count)}`).join(', ');
}

/**
 * `given: services 2 elements; seeded with keys that a dry run looked up in vain, …: routes 1 key`; empty where maps
 * hold what the object puts there.
 */
export function mapsSentence(record: BenchmarkRecord): string {
  const { maps = [] } = record.plan;
  const given = maps.map(({ map, elements: { length } }) => `${map} ${elements(length)}`);
  const seeded = headProgram(record)?.seededMaps;
  const base = record.programs.find(({ revision }) => revision === 'base')?.seededMaps;
  const { fullRings = [] } = headProgram(record) ?? {};
  return [
    ...(given.length === 0 ? [] : [`given: ${given.join(', ')}`]),
    ...(seeded === undefined
      ? []
      : [
          `seeded with keys that a dry run looked up in vain, values zeros or the loopback device: ${seededPhrase(seeded)}`,
        ]),
    ...(base === undefined || seeded === undefined || seededPhrase(base) === seededPhrase(seeded)
      ? []
      : [`in the base: ${seededPhrase(base)}`]),
    ...(fullRings.length === 0
      ? []
      : [`full while timed, since nobody reads: ${fullRings.join(', ')}; executed instructions are those with room`]),
  ].join('; ');
}

/** Whether anything in its maps is made up. */
export function isSeeded(record: BenchmarkRecord): boolean {
  return record.programs.some(({ seededMaps = [] }) => seededMaps.length > 0);
}

/** Whether what is timed finds no room to tell something in. */
export function isRingFull(record: BenchmarkRecord): boolean {
  return record.programs.some(({ fullRings }) => fullRings !== undefined);
}
