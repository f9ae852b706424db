/** What a record must show of executed instructions before they are believed: they add up, whichever way they are summed. */
import type { BenchmarkRecord, BuiltProgram, Executed, Row } from '../domain/record.js';
import { formatCount } from '../units.js';

/** A clause; undefined where there is no fault. */
export function faultOfExecuted(
  { program, revision, executed, notCounted }: BuiltProgram,
  { plan }: Pick<BenchmarkRecord, 'plan'>,
  rows: readonly Row[],
): string | undefined {
  const who = `${program} of ${revision}`;
  const row = rows.find((each) => each.revision === revision && each.metric.name === 'executed-insns');
  if (executed === undefined) {
    if (row !== undefined) return `the record has executed instructions of ${who}, and does not say on which inputs`;
    const { budgets = {}, growth = {} } = plan.limits;
    const isLimited =
      (revision === 'head' && budgets['executed-insns'] !== undefined) ||
      (revision !== 'again' && growth['executed-insns'] !== undefined);
    return isLimited && notCounted === undefined
      ? `the record has no executed instructions of ${who}, which have a limit, and no reason for that`
      : undefined;
  }
  if (notCounted !== undefined) return `the record has executed instructions of ${who} and a reason why there are none`;
  const names = executed.inputs.map(({ input }) => input);
  if (names.join('\0') !== plan.inputs.map(({ name }) => name).join('\0')) {
    return `the inputs on which ${who} was counted are not those of the plan`;
  }
  const sum = executed.inputs.reduce((total, { instructions }) => total + instructions, 0);
  if (row?.values[0] !== sum) {
    return `the inputs of ${who} execute ${formatCount(sum)} instructions and its row says ${String(row?.values[0] ?? 'nothing')}`;
  }
  return faultOfCoverage(who, executed) ?? faultOfLines(who, executed);
}

function faultOfCoverage(who: string, { coverage: { reached, instructions }, inputs }: Executed): string | undefined {
  if (reached > instructions) {
    return `${who} has ${formatCount(instructions)} instructions and its inputs reach ${formatCount(reached)}`;
  }
  const idle = inputs.find((each) => each.instructions === 0);
  return idle === undefined ? undefined : `${who} executes nothing on input ${idle.input}`;
}

function faultOfLines(who: string, { inputs, lines }: Executed): string | undefined {
  const isWhole = lines.every(
    ({ counts, loopTrips }) =>
      counts.length === inputs.length && (loopTrips?.length ?? counts.length) === counts.length,
  );
  if (!isWhole) return `not every line of ${who} has a count for every input`;
  for (const [i, { input, instructions, helperCalls }] of inputs.entries()) {
    const ofLines = lines.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0);
    const calls = Object.values(helperCalls).reduce((sum, count) => sum + count, 0);
    if (Math.max(ofLines, calls) > instructions) {
      return `${who} executes ${formatCount(instructions)} instructions on input ${input}, and its lines and calls more`;
    }
  }
  const spinning = lines.find(({ counts, loopTrips = [] }) => loopTrips.some((trips, i) => trips > (counts[i] ?? 0)));
  return spinning && `line ${String(spinning.line)} of ${who} goes round more often than it is executed`;
}
