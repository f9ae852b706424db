/** What the gate promises at the setting of calibration, and whether the gates that were measured keep it. Pure. */
import { neutralHeads, programTitles, programs, type HeadName, type ProgramName } from './heads.js';
import { tally, type Cut } from './summary.js';

export interface Kept {
  readonly promise: string;
  readonly promised: string;
  readonly measured: string;
  /** `so far`: with fewer gates than the promise speaks of. */
  readonly kept: 'yes' | 'no' | 'so far';
}

const goalSeconds: { readonly [P in ProgramName]: number } = { hash: 5, balance: 5, parser: 20 };
const neutralGates = 1000;
const slowGates = 100;
const loadGates = 300;

export function percent(share: number, decimals = 1): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(decimals)} %`;
}

function kept(holds: boolean, gates: number, wanted: number): Kept['kept'] {
  if (gates > 0 && !holds) return 'no';
  return gates < wanted ? 'so far' : 'yes';
}

/** `97.5 % (39 of 40)` */
function shareOf(some: number, all: number): string {
  return `${percent(some / all)} (${some.toLocaleString('en-US')} of ${all.toLocaleString('en-US')})`;
}

export function promisesOf(cuts: readonly Cut[]): Kept[] {
  const quiet = cuts.filter(({ condition }) => condition === 'quiet');
  const load = cuts.filter(({ condition }) => condition !== 'quiet');
  const of = (gates: readonly Cut[], ...names: HeadName[]) => tally(gates.filter(({ head }) => names.includes(head)));
  const neutral = of(quiet, ...neutralHeads);
  const loaded = of(load, ...neutralHeads);
  const limit = of(quiet, 'limit');
  const found = (head: 'slow3' | 'slow5', least: number): Kept => {
    const { fail, gates } = of(quiet, head);
    return {
      promise: `quiet, ${head.slice(4)} % slower: fail`,
      promised: `≥ ${percent(least, 0)}`,
      measured: shareOf(fail, gates),
      kept: kept(fail / gates >= least, gates, slowGates),
    };
  };
  return [
    {
      promise: 'quiet, no change or a neutral edit: fail',
      promised: '≤ 1 in 1,000',
      measured: shareOf(neutral.fail, neutral.gates),
      kept: kept(neutral.fail <= Math.max(1, neutral.gates / neutralGates), neutral.gates, neutralGates),
    },
    {
      promise: 'quiet, no change or a neutral edit: pass',
      promised: '≥ 95 %',
      measured: shareOf(neutral.pass, neutral.gates),
      kept: kept(neutral.pass / neutral.gates >= 0.95, neutral.gates, neutralGates),
    },
    {
      promise: 'quiet, slower by the limit: fail',
      promised: '≤ 2 %',
      measured: shareOf(limit.fail, limit.gates),
      kept: kept(limit.fail / limit.gates <= 0.02, limit.gates, slowGates),
    },
    found('slow3', 0.9),
    found('slow5', 0.99),
    ...programs.map((program): Kept => {
      const { medianSeconds, gates } = of(
        quiet.filter((cut) => cut.program === program),
        ...neutralHeads,
      );
      return {
        promise: `quiet, ${programTitles[program]}: median seconds of a neutral gate`,
        promised: `≤ ${String(goalSeconds[program])} s`,
        measured: `${medianSeconds.toFixed(1)} s`,
        kept: kept(medianSeconds <= goalSeconds[program], gates, 1),
      };
    }),
    {
      promise: 'under load, no change or a neutral edit: fail',
      promised: '≤ 1 in 300',
      measured: shareOf(loaded.fail, loaded.gates),
      kept: kept(loaded.fail <= Math.max(1, loaded.gates / loadGates), loaded.gates, loadGates),
    },
    {
      promise: 'under load, no change or a neutral edit: decided',
      promised: '≥ half',
      measured: shareOf(loaded.pass + loaded.fail, loaded.gates),
      kept: kept(loaded.inconclusive <= loaded.gates / 2, loaded.gates, loadGates),
    },
  ];
}
