/** Recorded runs: what every slice of every layout took, so that designs can be compared again without a kernel. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { installationFolder } from '../../src/installation.js';

/** `same` and `again` are the base's own program; `slower` does about 3 % more work. */
export const recordedSides = ['base', 'again', 'same', 'slower'] as const;
export type RecordedSide = (typeof recordedSides)[number];

export const recordedPrograms = ['straight', 'branchy'] as const;
export type RecordedProgram = (typeof recordedPrograms)[number];

export const conditions = ['quiet', 'loops', 'memory', 'bursts'] as const;
export type Condition = (typeof conditions)[number];

/** Layouts are recorded in blocks of this many, in which every side draws from every eighth of the pads once. */
export const LAYOUTS_PER_BLOCK = 8;

export interface Recording {
  readonly program: RecordedProgram;
  readonly condition: Condition;
  readonly seed: number;
  /** By side, layout and slice in the order in which they were run; ns per invocation. */
  readonly ns: { readonly [S in RecordedSide]: readonly (readonly number[])[] };
  /** Pads in front of each side's load, by layout. */
  readonly pads: { readonly [S in RecordedSide]: readonly number[] };
  /** Microseconds from one layout to the next, of all sides together. */
  readonly layoutUs: readonly number[];
}

const folder = join(installationFolder(), 'bench', 'designs', 'recorded');
const pathOf = (program: RecordedProgram, condition: Condition): string =>
  join(folder, `${program}-${condition}.json.gz`);

/** Hundredths of a nanosecond are kept. */
export function save(recording: Recording): void {
  const text = JSON.stringify(recording, (key, value: unknown) =>
    key === 'ns'
      ? mapSides(recording.ns, (layouts) => layouts.map((of) => of.map((ns) => Math.round(100 * ns))))
      : value,
  );
  writeFileSync(pathOf(recording.program, recording.condition), gzipSync(text, { level: 9 }));
}

export function load(program: RecordedProgram, condition: Condition): Recording {
  const text = gunzipSync(readFileSync(pathOf(program, condition))).toString();
  const saved = JSON.parse(text) as Recording;
  return { ...saved, ns: mapSides(saved.ns, (layouts) => layouts.map((of) => of.map((ns) => ns / 100))) };
}

function mapSides<T, U>(of: { readonly [S in RecordedSide]: T }, map: (value: T) => U): { [S in RecordedSide]: U } {
  return Object.fromEntries(recordedSides.map((side) => [side, map(of[side])])) as { [S in RecordedSide]: U };
}
