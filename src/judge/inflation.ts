/**
 * How much wider than its table the signed-rank interval has to be. The table takes rounds for independent and their
 * distribution for symmetric. A machine has stretches in which everything is slower, not all arms equally, so that
 * neighbouring rounds resemble each other; and noise only ever adds.
 *
 * A round's share in the rank statistic is its score F(2c − x), where F is the distribution of the rounds and c the centre
 * (W. Hoeffding, "A class of statistics with asymptotically normal distribution", Annals of Mathematical Statistics 19, 1948).
 * Where the table's assumptions hold, scores are uniform on 0…1 and independent: their variance is 1/12. What it really is,
 * neighbours included, the means of batches of consecutive rounds tell (J. M. Flegal, G. L. Jones, "Batch means and spectral
 * variance estimators in Markov chain Monte Carlo", Annals of Statistics 38, 2010; batches of √n, as there).
 */
import { countUpTo } from './walsh.js';

/** Fewer batches than these say nothing of their own variance. */
const minBatches = 5;

/**
 * The factor by which the ranks move outwards; at least 1, so that what the table promises is never given up.
 * @param logs in the order of the rounds
 * @param sorted the same, ascending
 * @param centre their pseudo-median
 */
export function rankInflation(logs: readonly number[], sorted: Float64Array, centre: number): number {
  const n = logs.length;
  return inflationOf(
    logs.map((log) => countUpTo(sorted, 2 * centre - log) / n),
    1 / 12,
  );
}

/** The same for a mean: what its variance is, neighbours included, to what it would be of independent rounds. */
export function meanInflation(logs: readonly number[], variance: number): number {
  return variance === 0 ? 1 : inflationOf(logs, variance);
}

/** @param variance of one value; that of the means of batches shows more where neighbours resemble each other */
function inflationOf(values: readonly number[], variance: number): number {
  const n = values.length;
  const batch = Math.floor(Math.sqrt(n));
  const batches = Math.floor(n / Math.max(1, batch));
  if (batches < minBatches) return 1;
  const means = Array.from({ length: batches }, (_, index) => mean(values.slice(index * batch, (index + 1) * batch)));
  const middle = mean(means);
  const ofMeans = (batch * means.reduce((sum, value) => sum + (value - middle) ** 2, 0)) / (batches - 1);
  return Math.sqrt(Math.max(1, ofMeans / variance));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
