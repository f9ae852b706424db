/** How a round's work is cut: few short slices per layout and input, interleaved between the arms. Pure. */
import type { Arm } from '../domain/words.js';

/** What one arm does in every layout, on every input. It stays the same for the whole measurement. */
export interface SlicePlan {
  readonly slices: number;
  readonly invocationsPerSlice: number;
}

export interface SliceRequest {
  readonly arm: Arm;
  /** Of a calibration batch. */
  readonly nsPerInvocation: number;
  readonly inputCount: number;
  /** Of the arm, in a round. */
  readonly layouts: number;
  /** Rounds that will be measured at least. */
  readonly rounds: number;
  /** Invocations to reach in all rounds, layouts and inputs together; 0: as few as there may be. */
  readonly iterations: number;
}

/** Slices of one load agree with each other (docs/measurement.md); three leave one when a burst of noise takes two. */
export const MIN_SLICES = 3;
/**
 * Long enough that the clock and the call weigh little, short enough that an interrupt (every 1 to 4 ms) misses most. In the
 * kernel about what a small load takes: it is loads that differ, not slices.
 */
const SLICE_NS = { kernel: 60_000, call: 60_000, translated: 60_000, syscall: 240_000 } as const;
/** A slow program warms its caches and predictors in so many invocations, where they fit into this time. */
const WARM_INVOCATIONS = 64;
const LONGEST_SLICE_NS = 240_000;
/** Several inputs share a round's time in user space. */
const SHARED_FROM_INPUTS = 3;
/** A wake-up costs microseconds: this many are a slice, whatever they take, and one slice does where nothing is compared. */
const WAKEUP_INVOCATIONS = 16;
/** A looped syscall program is loaded with its count as a constant, below the kernel's limit of 8 Mi. */
const MAX_INVOCATIONS = 1_000_000;

export function planSlices(request: SliceRequest): SlicePlan {
  const { arm, inputCount, layouts, iterations, rounds } = request;
  if (arm === 'wakeup') return { slices: iterations === 0 ? 1 : MIN_SLICES, invocationsPerSlice: WAKEUP_INVOCATIONS };
  const invocationsPerSlice = Math.min(Math.max(invocationsOf(arm, request), 1), MAX_INVOCATIONS);
  const perInput = Math.ceil(iterations / (rounds * layouts * inputCount));
  return { slices: Math.max(MIN_SLICES, Math.ceil(perInput / invocationsPerSlice)), invocationsPerSlice };
}

function invocationsOf(arm: Exclude<Arm, 'wakeup'>, { nsPerInvocation, inputCount }: SliceRequest): number {
  const fitting = (ns: number): number => Math.round(ns / Math.max(nsPerInvocation, Number.EPSILON));
  const isShared = arm !== 'kernel' && inputCount >= SHARED_FROM_INPUTS;
  return Math.max(fitting(SLICE_NS[arm] / (isShared ? 2 : 1)), Math.min(WARM_INVOCATIONS, fitting(LONGEST_SLICE_NS)));
}

/** A round's layouts may take this long: beyond it, rounds would become few. */
const LAYOUTS_SECONDS = 0.15;
/** Powers of two, so that they divide the pads evenly. */
const LAYOUTS = [8, 4, 2, 1] as const;

/**
 * How often the kernel's programs are laid out in a round: as often as fits, while the user-space side, which takes longer
 * to lay out and no limit looks so closely at, is laid out once.
 * @param seconds of laying out and running all of them once
 */
export function planLayouts(seconds: number): number {
  return LAYOUTS.find((layouts) => layouts * seconds <= LAYOUTS_SECONDS) ?? 1;
}

/**
 * One value from the slices of a load in the kernel, of which every revision has as many: noise only ever adds, so that the
 * smallest is the best (docs/judgement.md compares it with quartile and median). NaN of nothing.
 */
export function smallest(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((least, value) => Math.min(least, value));
}

/**
 * One value from the slices of a user-space arm: their lower quartile (linear between order statistics). The smallest would
 * fall with the number of slices, which differs between arms.
 */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 4;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
