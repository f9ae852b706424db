/** What every arm of head costs, kernel first. */
import type { ArmEstimate } from '../domain/verdict.js';
import { type Arm, arms } from '../domain/words.js';
import { type Measured, timeRow } from './decide.js';
import { centreOf, intervalOf, spreadOf } from './estimate.js';
import type { Level } from './looks.js';
import { logRatios, logsOf, rowOf, seriesOf } from './series.js';

/** @param measured without fault: the kernel has times, and every other arm shares a round with it */
export function ladderOf(measured: Measured, level: Level): ArmEstimate[] {
  return arms.flatMap((arm) => rungOf(measured, arm, level) ?? []);
}

function rungOf(measured: Measured, arm: Arm, level: Level): ArmEstimate | undefined {
  const row = timeRow(measured, arm);
  const kernel = timeRow(measured, 'kernel');
  if (row === undefined || kernel === undefined) return undefined;
  const series = seriesOf(row);
  const logs = logsOf(series);
  const floor = rowOf(measured.rows, { benchmark: row.benchmark, revision: row.revision, arm, metric: 'floor' });
  return {
    arm,
    revision: row.revision,
    timeNs: intervalOf(logs, level),
    ...(floor === undefined ? {} : { floorNs: centreOf(logsOf(seriesOf(floor))) }),
    ratioToKernel: arm === 'kernel' ? 1 : centreOf(logRatios(series, seriesOf(kernel))),
    invocations: row.evidence.invocations,
    layoutSpread: spreadOf(logs),
  };
}
