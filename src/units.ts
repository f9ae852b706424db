/**
 * Units: the only conversions between them and the only places where a figure becomes text. A figure that cannot be
 * (NaN, an infinity, a negative duration) is a defect upstream and is thrown as one; it is never printed.
 */
import { KfaasError } from './errors.js';

/** Nanoseconds; fractional where it is per invocation. */
export type Ns = number;
export type Seconds = number;
export type Bytes = number;
/** A quotient of two figures of one unit: 5.94 prints as `5.94x`. */
export type Ratio = number;
/** A share or a relative change: 0.068 prints as `6.8 %`. */
export type Fraction = number;

const nsPerSecond = 1e9;
const nsPerMicrosecond = 1e3;
/** A true minus (U+2212): as wide as a plus and never broken from its figure at a line's end. */
const minus = '−';

function defect(what: string, value: unknown): KfaasError {
  return new KfaasError({
    kind: 'internal',
    message: `${what} cannot be ${String(value)}`,
    remedy: 'this is a defect of kfaas-bench: please report it with the record',
  });
}

function finite(what: string, value: number): number {
  if (!Number.isFinite(value)) throw defect(what, value);
  return value;
}

function nonNegative(what: string, value: number): number {
  if (finite(what, value) < 0) throw defect(what, value);
  return value;
}

function whole(what: string, value: number): number {
  if (!Number.isInteger(nonNegative(what, value))) throw defect(what, value);
  return value;
}

/**
 * The difference of two readings of one clock.
 * @throws KfaasError (internal) where the clock ran backwards or the difference is beyond 2^53 ns (104 days).
 */
export function elapsedNs(startNs: bigint, endNs: bigint): Ns {
  const differenceNs = endNs - startNs;
  if (differenceNs < 0n || differenceNs > 2n ** 53n) throw defect('a clock difference in ns', differenceNs);
  return Number(differenceNs);
}

/** @throws KfaasError (internal) unless `totalNs` is a duration and `invocations` a positive whole number. */
export function nsPerInvocation(totalNs: Ns, invocations: number): Ns {
  nonNegative('a duration in ns', totalNs);
  if (whole('a number of invocations', invocations) === 0) throw defect('a number of invocations', invocations);
  return totalNs / invocations;
}

export function secondsOfNs(ns: Ns): Seconds {
  return nonNegative('a duration in ns', ns) / nsPerSecond;
}

export function nsOfSeconds(seconds: Seconds): Ns {
  return nonNegative('a duration in seconds', seconds) * nsPerSecond;
}

/** Fixed decimals with thousands separators, a true minus, and no sign on what rounds to zero. */
function grouped(value: number, decimals: number): string {
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: 'negative',
  });
  return format.format(value).replace('-', minus);
}

/**
 * How many decimals show `digits` significant digits of a value, at least `least`; decided after rounding, so that
 * 99.96 to three digits is 100 and not 100.0.
 */
function decimalsFor(value: number, digits: number, least = 0): number {
  if (value === 0) return Math.max(least, digits - 1);
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  return Math.min(20, Math.max(least, digits - 1 - exponent));
}

/** Microseconds with two decimals and no separators, as in the three lines: `452310.27`. */
export function formatMicroseconds(ns: Ns): string {
  return (nonNegative('a duration in ns', ns) / nsPerMicrosecond).toFixed(2);
}

/** Per-invocation time without its unit: `0.057`, `2.4`, `75.9`, `690.4`, `9,204`. */
export function formatNs(ns: Ns): string {
  nonNegative('a duration in ns', ns);
  if (ns === 0) return '0.0';
  if (ns < 0.95) return grouped(ns, decimalsFor(ns, 2));
  return grouped(ns, ns < 999.95 ? 1 : 0);
}

/** How many decimals `formatRatio` gives a ratio: three significant digits, and two below 0.1. */
function ratioDecimals(ratio: Ratio): number {
  return ratio < 1 ? Math.max(2, decimalsFor(ratio, 2)) : decimalsFor(ratio, 3);
}

/** `0.70x`, `5.94x`, `16.4x`, `121x`, `1,204x`. */
export function formatRatio(ratio: Ratio): string {
  return `${grouped(nonNegative('a ratio', ratio), ratioDecimals(ratio))}x`;
}

/** A limit as its author wrote it: `5x`, `1.25x`. */
export function formatRatioLimit(ratio: Ratio): string {
  return `${String(nonNegative('a ratio', ratio))}x`;
}

/** `(9.01 … 9.17)`, with decimals enough to tell both ends apart where they differ by a hundredth of themselves or less. */
export function formatRatioInterval(low: Ratio, high: Ratio): string {
  nonNegative('a ratio', low);
  const width = nonNegative('the width of an interval', finite('a ratio', high) - low);
  const decimals = width === 0 ? ratioDecimals(low) : Math.max(ratioDecimals(low), decimalsFor(width, 1));
  return `(${grouped(low, decimals)} … ${grouped(high, decimals)})`;
}

function signed(percent: number, decimals: number): string {
  const text = grouped(percent, decimals);
  return percent > 0 && Number(percent.toFixed(decimals)) !== 0 ? `+${text}` : text;
}

function percentDecimals(percent: number): number {
  return Math.abs(percent) < 99.95 ? 1 : 0;
}

/** A change with its sign: `+6.8 %`, `−0.1 %`, `0.0 %`, `+121 %`. */
export function formatChange(change: Fraction): string {
  const percent = finite('a change', change) * 100;
  return `${signed(percent, percentDecimals(percent))} %`;
}

/** `(+6.2 … +7.4)`: both ends of a change in percent, the unit left to the estimate before it. */
export function formatChangeInterval(low: Fraction, high: Fraction): string {
  const [lowPercent, highPercent] = [finite('a change', low) * 100, finite('a change', high) * 100];
  const decimals = percentDecimals(Math.max(Math.abs(lowPercent), Math.abs(highPercent)));
  return `(${signed(lowPercent, decimals)} … ${signed(highPercent, decimals)})`;
}

/** A share without a sign: `0.3 %`, `121 %`. */
export function formatShare(share: Fraction): string {
  const percent = nonNegative('a share', share) * 100;
  return `${grouped(percent, percentDecimals(percent))} %`;
}

/** A limit as its author wrote it: `5 %`, `0.5 %`. */
export function formatPercentLimit(percent: number): string {
  return `${String(nonNegative('a percentage', percent))} %`;
}

/** `64 B`, `1.5 KiB`, `2.3 MiB`: powers of 1,024. */
export function formatBytes(bytes: Bytes): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let amount = whole('a number of bytes', bytes);
  let power = 0;
  // 1,023.95 KiB would print as 1,024.0 KiB.
  while (amount >= (power === 0 ? 1024 : 1023.95) && power < units.length - 1) {
    amount /= 1024;
    power += 1;
  }
  return `${grouped(amount, power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}

/** `0.21 s`, `3.4 s`, `40 s`, `1,200 s`. */
export function formatSeconds(seconds: Seconds): string {
  nonNegative('a duration in seconds', seconds);
  const decimals = seconds < 0.995 ? 2 : seconds < 9.95 ? 1 : 0;
  return `${grouped(seconds, decimals)} s`;
}

/** `1,000,000`. */
export function formatCount(count: number): string {
  return grouped(whole('a count', count), 0);
}
