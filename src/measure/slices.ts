/** How a round's work is cut: few short slices per input, interleaved between the arms. Pure. */
import type { Arm, UserArm } from '../domain/words.js';

/** What one arm does in every round, on every input. It stays the same for the whole measurement. */
export interface SlicePlan {
  readonly slices: number;
  readonly invocationsPerSlice: number;
}

export interface SliceRequest {
  readonly arm: Arm;
  readonly metric: 'time' | 'floor';
  /** Of a calibration batch. */
  readonly nsPerInvocation: number;
  readonly inputCount: number;
  readonly compareWith: UserArm;
  /** Invocations to reach in all rounds and inputs together. */
  readonly iterations: number;
  /** Rounds that will be measured at least. */
  readonly rounds: number;
}

/** Slices of one load agree with each other (docs/measurement.md); three leave one when a burst of noise takes two. */
const MIN_SLICES = 3;
/**
 * Long enough that the clock and the call weigh little, short enough that an interrupt (every 1 to 4 ms) misses most.
 * Several inputs share a round's time.
 */
const SLICE_NS = 240_000;
const SHARED_SLICE_NS = 120_000;
const SHARED_FROM_INPUTS = 3;
/** A wake-up costs microseconds: this many are a slice, whatever they take. */
const WAKEUP_INVOCATIONS = 16;
/** A looped syscall program is loaded with its count as a constant, below the kernel's limit of 8 Mi. */
const MAX_INVOCATIONS = 1_000_000;

export function planSlices(request: SliceRequest): SlicePlan {
  const { arm, metric, nsPerInvocation, inputCount, compareWith } = request;
  if (arm === 'wakeup') return { slices: MIN_SLICES, invocationsPerSlice: WAKEUP_INVOCATIONS };
  const sliceNs = inputCount < SHARED_FROM_INPUTS ? SLICE_NS : SHARED_SLICE_NS;
  const wanted = Math.round(sliceNs / Math.max(nsPerInvocation, Number.EPSILON));
  const invocationsPerSlice = Math.min(Math.max(wanted, 1), MAX_INVOCATIONS);
  const counted = metric === 'time' && (arm === 'kernel' || arm === compareWith);
  const perInput = counted ? Math.ceil(request.iterations / (request.rounds * inputCount)) : 0;
  return { slices: Math.max(MIN_SLICES, Math.ceil(perInput / invocationsPerSlice)), invocationsPerSlice };
}

/**
 * One value from the slices of a round: their lower quartile (linear between order statistics). Noise only ever adds, so a
 * low quantile beats the mean; the minimum would fall with the number of slices, which differs between arms.
 */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 4;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
