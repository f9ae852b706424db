/** docs/calibration.md and its chart, from what was measured. Pure. */
import { table } from '../bench.js';
import { chartOf, type Bar, type Panel } from './chart.js';
import { paceOf } from './gate.js';
import { headNames, heads, programTitles, programs, type ProgramName } from './heads.js';
import { loadKinds, loadTitles } from './load.js';
import { percent, promisesOf } from './promises.js';
import type { Condition, Line } from './results.js';
import { maxSlowdownPercent, measurementPlan } from './setting.js';
import {
  cutGates,
  isShared,
  isWhole,
  share,
  singles,
  sizes,
  tally,
  trueSizes,
  type Cut,
  type Single,
} from './summary.js';

/** What single values are compared with: the ratio beyond which such a gate fails. */
const singleRatios = [1.05, 1.1, 2] as const;

/** @returns the contents of the two files by their names in `docs/` */
export function documentsOf(lines: readonly Line[]): { [name: string]: string } {
  const cuts = cutGates(lines);
  const values = singles(lines);
  return { 'calibration.md': textOf(lines, cuts, values), 'calibration.svg': chartOf(panelsOf(cuts, values)) };
}

const isQuiet = ({ condition }: { condition: Condition }): boolean => condition === 'quiet';
const isLoaded = (of: { condition: Condition }): boolean => !isQuiet(of);
const count = (value: number): string => value.toLocaleString('en-US');
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
const seconds = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(1));

/** Shares of single values that fail. */
function singleFails(values: readonly Single[], ratio: number): number {
  return share(values.map((value) => value.ratio > ratio));
}

function panelsOf(cuts: readonly Cut[], values: readonly Single[]): Panel[][] {
  const rows = [
    { name: 'quiet', belongs: isQuiet },
    { name: 'under load', belongs: isLoaded },
  ];
  return rows.map(({ name, belongs }) =>
    programs.map((program): Panel => {
      const bars = sizes.flatMap(({ heads: ofSize }): Bar[] => {
        const mine = (each: Cut | Single): boolean =>
          belongs(each) && each.program === program && ofSize.includes(each.head);
        const { gates, pass, inconclusive, fail } = tally(cuts.filter(mine));
        const [first] = ofSize;
        if (gates === 0 || first === undefined) return [];
        const { plannedPercent } = heads[first];
        const label = plannedPercent === 0 ? 'neutral' : `${String(plannedPercent)} %`;
        const shares = { pass: pass / gates, inconclusive: inconclusive / gates, fail: fail / gates };
        return [{ label, ...shares, single: singleFails(values.filter(mine), 1.05) }];
      });
      return { title: `${programTitles[program]}, ${name}`, bars };
    }),
  );
}

function gatesTable(cuts: readonly Cut[], belongs: (cut: Cut) => boolean): string {
  const rows = programs.flatMap((program) =>
    sizes.flatMap(({ title, heads: ofSize }) => {
      const mine = cuts.filter((cut) => belongs(cut) && cut.program === program && ofSize.includes(cut.head));
      if (mine.length === 0) return [];
      const { gates, pass, inconclusive, fail, medianSeconds } = tally(mine);
      return [[programTitles[program], title, ...[gates, pass, inconclusive, fail].map(count), seconds(medianSeconds)]];
    }),
  );
  return table(['program', 'head', 'gates', 'pass', 'inconclusive', 'fail', 'median s'], rows);
}

function loadTable(cuts: readonly Cut[]): string {
  const rows = loadKinds.flatMap((kind) =>
    programs.flatMap((program) => {
      const mine = cuts.filter((cut) => cut.condition === kind && cut.program === program);
      const { gates, pass, inconclusive, fail, medianSeconds } = tally(
        mine.filter(({ head }) => heads[head].plannedPercent === 0),
      );
      if (gates === 0) return [];
      const cells = [gates, pass, inconclusive, fail].map(count);
      return [[loadTitles[kind], programTitles[program], ...cells, seconds(medianSeconds)]];
    }),
  );
  return table(['load', 'program', 'neutral gates', 'pass', 'inconclusive', 'fail', 'median s'], rows);
}

function sizesTable(lines: readonly Line[]): string {
  const rows = trueSizes(lines).map(({ program, head, percent: size, errorPercent, setUps, rounds }) => [
    ...[programTitles[program], heads[head].title, signed(size), errorPercent.toFixed(2)],
    ...[count(rounds), count(setUps)],
  ]);
  return table(['program', 'head', 'true %', '± %', 'rounds', 'set-ups'], rows);
}

function singlesTable(cuts: readonly Cut[], values: readonly Single[]): string {
  const conditions = [
    { name: 'quiet', belongs: isQuiet },
    { name: 'under load', belongs: isLoaded },
  ];
  const rows = conditions.flatMap(({ name, belongs }) =>
    sizes.flatMap(({ title, heads: ofSize }) => {
      const mine = values.filter((value) => belongs(value) && ofSize.includes(value.head));
      const ours = tally(cuts.filter((cut) => belongs(cut) && ofSize.includes(cut.head)));
      if (mine.length === 0) return [];
      const theirs = singleRatios.map((ratio) => percent(singleFails(mine, ratio)));
      return [[name, title, count(mine.length), ...theirs, percent(ours.fail / ours.gates)]];
    }),
  );
  const header = singleRatios.map((ratio) => `fails at ${(100 * ratio).toFixed(0)} %`);
  return table(['machine', 'head', 'pairs of single values', ...header, 'this gate fails'], rows);
}

function wholeTable(lines: readonly Line[], cuts: readonly Cut[]): string {
  const outcomes = (gates: readonly Pick<Cut, 'outcome' | 'seconds'>[]): string[] => {
    const { gates: all, pass, inconclusive, fail, medianSeconds } = tally(gates);
    const shares = [pass, inconclusive, fail].map((each) => (100 * each) / all).map((each) => each.toFixed(0));
    return [count(all), shares.join(' / '), seconds(medianSeconds)];
  };
  const rows = programs.flatMap((program) =>
    headNames.flatMap((head) => {
      const mine = (each: Line | Cut): boolean => each.program === program && isQuiet(each);
      const whole = lines.filter(isWhole).filter((line) => mine(line) && line.head === head);
      const cut = cuts.filter((each) => mine(each) && each.head === head);
      if (whole.length === 0 || cut.length === 0) return [];
      return [[programTitles[program], heads[head].title, ...outcomes(whole), ...outcomes(cut)]];
    }),
  );
  const columns = (of: string): string[] => [of, 'pass / inconclusive / fail, %', 'median s'];
  return table(['program', 'head', ...columns('whole gates'), ...columns('shared rounds')], rows);
}

function paceTable(lines: readonly Line[]): string {
  const rows = programs.flatMap((program: ProgramName) => {
    const pace = paceOf(lines.filter(isWhole).filter((line) => line.program === program && isQuiet(line)));
    if (pace === undefined) return [];
    const ms = 1000 * pace.secondsPerRound;
    return [[programTitles[program], ms.toFixed(1), count(Math.round(pace.kernelInvocationsPerRound))]];
  });
  return table(['program', 'ms a round', 'invocations in the kernel, each of base, again, head'], rows);
}

function textOf(lines: readonly Line[], cuts: readonly Cut[], values: readonly Single[]): string {
  const quiet = tally(cuts.filter(isQuiet));
  const load = tally(cuts.filter(isLoaded));
  const whole = lines.filter(isWhole);
  const shared = lines.filter(isShared);
  const machine = [...new Set(lines.map((line) => line.machine))].join('; ');
  const { timeLimitSeconds } = measurementPlan(1);
  const promises = promisesOf(cuts).map(({ promise, promised, measured, kept }) => {
    return [promise, promised, measured, kept === 'no' ? '**no**' : kept];
  });
  const isPartial = promises.some(([, , , kept]) => kept === 'so far');
  return `# Calibration

How often the gate of docs/judgement.md blames the innocent, how often it finds what is there, how often it cannot tell, and what that takes: at
one setting, \`max-slowdown: ${String(maxSlowdownPercent)}\` and \`time-limit: ${String(timeLimitSeconds)}\`, everything else as it is by default. ${count(quiet.gates)} gates on a quiet
machine and ${count(load.gates)} under load; ${machine}.

${table(['what', 'promised', 'measured', 'kept'], promises)}
${isPartial ? '\n*So far*: with fewer gates yet than the promise is about.\n' : ''}
![How gates end, by what a head truly costs](calibration.svg)

## Gates, quiet

${gatesTable(cuts, isQuiet)}

*Neutral*: no change, two dummy instructions in front, functions in another order, a map renamed, code changed that the packet does not reach.
*Slower*: real extra work, a running sum over the packet's bytes, sized to cost about so much (of tc, at the limit, with functions in another
order as well, which comes nearer to it); what it does cost is below. A gate whose truth lies at the limit cannot be decided rightly; it should end
inconclusive and take all of its time.

## Gates under load

${gatesTable(cuts, isLoaded)}

The load runs on all CPUs, the measured one as well; compilers and test runs were let go on beside it. Of no change and neutral edits:

${loadTable(cuts)}

## What the heads truly cost

${sizesTable(lines)}

All quiet rounds of a head together: the mean of ln(head ÷ geometric mean of base and again); ± is one standard error, from the differences between
set-ups. The extra work was sized by trying; what it costs depends on the code around it.

## What gates of single values would have said

${singlesTable(cuts, values)}

The same rounds. Each is taken for a comparison as a benchmark bot makes it: one value of head against one of the base, and a limit on their
ratio. They have it better here than in a bot: a round's value is the mean of several loads, and the base's is of the same seconds, not of another job and
often of another machine.

## How it is measured

\`npm run calibrate\` (as root, several hours; \`-- --for SECONDS\` stops in time and the next start goes on; \`-- --report\` only writes this page). It appends
to \`.bench/calibration/results.jsonl\`: every value of every round. What this page is made of is kept in
\`bench/calibrate/recorded/results.jsonl.gz\`: unpacked to that place, it can be tabulated again without a kernel, or gone on with on the same machine.

The programs are \`bench/programs/calibrated/\`: \`hash\` (tc), \`balance\` (xdp) and \`parser\`, the branchy parser of docs/measurement.md. Each has a
map, two functions beside its main one and a branch that the packet does not take. Heads are the same sources with edits in front
(\`bench/calibrate/heads.ts\`), compiled by clang. The packet's byte *i* is 7*i*, 128 of them.

*Shared rounds.* A whole gate takes seconds, and much of them is user space's, which no kernel limit looks at. So several heads are measured in the same
rounds beside one base and one *again*, by the project's own \`measureRounds\` with fresh, randomly laid out loads of all, everything loaded anew for each
set-up (${count(shared.length)} of them). Each head has its own gate, judged by the project's own rule at its own planned looks (\`nextStep\`, \`decide\`), and drops out when that says
enough; the heads at the limit, whose gates take the longest, of 3 and of 5 % may be loaded up to six times. Gates of one set-up share their base, so that they are not
wholly independent of each other.

*Seconds* are rounds × what a round of a whole comparison takes here, user space, floors and judging included; the time limit falls after so many
rounds as fit into it:

${paceTable(lines)}

*Whole gates.* ${count(whole.length)} comparisons went the whole way, proof and user space included, by \`measureBenchmark\`. Where their shares and seconds agree with
those of shared rounds, the short cut is none:

${wholeTable(lines, cuts)}
`;
}
