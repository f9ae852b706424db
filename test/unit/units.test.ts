import { describe, expect, it } from 'vitest';
import { KfaasError } from '../../src/errors.js';
import {
  elapsedNs,
  formatBytes,
  formatChange,
  formatChangeInterval,
  formatCount,
  formatMicroseconds,
  formatNs,
  formatRatio,
  formatRatioInterval,
  formatRatioLimit,
  formatSeconds,
  formatShare,
  nsOfSeconds,
  nsPerInvocation,
  secondsOfNs,
} from '../../src/units.js';

const internal = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KfaasError);
    const { failure } = thrown as KfaasError;
    expect(failure.kind).toBe('internal');
    expect(failure.remedy).not.toBe('');
    return failure.message;
  }
  throw new Error('nothing was thrown');
};

describe('conversions', () => {
  it('subtracts two readings of a clock up to 2^53 ns, past which a double would round', () => {
    expect(elapsedNs(5n, 5n)).toBe(0);
    expect(elapsedNs(0n, 2n ** 53n)).toBe(2 ** 53);
    expect(elapsedNs(2n ** 63n, 2n ** 63n + 1n)).toBe(1);
    expect(internal(() => elapsedNs(0n, 2n ** 53n + 1n))).toContain('9007199254740993');
  });

  it('refuses a clock that ran backwards', () => {
    expect(internal(() => elapsedNs(10n, 9n))).toContain('-1');
    expect(internal(() => nsPerInvocation(-1, 10))).toContain('-1');
    expect(internal(() => secondsOfNs(-1))).toContain('-1');
    expect(internal(() => nsOfSeconds(-1))).toContain('-1');
  });

  it('divides by a whole, positive number of invocations only', () => {
    expect(nsPerInvocation(2 ** 53, 2)).toBe(2 ** 52);
    expect(nsPerInvocation(0, 3)).toBe(0);
    for (const invocations of [0, -1, 0.5, NaN, Infinity]) internal(() => nsPerInvocation(1, invocations));
  });

  it('converts seconds both ways', () => {
    expect(secondsOfNs(2_500_000_000)).toBe(2.5);
    expect(nsOfSeconds(2.5)).toBe(2_500_000_000);
  });
});

describe('formats', () => {
  it.each([
    [0, '0.00'],
    [452_310_270, '452310.27'],
    [690_412_184, '690412.18'],
    [4, '0.00'],
    [2 ** 53, '9007199254740.99'],
  ])('%d ns in µs is %s', (ns, text) => {
    expect(formatMicroseconds(ns)).toBe(text);
  });

  it.each([
    [0, '0.0'],
    [0.0571, '0.057'],
    [0.6, '0.60'],
    [0.949, '0.95'],
    [0.96, '1.0'],
    [2.44, '2.4'],
    [75.93, '75.9'],
    [690.41, '690.4'],
    [999.94, '999.9'],
    [999.96, '1,000'],
    [9204.3, '9,204'],
    [2 ** 53, '9,007,199,254,740,992'],
  ])('%d ns per invocation is %s', (ns, text) => {
    expect(formatNs(ns)).toBe(text);
  });

  it.each([
    [0, '0.00x'],
    [0.0042, '0.0042x'],
    [0.699, '0.70x'],
    [1, '1.00x'],
    [5.944, '5.94x'],
    [9.996, '10.0x'],
    [16.4, '16.4x'],
    [99.96, '100x'],
    [121.2, '121x'],
    [1204, '1,204x'],
  ])('the ratio %d is %s', (ratio, text) => {
    expect(formatRatio(ratio)).toBe(text);
  });

  it('shows a limit as it was written', () => {
    expect([5, 1.25, 0.7].map(formatRatioLimit)).toEqual(['5x', '1.25x', '0.7x']);
  });

  it('tells the ends of a narrow interval apart', () => {
    expect(formatRatioInterval(9.01, 9.17)).toBe('(9.01 … 9.17)');
    expect(formatRatioInterval(121.1, 121.4)).toBe('(121.1 … 121.4)');
    expect(formatRatioInterval(4.9991, 5.0004)).toBe('(4.999 … 5.000)');
    expect(formatRatioInterval(2, 2)).toBe('(2.00 … 2.00)');
    internal(() => formatRatioInterval(2, 1));
  });

  it.each([
    [0, '0.0 %'],
    [0.068, '+6.8 %'],
    [-0.001, '−0.1 %'],
    [0.0004, '0.0 %'],
    [-0.0004, '0.0 %'],
    [0.9996, '+100 %'],
    [1.21, '+121 %'],
    [-0.9996, '−100 %'],
    [12.345, '+1,235 %'],
  ])('the change %d is %s', (change, text) => {
    expect(formatChange(change)).toBe(text);
  });

  it('formats an interval of changes', () => {
    expect(formatChangeInterval(0.062, 0.074)).toBe('(+6.2 … +7.4)');
    expect(formatChangeInterval(-0.004, 0.002)).toBe('(−0.4 … +0.2)');
    expect(formatChangeInterval(-0.0001, 0)).toBe('(0.0 … 0.0)');
  });

  it('formats shares, bytes, seconds and counts', () => {
    expect([0, 0.003, 1.21].map(formatShare)).toEqual(['0.0 %', '0.3 %', '121 %']);
    expect([0, 64, 1023, 1024, 1536, 1024 ** 2 - 1, 2.3 * 1024 ** 2 - 0.8, 2 ** 53].map(formatBytes)).toEqual([
      '0 B',
      '64 B',
      '1,023 B',
      '1.0 KiB',
      '1.5 KiB',
      '1.0 MiB',
      '2.3 MiB',
      '8.0 PiB',
    ]);
    expect([0, 0.206, 0.999, 3.42, 9.96, 40, 1200].map(formatSeconds)).toEqual([
      '0.00 s',
      '0.21 s',
      '1.0 s',
      '3.4 s',
      '10 s',
      '40 s',
      '1,200 s',
    ]);
    expect([0, 999, 1_000_000, 2 ** 53].map(formatCount)).toEqual(['0', '999', '1,000,000', '9,007,199,254,740,992']);
  });

  it('never prints a figure that cannot be', () => {
    const every = [
      formatMicroseconds,
      formatNs,
      formatRatio,
      formatRatioLimit,
      formatChange,
      formatShare,
      formatBytes,
      formatSeconds,
      formatCount,
      (value: number) => formatRatioInterval(1, value),
      (value: number) => formatRatioInterval(value, 1),
      (value: number) => formatChangeInterval(0, value),
      (value: number) => formatChangeInterval(value, 0),
    ];
    for (const format of every) for (const value of [NaN, Infinity, -Infinity]) internal(() => format(value));
    for (const format of [
      formatMicroseconds,
      formatNs,
      formatRatio,
      formatShare,
      formatBytes,
      formatSeconds,
      formatCount,
    ])
      expect(internal(() => format(-1))).toContain('-1');
    for (const format of [formatBytes, formatCount]) internal(() => format(0.5));
  });
});
