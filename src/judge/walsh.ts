/**
 * Walsh averages: the means (x_i + x_j) / 2 of all pairs i <= j, the values with themselves included. There are n(n+1)/2 of
 * them, too many to write down for thousands of rounds, so the k-th smallest is found by bisection over how many lie below.
 */

/** Bisection ends when it knows a Walsh average this well; the values are logarithms, so this is relative. */
const tolerance = 1e-13;

/** How many Walsh averages are at most `bound`; `sorted` ascending. One walk inwards from both ends. */
export function countAtMost(sorted: Float64Array, bound: number): number {
  let count = 0;
  let j = sorted.length - 1;
  for (let i = 0; i <= j; i++) {
    while (j >= i && ((sorted[i] ?? 0) + (sorted[j] ?? 0)) / 2 > bound) j--;
    count += Math.max(0, j - i + 1);
  }
  return count;
}

/** The k-th smallest Walsh average (k from 1), to within 10^-13; `sorted` ascending and not empty. */
export function selectWalshAverage(sorted: Float64Array, k: number): number {
  let low = sorted[0] ?? NaN;
  let high = sorted[sorted.length - 1] ?? NaN;
  if (countAtMost(sorted, low) >= k) return low;
  while (high - low > tolerance) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (countAtMost(sorted, middle) >= k) high = middle;
    else low = middle;
  }
  return high;
}

/** How many values are at most `bound`; `sorted` ascending. */
export function countUpTo(sorted: Float64Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sorted[middle] ?? Infinity) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
