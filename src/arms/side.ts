/** The seam between what can be run and how it is measured: a side is laid out afresh in every round, its arms run batches. */
import type { Arm, Revision } from '../domain/words.js';

/** Random draws, all from the recorded seed. */
export interface Draw {
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  shuffled<T>(items: readonly T[]): T[];
}

export interface Batch {
  /** Of the arm's clock; never negative. */
  readonly ns: number;
  /** Calls that a signal ended early and that were made again. */
  readonly retries: number;
  /** What it took beside the clock, such as a call for each run. */
  readonly besideNs?: number;
}

/**
 * What is taken off a batch may be nearly all of it, where a program does next to nothing and each run takes a call: no invocation takes
 * less than a picosecond.
 */
export function netNs(grossNs: number, takenOffNs: number, invocations: number): number {
  const SHORTEST_NS = 1e-3;
  return Math.max(grossNs - takenOffNs, SHORTEST_NS * invocations);
}

export interface RunnableArm {
  readonly revision: Revision;
  readonly arm: Arm;
  readonly metric: 'time' | 'floor';
  /** Number of inputs; batches name them by index. */
  readonly inputCount: number;
  /**
   * Runs that many invocations on one input and checks every return value that the arm gets to see, and the count.
   * Throws a KfaasError of kind proof.
   */
  batch(input: number, invocations: number): Batch;
}

/** The share of what a layout can draw that this one draws from: `index` of `of` equal ones, from 0. */
export interface Stratum {
  readonly index: number;
  readonly of: number;
}

export const everything: Stratum = { index: 0, of: 1 };

/** One program of one revision in one world, user space or the kernel. */
export interface Side {
  readonly arms: readonly RunnableArm[];
  /** True where a round may lay it out several times, each time in another stratum. */
  readonly hasLayouts?: boolean;
  /** A fresh load with a layout of its own; of everything that may be drawn where no stratum is given. */
  prepare(draw: Draw, stratum?: Stratum): void;
  /** Ends the load. */
  release(): void;
  /** Gives back what outlives rounds. */
  dispose(): void;
}
