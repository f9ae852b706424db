/**
 * No proof, no number: what a benchmark's record must show before any of its figures is believed. All of it is checked again
 * here, from the record alone, since a record may come from anywhere. Each check gives the first fault that it finds, as a
 * clause with its figures.
 */
import type { BenchmarkRecord, BenchRecord, BuiltProgram, Row } from '../domain/record.js';
import { formatCount } from '../units.js';
import type { Measured } from './decide.js';
import { firstOf, firstTwice, type Fault } from './fault.js';
import { faultOfExecuted } from './faults-executed.js';
import { faultOfEnd, faultOfRounds } from './faults-rounds.js';
import { faultOfFigures, faultOfRows } from './faults-rows.js';

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
    firstOf(benchmark.programs, (program) => faultOfSeeds(program, benchmark)) ??
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

/** Maps that were seeded make another figure of a program, so it is told of whichever was to be. */
function faultOfSeeds({ program, revision, seededMaps }: BuiltProgram, { plan }: BenchmarkRecord): Fault {
  const who = `${program} of ${revision}`;
  if (seededMaps === undefined) return plan.seedMaps && `${who} does not tell which maps were seeded`;
  if (plan.seedMaps === undefined) return `${who} has seeded maps, and the plan asks for none`;
  const twice = firstTwice(seededMaps.map(({ map }) => map));
  return twice === undefined ? undefined : `${who} tells twice how map ${twice} was seeded`;
}
