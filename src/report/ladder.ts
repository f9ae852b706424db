/**
 * The ladder: every arm of one benchmark, kernel first. Each column is defined once; the terminal and Markdown draw
 * them, and whoever wants the bare figures takes `value`.
 */
import type { Twin } from '../domain/record.js';
import type { ArmEstimate, Interval } from '../domain/verdict.js';
import type { Arm } from '../domain/words.js';
import { formatNs, formatRatio, formatShare } from '../units.js';

export interface Column<Row> {
  /** With its unit, ready to print; empty for a column of remarks. */
  readonly header: string;
  readonly unit?: 'ns' | 'share' | 'ratio';
  readonly align: 'left' | 'right';
  /** The figure itself, in `unit`; a share is 0.003 for 0.3 %. */
  readonly value: (row: Row) => string | number;
  /** The cell as it is printed. */
  readonly text: (row: Row) => string;
}

const armLabels: { readonly [A in Arm]: string } = {
  kernel: 'kernel (eBPF)',
  call: 'call (native loop)',
  syscall: 'syscall (pipe in, pipe out)',
  wakeup: 'wakeup (another process)',
  translated: 'call (translated twin)',
};

/** What an arm is, in three words. */
function armLabel(arm: Arm, twin: Twin | undefined): string {
  return arm === 'call' && twin !== undefined ? `call (${twin.kind} twin)` : armLabels[arm];
}

/** The longer half of an interval, as a share of its estimate. */
export function relativeUncertainty(interval: Interval): number {
  return Math.max(interval.high - interval.estimate, interval.estimate - interval.low) / interval.estimate;
}

/** @param twin of head; undefined where it is the C source alone */
export function ladderColumns(twin: Twin | undefined): readonly Column<ArmEstimate>[] {
  const label = { header: '', align: 'left', value: ({ arm }: ArmEstimate) => arm } as const;
  return [{ ...label, text: ({ arm }) => armLabel(arm, twin) }, ...figureColumns];
}

const figureColumns: readonly Column<ArmEstimate>[] = [
  {
    header: 'ns per run',
    unit: 'ns',
    align: 'right',
    value: (row) => row.timeNs.estimate,
    text: (row) => formatNs(row.timeNs.estimate),
  },
  {
    header: 'interval',
    unit: 'share',
    align: 'right',
    value: (row) => relativeUncertainty(row.timeNs),
    text: (row) => `± ${formatShare(relativeUncertainty(row.timeNs))}`,
  },
  {
    header: 'spread',
    unit: 'share',
    align: 'right',
    value: (row) => row.layoutSpread,
    text: (row) => formatShare(row.layoutSpread),
  },
  {
    header: 'against kernel',
    unit: 'ratio',
    align: 'right',
    value: (row) => row.ratioToKernel,
    text: (row) => formatRatio(row.ratioToKernel),
  },
];

/** What a reader should know of a rung beside its figures; empty for most. */
export function ladderRemark(row: ArmEstimate, twin: Twin | undefined): string {
  const isItself = row.arm === 'call' && twin?.kind !== 'translated';
  return isItself && row.ratioToKernel <= 1 ? 'as fast as the function itself gets' : '';
}

/** What `interval` and `spread` mean, said once for all tables; empty where there is none. */
export function ladderLegend(ladder: readonly ArmEstimate[]): string {
  const percents = ladder.map((row) => Number((row.timeNs.confidence * 100).toPrecision(4)));
  if (percents.length === 0) return '';
  const least = Math.min(...percents);
  const confidence = percents.every((percent) => percent === least) ? `${least} %` : `at least ${least} %`;
  return `interval: ${confidence} confidence; spread: from one fresh load to the next`;
}
