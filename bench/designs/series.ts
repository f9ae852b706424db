/** Rounds as a design makes them of recorded slices. Pure. */
import { LAYOUTS_PER_BLOCK, recordedSides, type RecordedSide, type Recording } from './recording.js';
import { lowerQuartile, smallest } from '../../src/measure/slices.js';
import { mean, median } from '../bench.js';

/** What a load's slices say. */
export const withinLoads = { smallest, 'lower quartile': lowerQuartile, median } as const;
export type WithinLoad = keyof typeof withinLoads;

export interface Design {
  readonly within: WithinLoad;
  /** Of those that were recorded, the first. */
  readonly slices: number;
  /** Layouts of a round. */
  readonly layouts: number;
  /** Whether a round's layouts draw from different shares of the pads each. */
  readonly isStratified: boolean;
}

export const present: Design = { within: 'smallest', slices: 3, layouts: LAYOUTS_PER_BLOCK, isStratified: true };

/** ln(side ÷ base) of every round. */
export type Differences = { readonly [S in Exclude<RecordedSide, 'base'>]: readonly number[] };

export function differencesOf(recording: Recording, design: Design): Differences {
  const rounds = Object.fromEntries(
    recordedSides.map((side) => [side, roundsOf(recording.ns[side], design)]),
  ) as Record<RecordedSide, number[]>;
  const against = (side: RecordedSide): number[] =>
    rounds[side].map((value, round) => Math.log(value / (rounds.base[round] ?? NaN)));
  return { again: against('again'), same: against('same'), slower: against('slower') };
}

function roundsOf(ns: readonly (readonly number[])[], { within, slices, layouts, isStratified }: Design): number[] {
  const values = ns.map((of) => withinLoads[within](of.slice(0, slices)));
  const ordered = isStratified ? values : acrossBlocks(values);
  return Array.from({ length: Math.floor(ordered.length / layouts) }, (_, round) =>
    mean(ordered.slice(round * layouts, (round + 1) * layouts)),
  );
}

/**
 * Takes the layouts of eight neighbouring blocks in turn, one of each, so that a round's layouts drew independently of each other.
 */
function acrossBlocks(values: readonly number[]): number[] {
  const square = LAYOUTS_PER_BLOCK ** 2;
  return values.slice(0, values.length - (values.length % square)).map((_, at) => {
    const [from, row, column] = [
      at - (at % square),
      Math.floor((at % square) / LAYOUTS_PER_BLOCK),
      at % LAYOUTS_PER_BLOCK,
    ];
    return values[from + column * LAYOUTS_PER_BLOCK + row] ?? NaN;
  });
}
