/** The exact figures in words: what the verifier and the JIT tell of a program, once a load and without noise. */
import { formatCount, formatPercentLimit } from '../units.js';
import type { GrowthLimit } from './plan.js';
import type { MetricName } from './words.js';

export type ExactMetric = Exclude<MetricName, 'time' | 'floor'>;

/** What each of them counts. */
export const exactNouns: { readonly [M in ExactMetric]: string } = {
  'verified-insns': 'verified instructions',
  'verifier-states': 'verifier states',
  'xlated-bytes': 'translated bytes',
  'jited-bytes': 'JITed bytes',
  'stack-bytes': 'stack bytes',
  'executed-insns': 'executed instructions',
};

export const exactMetrics = Object.keys(exactNouns) as ExactMetric[];

/** `1,204 verified instructions`. */
export function formatExact(metric: ExactMetric, value: number): string {
  return `${formatCount(value)} ${exactNoun(metric, value)}`;
}

/** What so many of it are called: one is an instruction, not instructions. */
export function exactNoun(metric: ExactMetric, value: number): string {
  return value === 1 ? exactNouns[metric].replace(/s$/, '') : exactNouns[metric];
}

/** `10 %`, `10 % or 64`, `64`. */
export function formatGrowthLimit({ percent, slack = 0 }: GrowthLimit): string {
  const share = percent > 0 || slack === 0 ? [formatPercentLimit(percent)] : [];
  return [...share, ...(slack === 0 ? [] : [formatCount(slack)])].join(' or ');
}
