/**
 * The standard normal quantile: algorithm AS 241, routine PPND7 (M. J. Wichura, "The percentage points of the normal
 * distribution", Applied Statistics 37, 1988), accurate to about one part in 10^7.
 */

/** A rational function: both polynomials by rising powers. */
function rational(x: number, above: readonly number[], below: readonly number[]): number {
  const polynomial = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
  return polynomial(above) / polynomial(below);
}

/** The z that a standard normal variable stays below with the given probability (0 < probability < 1, else NaN). */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) return NaN;
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    return (
      q *
      rational(
        0.180625 - q * q,
        [3.3871327179, 50.434271938, 159.29113202, 59.10937472],
        [1, 17.895169469, 78.757757664, 67.1875636],
      )
    );
  }
  const r = Math.sqrt(-Math.log(q < 0 ? probability : 1 - probability));
  const z =
    r <= 5
      ? rational(r - 1.6, [1.4234372777, 2.75681539, 1.3067284816, 0.17023821103], [1, 0.7370016425, 0.12021132975])
      : rational(r - 5, [6.657905115, 3.081226386, 0.42868294337, 0.017337203997], [1, 0.24197894225, 0.012258202635]);
  return q < 0 ? -z : z;
}
