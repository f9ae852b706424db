/** How long a worker may take before it counts as hung: generous, since a slow machine is no reason to lose a result. */
import { buildTimeLimitSeconds } from '../domain/plan.js';
import type { Job } from './protocol.js';

const startSeconds = 60;
/** Compiling, proving and loading one benchmark of one tree. */
const buildSecondsPerTree = 300;
/** Before the user's own build command runs in it. */
const copySecondsPerTree = 120;
/** `--rounds` asks for rounds beyond the time limit; a round of the dearest program takes well under this. */
const secondsPerRound = 1;
/** `--iterations` too, of the proof and of each side; the dearest of them take a few microseconds. */
const secondsPerIteration = 10e-6;
/** Timers know no later time: 24 days. */
const longestSeconds = Math.floor((2 ** 31 - 1) / 1000);

/** Seconds from the worker's start. */
export function timeLimitSeconds(job: Job): number {
  if (job.kind !== 'measure') return startSeconds;
  const { iterations, rounds = 0, timeLimitSeconds } = job.measurement;
  const trees = job.trees.length;
  // Twice: the limit is looked at between rounds, and floors and calibration come on top.
  const measuring = Math.max(2 * timeLimitSeconds, rounds * secondsPerRound, trees * iterations * secondsPerIteration);
  const ownBuild = job.build === undefined ? 0 : trees * (buildTimeLimitSeconds + copySecondsPerTree);
  const seconds = startSeconds + ownBuild + job.benchmarks.length * (trees * buildSecondsPerTree + measuring);
  return Math.min(Math.ceil(seconds), longestSeconds);
}
