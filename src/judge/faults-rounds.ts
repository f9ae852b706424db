/** What the rounds of a benchmark must be: all of them, and ended where its plan ends. */
import type { BenchmarkRecord } from '../domain/record.js';
import { userArms } from '../domain/words.js';
import { formatCount } from '../units.js';
import { roundsOf, timeRow, type Measured } from './decide.js';
import { firstOf, type Fault } from './fault.js';
import { minRounds } from './looks.js';
import { logRatios, seriesOf } from './series.js';
import { nextStep } from './stop.js';

/** Every round times the kernel and the compared arm, or it might be left out for its value; other arms may sit rounds out. */
export function faultOfRounds(benchmark: BenchmarkRecord, measured: Measured): Fault {
  return faultOfHeadsRounds(benchmark, measured) ?? faultOfBasesRounds(benchmark, measured);
}

/** What head is held against was measured in the very same rounds. */
function faultOfBasesRounds({ plan, programs, rounds }: BenchmarkRecord, measured: Measured): Fault {
  const { extent, measurement } = measured;
  const others = programs.filter(({ revision }) => revision !== 'head');
  const pairs = others.flatMap(({ revision, nativeSha256 }) => {
    const mayLackUser = nativeSha256 === undefined && plan.limits.maxSpeedupLossPercent === undefined;
    const compared =
      extent === undefined && !mayLackUser ? (['kernel', measurement.compareWith] as const) : (['kernel'] as const);
    return compared.map((arm) => ({ revision, arm }));
  });
  return firstOf(pairs, ({ revision, arm }) => {
    const [own, heads] = [timeRow(measured, arm, revision), timeRow(measured, arm)];
    if (own === undefined || heads === undefined) return `the record has no times of ${revision} on ${arm}`;
    const shared = logRatios(seriesOf(own), seriesOf(heads)).length;
    return shared === rounds && own.values.length === rounds
      ? undefined
      : `${revision} on ${arm} shares ${formatCount(shared)} of head's ${formatCount(rounds)} rounds`;
  });
}

function faultOfHeadsRounds({ rounds }: BenchmarkRecord, measured: Measured): Fault {
  const kernelRow = timeRow(measured, 'kernel');
  if (kernelRow === undefined) return 'the record has no times of the kernel';
  if (kernelRow.values.length !== rounds) {
    return `${formatCount(rounds)} rounds were measured and the kernel has ${formatCount(kernelRow.values.length)}`;
  }
  const kernel = seriesOf(kernelRow);
  const { compareWith } = measured.measurement;
  if (measured.extent === undefined && timeRow(measured, compareWith) === undefined)
    return `the record has no times of ${compareWith}`;
  return firstOf([...userArms, 'translated' as const], (arm) => {
    const row = timeRow(measured, arm);
    if (row === undefined) return undefined;
    const shared = logRatios(seriesOf(row), kernel).length;
    const enough = arm === compareWith ? shared === rounds && row.values.length === rounds : shared > 0;
    return enough ? undefined : `${arm} shares ${formatCount(shared)} of the kernel's ${formatCount(rounds)} rounds`;
  });
}

/** A measuring that ended where its plan goes on may have been ended for what it showed. */
export function faultOfEnd(measured: Measured): Fault {
  const rounds = roundsOf(measured);
  const planned = measured.measurement.rounds;
  if (planned !== undefined && rounds !== planned) {
    return `the plan asks for exactly ${formatCount(planned)} rounds and the record has ${formatCount(rounds)}`;
  }
  if (nextStep(measured) === 'enough') return undefined;
  const least = rounds < minRounds ? `, of which it asks for at least ${formatCount(minRounds)}` : '';
  return `the record ends after ${formatCount(rounds)} rounds${least}, where its plan goes on`;
}
