/** How long a worker may take before it counts as hung: generous, since a slow machine is no reason to lose a result. */
import type { Job } from './protocol.js';

const startSeconds = 60;
/** Compiling, proving and loading one benchmark of one tree; the user's own build command runs in here too. */
const buildSecondsPerTree = 300;
/** `--rounds` asks for rounds beyond the time limit; a round of the dearest program takes well under this. */
const secondsPerRound = 1;

/** Seconds from the worker's start. */
export function timeLimitSeconds(job: Job): number {
  if (job.kind === 'probe') return startSeconds;
  const { rounds = 0, timeLimitSeconds } = job.measurement;
  // Twice: the limit is looked at between rounds, and floors and calibration come on top.
  const measuring = Math.max(2 * timeLimitSeconds, rounds * secondsPerRound);
  return Math.ceil(startSeconds + job.benchmarks.length * (job.trees.length * buildSecondsPerTree + measuring));
}
