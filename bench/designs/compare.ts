/** Compares designs on the recorded runs and prints the tables of docs/judgement.md. Needs no kernel. */
import { mean, standardError, table } from '../bench.js';
import { estimators, type EstimatorName } from './estimators.js';
import { tallyGates, type Tally } from './gates.js';
import {
  conditions,
  load,
  LAYOUTS_PER_BLOCK,
  recordedPrograms,
  type RecordedProgram,
  type Recording,
} from './recording.js';
import { differencesOf, present, withinLoads, type Design, type WithinLoad } from './series.js';

const keysOf = <T extends object>(of: T): (keyof T)[] => Object.keys(of) as (keyof T)[];
const percent = (value: number, decimals = 2): string => `${(100 * value).toFixed(decimals)} %`;

export function compareDesigns(gates: number): void {
  const recordings = recordedPrograms.flatMap((program) => conditions.map((condition) => load(program, condition)));
  console.log(whatWasRecorded(recordings), '\n');
  console.log(spreads(recordings), '\n');
  console.log(outcomes(recordings, gates));
}

function whatWasRecorded(recordings: readonly Recording[]): string {
  const rows = recordings.map((recording) => {
    const { same, again, slower } = differencesOf(recording, present);
    const change = (logs: readonly number[]): string => `${percent(mean(logs))} ± ${percent(standardError(logs))}`;
    const layouts = recording.layoutUs.length;
    return [
      ...[recording.program, recording.condition, String(layouts / LAYOUTS_PER_BLOCK)],
      (mean(recording.layoutUs) / 1000).toFixed(1),
      ...[same, again, slower].map(change),
    ];
  });
  return table(['program', 'condition', 'rounds', 'ms a layout', 'same', 'again', 'slower'], rows);
}

/** Standard deviation of a round's ln(same ÷ base), for rounds of eight layouts. */
function spreads(recordings: readonly Recording[]): string {
  const designs: [string, Design][] = [
    ...keysOf(withinLoads).map((within): [string, Design] => [`${within} of 3`, { ...present, within }]),
    ...[2, 5].map((slices): [string, Design] => [`smallest of ${String(slices)}`, { ...present, slices }]),
    ['smallest of 3, pads independent', { ...present, isStratified: false }],
    ['smallest of 3, one layout × √8', { ...present, layouts: 1 }],
  ];
  const rows = designs.map(([name, design]) => [
    name,
    ...recordings.map((recording) => {
      const { same, again } = differencesOf(recording, design);
      const deviation = Math.hypot(deviationOf(same), deviationOf(again)) / Math.SQRT2;
      return (100 * deviation * Math.sqrt(design.layouts / present.layouts)).toFixed(2);
    }),
  ]);
  return table(['%', ...recordings.map(({ program, condition }) => `${program}, ${condition}`)], rows);
}

function deviationOf(values: readonly number[]): number {
  return standardError(values) * Math.sqrt(values.length);
}

function outcomes(recordings: readonly Recording[], gates: number): string {
  const rows = keysOf(withinLoads).flatMap((within) =>
    keysOf(estimators).map((name) => [within, name, ...outcomeCells(recordings, within, name, gates)]),
  );
  const columns = ['no change: pass / fail', 'at the limit: pass / fail', 'missed', '+3 %: fail', 'rounds'];
  const both = ['quiet', 'load'].flatMap((condition) => columns.map((column) => `${condition}, ${column}`));
  return table(['of a load', 'over rounds', ...both], rows);
}

function outcomeCells(
  recordings: readonly Recording[],
  within: WithinLoad,
  name: EstimatorName,
  gates: number,
): string[] {
  return [true, false].flatMap((isQuiet) => {
    const of = recordings.filter(({ condition }) => (condition === 'quiet') === isQuiet);
    const tallies = of.map((recording) => ({
      program: recording.program,
      ...talliesOf(recording, within, name, Math.ceil(gates / of.length)),
    }));
    const share = (which: 'unchanged' | 'atLimit' | 'slower', count: (tally: Tally) => number): string => {
      const all = tallies.map((tally) => tally[which]);
      return ((100 * sum(all.map(count))) / sum(all.map((tally) => tally.gates))).toFixed(1);
    };
    const roundsOf = (program: RecordedProgram): string =>
      mean(tallies.filter((tally) => tally.program === program).map(({ unchanged }) => unchanged.meanRounds)).toFixed(
        0,
      );
    return [
      `${share('unchanged', ({ pass }) => pass)} / ${share('unchanged', ({ fail }) => fail)}`,
      `${share('atLimit', ({ pass }) => pass)} / ${share('atLimit', ({ fail }) => fail)}`,
      share('atLimit', ({ missed }) => missed),
      share('slower', ({ fail }) => fail),
      recordedPrograms.map(roundsOf).join(', '),
    ];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function talliesOf(recording: Recording, within: WithinLoad, name: EstimatorName, gates: number) {
  const { same, again, slower } = differencesOf(recording, { ...present, within });
  const estimator = estimators[name];
  const centre = (logs: readonly number[]): number => estimator(logs, 0.01).centre;
  const moved = (logs: readonly number[], to: number): number[] => logs.map((log) => log - centre(logs) + to);
  const [limit, three] = [Math.log(1.01), Math.log(1.03)];
  // What is planted is moved to the size in question, and what is not to zero: the recording's own mean is a draw, too.
  return {
    unchanged: tallyGates(gates, { head: same, again }, 0, estimator),
    atLimit: tallyGates(gates, { head: moved(same, limit), again }, limit, estimator),
    slower: tallyGates(gates, { head: moved(slower, three), again }, three, estimator),
  };
}
