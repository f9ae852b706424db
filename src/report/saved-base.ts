/** What reports say of a saved record that head is shown beside. */
import type { BenchRecord, SavedBase } from '../domain/record.js';
import type { Advisory, BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import { formatChange, formatCount, formatNs, formatRatio } from '../units.js';
import { shortCommit } from './base.js';

type Figures = Extract<Advisory, { kind: 'figures' }>;

/** `record.json of 2026-01-02 03:04 UTC, commit 3f2c1e9, with changes, on Linux 6.18.44, Some CPU`; empty without one. */
export function savedBaseSentence({ savedBase }: BenchRecord): string {
  if (savedBase === undefined) return '';
  const { path, createdAt, commit, dirty } = savedBase;
  return [
    `the saved record ${path} of ${createdAt.slice(0, 16).replace('T', ' ')} UTC`,
    ...(commit === undefined ? [] : [`commit ${shortCommit(commit)}`]),
    ...(dirty === true ? ['with changes'] : []),
    ...machines(savedBase),
  ].join(', ');
}

function machines({ environments }: SavedBase): string[] {
  const names = Object.values(environments).map(({ kernelRelease, cpuModel }) => `Linux ${kernelRelease}, ${cpuModel}`);
  return names.length === 0 ? [] : [`on ${names.join(' and ')}`];
}

/** What a reader must know before comparing. */
export function advisorySentences(verdict: RunVerdict, { savedBase }: BenchRecord): string[] {
  if (savedBase === undefined) return [];
  const machine = new Set(verdict.benchmarks.flatMap(({ advisory }) => figuresIn(advisory)?.machine ?? []));
  const comparable =
    machine.size === 0
      ? 'It is of another job on a machine of the same kind, which may have been faster or slower then'
      : `It is of ${[...machine].join(', ')}: times are not comparable, other figures only where nothing that they depend on differs`;
  const nobody = verdict.benchmarks.every(({ advisory }) => figuresIn(advisory) === undefined);
  return [
    nobody ? 'It has no figure of any of these benchmarks: save one of the same config' : comparable,
    'Beside a saved record everything is advisory: max-slowdown, max-speedup-loss and growth are not judged, thresholds and budgets are',
  ];
}

/** `+3.1 %`; empty where there is none. */
export function advisoryChange({ advisory }: BenchmarkVerdict): string {
  const kernel = figuresIn(advisory)?.kernel;
  return kernel === undefined ? '' : formatChange(kernel.change);
}

/** All of it in clauses; empty without a saved record. */
export function advisorySentence({ advisory }: BenchmarkVerdict): string {
  if (advisory === undefined) return '';
  if (advisory.kind === 'none') return advisory.reason;
  const { kernel, speedup, figures, workload } = advisory;
  return [
    ...(kernel === undefined
      ? []
      : [`kernel time ${formatChange(kernel.change)} (${formatNs(kernel.saved)} → ${formatNs(kernel.now)} ns)`]),
    ...(speedup === undefined
      ? []
      : [`speedup ${formatChange(speedup.change)} (${formatRatio(speedup.saved)} → ${formatRatio(speedup.now)})`]),
    ...figures.map(({ metric, saved, now }) =>
      saved === now ? `${metric} ${formatCount(now)}` : `${metric} ${formatCount(saved)} → ${formatCount(now)}`,
    ),
    ...(workload.length === 0 ? [] : [`not the same benchmark since: ${workload.join(', ')}`]),
  ].join('; ');
}

function figuresIn(advisory: Advisory | undefined): Figures | undefined {
  return advisory?.kind === 'figures' ? advisory : undefined;
}
