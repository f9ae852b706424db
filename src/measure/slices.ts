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
 * In the kernel, where loads differ and slices do not: about what a load itself takes. An interrupt (every 1 to 4 ms) misses
 * nearly all of them.
 */
const KERNEL_SLICE_NS = 30_000;
/** What runs slower than its load's share of caches and predictors warms up is given this many invocations, where they fit. */
const KERNEL_WARM_INVOCATIONS = 64;
/** In user space the clock's reading stays in the figure, so that slices are long enough for it to weigh little. */
const USER_SLICE_NS = { call: 120_000, syscall: 240_000 } as const;
const LONGEST_SLICE_NS = 240_000;
/** Several inputs share a round's time. */
const SHARED_FROM_INPUTS = 3;
/** A wake-up costs microseconds: this many are a slice, whatever they take. */
const WAKEUP_INVOCATIONS = 16;
/** A looped syscall program is loaded with its count as a constant, below the kernel's limit of 8 Mi. */
const MAX_INVOCATIONS = 1_000_000;

export function planSlices(request: SliceRequest): SlicePlan {
  const { arm, inputCount, layouts, iterations, rounds } = request;
  if (arm === 'wakeup') return { slices: MIN_SLICES, invocationsPerSlice: WAKEUP_INVOCATIONS };
  const invocationsPerSlice = Math.min(Math.max(invocationsOf(arm, request), 1), MAX_INVOCATIONS);
  const perInput = Math.ceil(iterations / (rounds * layouts * inputCount));
  return { slices: Math.max(MIN_SLICES, Math.ceil(perInput / invocationsPerSlice)), invocationsPerSlice };
}

function invocationsOf(arm: Exclude<Arm, 'wakeup'>, { nsPerInvocation, inputCount }: SliceRequest): number {
  const fitting = (ns: number): number => Math.round(ns / Math.max(nsPerInvocation, Number.EPSILON));
  if (arm === 'kernel') {
    return Math.max(fitting(KERNEL_SLICE_NS), Math.min(KERNEL_WARM_INVOCATIONS, fitting(LONGEST_SLICE_NS)));
  }
  return fitting(USER_SLICE_NS[arm] / (inputCount < SHARED_FROM_INPUTS ? 1 : 2));
}

/** A round's layouts take about this long: beyond it they are most of the round, and fewer make for more rounds. */
const LAYOUTS_SECONDS = 0.06;
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
 * One value from the slices of a layout: their lower quartile (linear between order statistics). Noise only ever adds, so a
 * low quantile beats the mean; the minimum would fall with the number of slices, which differs between arms.
 */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 4;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
