/** What the judge says of a record, as data for every report. */
import type { Failure } from '../errors.js';
import type { ExactMetric } from './exact-figures.js';
import type { BenchmarkRecord } from './record.js';
import type { Arm, BudgetMetric, Metric, MetricName, Outcome, Revision, UserArm } from './words.js';

/** An estimate and the interval that covers the truth with the given confidence (0…1), all in one unit. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** One rung of the ladder: what one arm costs. */
export interface ArmEstimate {
  readonly arm: Arm;
  readonly revision: Revision;
  /** Nanoseconds per invocation, gross: the floor is inside. */
  readonly timeNs: Interval;
  /** Nanoseconds per invocation of the empty program on the same arm; absent where it was not measured. */
  readonly floorNs?: number;
  /** This arm's time ÷ the kernel's, from the rounds that have both. 1 for the kernel itself. */
  readonly ratioToKernel: number;
  /** Timed and checked invocations. */
  readonly invocations: number;
  /** How much this arm moves from one layout to the next: standard deviation of a round's ln(time), robust. */
  readonly layoutSpread: number;
}

/** What one load of a program tells for certain, in the metric's unit. */
export interface ExactFigure {
  readonly metric: ExactMetric;
  readonly value: number;
  /** The base's; absent without a base. */
  readonly baseValue?: number;
}

interface Judged {
  readonly outcome: Exclude<Outcome, 'untrusted'>;
  /** One sentence of evidence, with figures and units. */
  readonly sentence: string;
}

/** A limit on what was sampled. */
export interface SampledGate extends Judged {
  readonly kind: 'sampled';
  /** As the command line calls it. */
  readonly gate: 'threshold' | 'max-slowdown' | 'max-speedup-loss';
  /** In the unit of the interval: a ratio for `threshold`, else a share (0.05 is 5 %). */
  readonly limit: number;
  readonly interval: Interval;
}

/** A limit on an exact figure: inconclusive only where this kernel does not give the figure. */
export interface ExactGate extends Judged {
  readonly kind: 'exact';
  readonly gate: 'budget' | 'max-growth';
  readonly metric: BudgetMetric;
  readonly unit: Metric['unit'];
  /** `budget`: in `unit`. `max-growth`: a share of the base's figure (0.1 is 10 %). */
  readonly limit: number;
  /** `max-growth`: growth of up to this many passes whatever its share, in `unit`. */
  readonly slack?: number;
  /** In `unit`; absent where the kernel does not give it. */
  readonly value?: number;
  /** The base's, for `max-growth`; absent where the kernel does not give it. */
  readonly baseValue?: number;
  /** The input that both are of, where each is judged for itself: the worst. */
  readonly input?: string;
}

/** One limit, judged. */
export type GateResult = SampledGate | ExactGate;

/** A figure, and the one that was saved. */
export interface Beside {
  readonly saved: number;
  readonly now: number;
  /** now ÷ saved, less 1. */
  readonly change: number;
}

/** Head beside a saved record: shown, and never judged by. */
export type Advisory =
  | {
      readonly kind: 'figures';
      /** Nanoseconds per invocation. */
      readonly kernel?: Beside;
      /** The compared user arm's time ÷ the kernel's. */
      readonly speedup?: Beside;
      /** Exact figures that both have. */
      readonly figures: readonly { readonly metric: MetricName; readonly saved: number; readonly now: number }[];
      /** What was otherwise where it was saved, a clause each: figures that depend on it cannot be compared. */
      readonly machine: readonly string[];
      /** What its program or inputs were, a clause each: all of its figures are of something else then. */
      readonly workload: readonly string[];
    }
  /** The saved record has no figure of it; one clause why. */
  | { readonly kind: 'none'; readonly reason: string };

export interface BenchmarkVerdict {
  readonly benchmark: string;
  readonly outcome: Outcome;
  /** One sentence of evidence. */
  readonly sentence: string;
  readonly record: BenchmarkRecord;
  /** The head revision's ladder, kernel first; empty where nothing was measured. */
  readonly ladder: readonly ArmEstimate[];
  /** The compared user arm's time ÷ the kernel's (head). */
  readonly speedup?: Interval;
  /** Head's kernel time ÷ the base's, less 1; absent without a base. */
  readonly slowdown?: Interval;
  /** The same of the base measured a second time: what the machine makes of no change at all. */
  readonly sentinel?: Interval;
  /** Head's exact figures, as far as the kernel gives them; empty where there is no proof. */
  readonly figures: readonly ExactFigure[];
  /** The sampled ones first. */
  readonly gates: readonly GateResult[];
  /** Absent without a saved record, and where head itself has no figure. */
  readonly advisory?: Advisory;
}

export interface RunVerdict {
  readonly outcome: Outcome;
  readonly sentence: string;
  readonly compareWith: UserArm;
  readonly benchmarks: readonly BenchmarkVerdict[];
  /** The benchmark that decided the outcome (the failed, else the undecided, else the one with the smallest speedup). */
  readonly worst?: string;
  /** Failures that belong to no benchmark. */
  readonly failures: readonly Failure[];
}
