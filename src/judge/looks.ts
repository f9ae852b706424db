/**
 * When the judge looks, and what each look may cost. Looking again and again until something shows is how false alarms are
 * made: with ten looks at 99 % each, up to one innocent in ten is blamed. So the looks are planned in rounds before any value
 * is seen, and the job's error probability is divided among them.
 */
import type { BenchmarkPlan, Limits, MeasurementPlan } from '../domain/plan.js';

/** Probability that any gate of a job decides against the truth. */
export const jobAlpha = 0.01;

/** Below this an interval at a look's level is too wide to be of use, and layout has hardly been sampled. */
const firstLook = 30;
/** Each look has half as many rounds again, which narrows the interval by a fifth: 21 looks reach 99,758 rounds. */
const growth = 1.5;
const looks = 21;

/** Round counts at which the judge looks: 30, 45, 68, 101, … */
export const plannedLooks: readonly number[] = Array.from({ length: looks }, (_, index) =>
  Math.round(firstLook * growth ** index),
);

export const minRounds = firstLook;
/** The last look: no benchmark is measured for more rounds than these. */
export const maxRounds = plannedLooks[looks - 1] ?? firstLook;

/**
 * Rounds to spread the iterations over: as few as there must be, or beside a base as many as it may take to tell small changes
 * apart. Rounds, not invocations, narrow an interval.
 */
export const spreadOver = { alone: minRounds, besideBase: plannedLooks[2] ?? firstLook } as const;

export function isLook(rounds: number): boolean {
  return plannedLooks.includes(rounds);
}

/** The first planned look after this many rounds; undefined when there is none left. */
export function nextLook(rounds: number): number | undefined {
  return plannedLooks.find((look) => look > rounds);
}

/** The limits on what is sampled. Exact figures are judged without error. */
const sampledLimits = ['threshold', 'maxSlowdownPercent', 'maxSpeedupLossPercent'] as const satisfies (keyof Limits)[];

/**
 * How many sampled limits a job holds its benchmarks against. Each of them can be wrong, so they share the job's alpha. Those
 * of a benchmark whose base turns out to be missing are counted as well: the levels follow from the plan alone.
 */
export function gateCount(benchmarks: readonly BenchmarkPlan[]): number {
  return benchmarks.flatMap(({ limits }) => sampledLimits.filter((name) => limits[name] !== undefined)).length;
}

/** The probability of error that an interval may have. */
export interface Level {
  /** At this look alone: what the interval is computed with. */
  readonly alpha: number;
  /** 1 − the alpha of all looks together: what the interval promises whenever the measuring stops. */
  readonly confidence: number;
}

export const ungatedLevel: Level = { alpha: jobAlpha, confidence: 1 - jobAlpha };

/**
 * The level of every interval of a gated benchmark that has been measured for this many rounds, from the plan alone.
 *
 * Between gates by Bonferroni: each has the job's alpha ÷ their number. Between looks by a spending function (K. K. G. Lan,
 * D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983), their approximation of Pocock's
 * boundary, alpha × ln(1 + (e − 1)t), with t = the share of the planned looks. A look's level is what is spent since the look
 * before it; since these add up to alpha, all the intervals hold together (union bound), however the looks depend on each
 * other. That is wider than the exact boundary, and asks nothing of the distribution.
 *
 * When the time is up there is one last look, which has whatever the planned ones before it have left: there will be no
 * other, and it was the clock that ended the measuring, not the values. That is the end of Lan's and DeMets's function where the
 * share of the information is known at last: however many rounds the time limit allowed, the levels of the looks up to it add
 * up to alpha. With a fixed number of rounds there is one look, and it has all of the alpha; so has the interval of a
 * benchmark that nothing is decided about.
 *
 * @param isTimeUp whether the time limit is over, so that these are the last rounds
 */
export function levelAt(rounds: number, measurement: MeasurementPlan, gates: number, isTimeUp = false): Level {
  const alpha = jobAlpha / Math.max(1, gates);
  const confidence = 1 - alpha;
  if (measurement.rounds !== undefined) return { alpha, confidence };
  const reached = plannedLooks.findIndex((look) => look >= rounds);
  const look = reached === -1 ? looks - 1 : reached;
  const spent = isTimeUp ? 1 : spentShare((look + 1) / looks);
  return { alpha: alpha * (spent - spentShare(look / looks)), confidence };
}

function spentShare(t: number): number {
  return Math.log(1 + (Math.E - 1) * t);
}
