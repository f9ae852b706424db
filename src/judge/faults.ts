/**
 * No proof, no number: what a benchmark's record must show before any of its figures is believed. All of it is checked again
 * here, from the record alone, since a record may come from anywhere. Each check gives the first fault that it finds, as a
 * clause with its figures.
 */
import type { BenchmarkRecord, BenchRecord, BuiltProgram, Row } from '../domain/record.js';
import { exactNouns } from '../domain/exact-figures.js';
import { budgetMetrics, metrics, userArms } from '../domain/words.js';
import { formatCount } from '../units.js';
import { type Measured, roundsOf, timeRow } from './decide.js';
import { minRounds } from './looks.js';
import { faultOfExecuted } from './faults-executed.js';
import { logRatios, rowOf, seriesOf } from './series.js';
import { nextStep } from './stop.js';

type Fault = string | undefined;

/** A picosecond is a thousandth of what a CPU's cycle takes, and a day is the longest measuring that a plan may ask for. */
const shortestNs = 1e-3;
const longestNs = 86_400e9;

function firstOf<T>(items: readonly T[], check: (item: T) => Fault): Fault {
  for (const item of items) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function firstTwice<T>(items: readonly T[]): T | undefined {
  return items.find((item, index) => items.indexOf(item) !== index);
}

/** Why nothing that the record says of this benchmark is believed; undefined where there is no reason. */
export function faultOf(record: BenchRecord, benchmark: BenchmarkRecord, measured: Measured): Fault {
  const rows = measured.rows.filter((row) => row.benchmark === benchmark.plan.name);
  const { extent } = benchmark;
  const ofClaim = faultOfName(record, benchmark) ?? faultOfExtent(benchmark, rows);
  if (ofClaim !== undefined || extent?.covers === 'nothing') return ofClaim;
  const isTimed = extent?.covers !== 'figures';
  const proved = isTimed ? benchmark.programs : [];
  return (
    faultOfPrograms(benchmark) ??
    firstOf(proved, (program) => faultOfProof(program, benchmark)) ??
    firstOf(benchmark.programs, (program) => faultOfTwin(program, benchmark, rows)) ??
    faultOfBase(benchmark) ??
    faultOfRows(record, benchmark, rows) ??
    firstOf(benchmark.programs, (program) => faultOfExecuted(program, benchmark, rows)) ??
    faultOfFigures(record, benchmark) ??
    (isTimed ? (faultOfRounds(benchmark, measured) ?? faultOfEnd(measured)) : undefined)
  );
}

function faultOfName({ benchmarks }: BenchRecord, { plan }: BenchmarkRecord): Fault {
  const namesakes = benchmarks.filter((other) => other.plan.name === plan.name).length;
  return namesakes === 1 ? undefined : `the record has ${namesakes} benchmarks of this name`;
}

function faultOfPrograms({ programs }: BenchmarkRecord): Fault {
  if (!programs.some(({ revision }) => revision === 'head')) return 'the record names no program of head';
  const twice = firstTwice(programs.map(({ revision }) => revision));
  return twice === undefined ? undefined : `the record names two programs of ${twice}`;
}

/** What a record says that it covers is what it holds, no more and no less. */
function faultOfExtent({ plan, extent, programs, rounds, seconds }: BenchmarkRecord, rows: readonly Row[]): Fault {
  const head = programs.find(({ revision }) => revision === 'head');
  if (extent === undefined) {
    return head !== undefined && head.nativeSha256 === undefined
      ? 'head has no user-space side, and no reason for that'
      : undefined;
  }
  const { covers } = extent;
  if (head?.nativeSha256 !== undefined || rows.some(({ arm }) => arm !== 'kernel')) {
    return `the record has a user-space side and claims to cover ${covers} alone`;
  }
  if (covers === 'kernel') return undefined;
  if (rounds > 0 || seconds > 0 || rows.some(({ metric }) => metric.kind !== 'exact')) {
    return `the record has timed something and claims to cover ${covers} alone`;
  }
  if (covers === 'figures') {
    return rows.some(({ revision }) => revision === 'head') ? undefined : 'the record has no figures of head';
  }
  if (plan.every === undefined) return 'it was asked for by name, and the record claims to cover nothing of it';
  return programs.length > 0 || rows.length > 0 ? 'the record has a program and claims to cover nothing' : undefined;
}

/** A base comes with its sentinel, the same program once more; a limit against a base that is not there says why. */
function faultOfBase({ plan, programs, missingBase, extent }: BenchmarkRecord): Fault {
  const [base, again] = (['base', 'again'] as const).map((name) => programs.find(({ revision }) => revision === name));
  if (base === undefined && again === undefined) {
    const { maxSlowdownPercent, maxSpeedupLossPercent, growth } = plan.limits;
    const isAsked = [maxSlowdownPercent, maxSpeedupLossPercent, growth].some((limit) => limit !== undefined);
    return isAsked && missingBase === undefined
      ? 'it has a limit against the base, no program of base, and no reason for that'
      : undefined;
  }
  if (missingBase !== undefined) return 'the record has a program of base and a reason why there is none';
  if (extent?.covers === 'figures' && base !== undefined && again === undefined) return undefined; // exact: no sentinel
  if (base === undefined || again === undefined) return 'of base and base again the record has only one';
  return base.objectSha256 === again.objectSha256 && base.tag === again.tag
    ? undefined
    : `base is ${base.tag} and again ${again.tag}, which are to be one program`;
}

function faultOfProof({ program, revision, proof }: BuiltProgram, { plan }: BenchmarkRecord): Fault {
  const who = `${program} of ${revision}`;
  if (proof === undefined) return `${who} has no proof that it ran`;
  const { asked, counted } = proof.runCount;
  if (asked !== counted)
    return `${who} was to run ${formatCount(asked)} times and the kernel counted ${formatCount(counted)}`;
  if (asked < plan.inputs.length) {
    return `${who} ran ${formatCount(asked)} times for ${formatCount(plan.inputs.length)} inputs`;
  }
  const unproven = plan.inputs.find(({ name }) => !proof.inputs.some(({ input }) => input === name));
  if (unproven !== undefined) return `${who} has no proof for input ${unproven.name}`;
  if (revision !== 'head') return undefined; // what is expected is head's: the base may have returned something else
  const { retval } = plan.expect;
  const other = proof.inputs.find((input) => retval !== undefined && input.retval !== retval);
  return other === undefined
    ? undefined
    : `${who} returned ${other.retval} for input ${other.input}, not ${String(retval)}`;
}

/** A twin is of the kind that was asked for, and the arm of a translated one beside it stands beside a native one. */
function faultOfTwin(
  { program, revision, nativeSha256, twin }: BuiltProgram,
  { plan }: BenchmarkRecord,
  rows: readonly Row[],
): Fault {
  const who = `${program} of ${revision}`;
  if (nativeSha256 === undefined) return twin && `${who} has a twin and no user-space side`;
  if (plan.twin === 'none') return `${who} has a user-space side, and the plan asks for none`;
  const kind = twin?.kind ?? 'native'; // of a C source alone, which needs none
  if ((plan.twin === 'native' || plan.twin === 'translated') && kind !== plan.twin) {
    return `${who} ran as its ${kind} twin, and the plan asks for the ${plan.twin} one`;
  }
  const isBeside = rows.some((row) => row.revision === revision && row.arm === 'translated');
  return isBeside && (plan.twin !== 'both' || kind !== 'native')
    ? `${who} has times of a translated twin beside, for which there is no native one or no wish`
    : undefined;
}

function faultOfRows(record: BenchRecord, { programs }: BenchmarkRecord, rows: readonly Row[]): Fault {
  const places = new Set(rows.map(({ environment }) => environment));
  if (places.size > 1) return `its rows come from ${places.size} environments, which cannot be judged together`;
  const twice = firstTwice(rows.map(({ revision, arm, metric }) => `${metric.name} of ${revision} on ${arm}`));
  if (twice !== undefined) return `the record has two rows for the ${twice}`;
  return firstOf(rows, (row) => {
    const who = `the ${row.metric.name} of ${row.revision} on ${row.arm}`;
    if (!programs.some(({ revision }) => revision === row.revision)) return `${who} belongs to no program`;
    if (!Object.hasOwn(record.environments, row.environment))
      return `${who} names an unknown environment ${row.environment}`;
    const { unit, kind } = metrics[row.metric.name];
    if (row.metric.unit !== unit || row.metric.kind !== kind) {
      return `${who} is ${row.metric.kind} in ${row.metric.unit}, not ${kind} in ${unit}`;
    }
    return kind === 'sampled' ? faultOfSamples(row, who) : faultOfExact(row, who);
  });
}

function faultOfExact({ values, metric }: Row, who: string): Fault {
  const [value, ...others] = values;
  if (value !== undefined && others.length === 0 && Number.isInteger(value) && value >= 0) return undefined;
  return `${who} is not one whole number of ${metric.unit}`;
}

/**
 * What is held against a limit is in the record, for head and for what its growth is told by. Of all figures only the stack may be
 * one that a kernel does not tell; one that tells it of any program tells it of all.
 */
function faultOfFigures({ rows }: BenchRecord, { plan, programs }: BenchmarkRecord): Fault {
  const { budgets = {}, growth = {} } = plan.limits;
  const kernel = rows.find(({ benchmark }) => benchmark === plan.name)?.environment;
  const needed = budgetMetrics.flatMap((metric) => {
    if (metric === 'executed-insns') return []; // which may be lacking for a reason of the program's own
    const isTold = rows.some((row) => row.metric.name === metric && row.environment === kernel);
    if (metric === 'stack-bytes' && !isTold) return [];
    const ofHead = budgets[metric] !== undefined || growth[metric] !== undefined;
    const ofBase = growth[metric] !== undefined && programs.some(({ revision }) => revision === 'base');
    return [...(ofHead ? ['head' as const] : []), ...(ofBase ? ['base' as const] : [])].map((revision) => ({
      benchmark: plan.name,
      revision,
      arm: 'kernel' as const,
      metric,
    }));
  });
  const missing = needed.find((key) => rowOf(rows, key) === undefined);
  return missing && `the record has no ${exactNouns[missing.metric]} of ${missing.revision}, which have a limit`;
}

function faultOfSamples({ values, rounds, metric, evidence }: Row, who: string): Fault {
  if (values.length === 0 || rounds?.length !== values.length) {
    return `${who} has ${formatCount(values.length)} values for ${formatCount(rounds?.length ?? 0)} rounds`;
  }
  const twice = new Set(rounds).size < rounds.length ? firstTwice([...rounds].sort((a, b) => a - b)) : undefined;
  if (twice !== undefined) return `${who} has two values for round ${twice}`;
  const impossible = values.find((value) => !(value >= shortestNs && value <= longestNs));
  if (impossible !== undefined) return `${who} holds ${impossible} ns, which no invocation takes`;
  if (metric.name === 'time' && Math.min(evidence.invocations, evidence.batches) < values.length) {
    return `${who} has ${formatCount(values.length)} rounds and ${formatCount(evidence.invocations)} checked invocations in ${formatCount(evidence.batches)} batches`;
  }
  return undefined;
}

/** Every round times the kernel and the compared arm, or it might be left out for its value; other arms may sit rounds out. */
function faultOfRounds(benchmark: BenchmarkRecord, measured: Measured): Fault {
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
function faultOfEnd(measured: Measured): Fault {
  const rounds = roundsOf(measured);
  const planned = measured.measurement.rounds;
  if (planned !== undefined && rounds !== planned) {
    return `the plan asks for exactly ${formatCount(planned)} rounds and the record has ${formatCount(rounds)}`;
  }
  if (nextStep(measured) === 'enough') return undefined;
  const least = rounds < minRounds ? `, of which it asks for at least ${formatCount(minRounds)}` : '';
  return `the record ends after ${formatCount(rounds)} rounds${least}, where its plan goes on`;
}
