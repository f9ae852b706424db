/** What was measured of a benchmark, and why not more: the words for it. */
import type { BenchmarkRecord } from '../domain/record.js';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import type { Outcome } from '../domain/words.js';
import { formatCount, formatNs } from '../units.js';

const coverage = {
  kernel: 'the kernel alone: ',
  figures: 'the figures of the load alone: ',
  nothing: '',
} as const;

/** `the kernel alone: it calls bpf_map_lookup_elem(), which does not exist in user space`; empty where both sides were measured. */
export function extentSentence({ extent }: BenchmarkRecord): string {
  return extent === undefined ? '' : `${coverage[extent.covers]}${extent.reason}`;
}

/** Whether it is no more than a line in the table of programs: no times, and nothing that went wrong. */
export function isListedOnly({ outcome, record: { extent } }: BenchmarkVerdict): boolean {
  return outcome === 'pass' && (extent?.covers === 'figures' || extent?.covers === 'nothing');
}

/** What became of it, in a word: `pass` is only said where something was held against a limit. */
export function verdictWord({ outcome, gates, record }: BenchmarkVerdict): Outcome | 'not gated' | 'not loaded' {
  if (outcome !== 'pass' || gates.length > 0) return outcome;
  return record.extent?.covers === 'nothing' ? 'not loaded' : 'not gated';
}

/** `41.3 ns`; `–` where it was not timed. */
export function kernelTime({ ladder }: BenchmarkVerdict): string {
  const kernel = ladder.find(({ arm }) => arm === 'kernel');
  return kernel === undefined ? '–' : `${formatNs(kernel.timeNs.estimate)} ns`;
}

/** `7 programs checked, 1 does not load, 3 timed on generic packets`; empty where nothing was discovered. */
export function discoveredPhrase({ benchmarks }: RunVerdict): string {
  const discovered = benchmarks.filter(({ record }) => record.plan.every);
  if (discovered.length === 0) return '';
  const unloaded = discovered.filter(({ record }) => record.extent?.covers === 'nothing').length;
  const timed = discovered.filter(({ ladder }) => ladder.length > 0).length;
  const checked = discovered.length - unloaded;
  return [
    `${formatCount(checked)} ${checked === 1 ? 'program' : 'programs'} checked`,
    ...(unloaded === 0 ? [] : [`${formatCount(unloaded)} not loaded here`]),
    timed === 0 ? 'none timed' : `${formatCount(timed)} timed on generic packets`,
  ].join(', ');
}
