/** Limits that there is nothing to hold against, since less than both sides could be measured: they are neither kept nor broken. */
import type { BenchmarkRecord } from '../domain/record.js';
import { formatPercentLimit, formatRatioLimit } from '../units.js';

/**
 * One sentence for each. What was only discovered has default limits that nobody set for it in particular: of these, those that its type
 * or its inputs put out of reach are no question left open.
 */
export function unjudgedLimits({ plan, extent, programs }: BenchmarkRecord): string[] {
  if (extent === undefined) return [];
  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent } = plan.limits;
  const hasBase = programs.some(({ revision }) => revision === 'base');
  const isUntimed = extent.covers !== 'kernel' && plan.every === undefined;
  const limits = [
    ...(threshold === undefined ? [] : [`the threshold of ${formatRatioLimit(threshold)}`]),
    ...(isUntimed && hasBase && maxSlowdownPercent !== undefined
      ? [`the largest slowdown of ${formatPercentLimit(maxSlowdownPercent)}`]
      : []),
    ...(hasBase && maxSpeedupLossPercent !== undefined
      ? [`the largest loss of ${formatPercentLimit(maxSpeedupLossPercent)} of the speedup`]
      : []),
  ];
  const what = extent.covers === 'kernel' ? 'there is no speedup' : 'nothing was timed';
  return limits.map((limit) => `${limit} is not judged, since ${what}: ${extent.reason}`);
}
