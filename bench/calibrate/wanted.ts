/** How many gates calibration wants, and what it measures next. Pure. */
import { headNames, neutralHeads, programs, type HeadName, type ProgramName } from './heads.js';
import { loadKinds } from './load.js';
import { conditions as allConditions, type Condition, type Line } from './results.js';

/** What is measured next: several heads in shared rounds, or one by a whole comparison. */
export interface Task {
  readonly kind: Line['kind'];
  readonly program: ProgramName;
  readonly condition: Condition;
  readonly heads: readonly HeadName[];
}

type Amounts = { readonly [H in HeadName]?: number };

interface Stage {
  readonly kind: Line['kind'];
  readonly conditions: readonly Condition[];
  /** Gates of each head, for each program and condition, with those of earlier stages. */
  readonly amounts: Amounts;
}

function amounts(neutral: number, slower: number): Amounts {
  return Object.fromEntries(headNames.map((head) => [head, neutralHeads.includes(head) ? neutral : slower]));
}

/** The limit's gates go on when all others have ended: so many of them share that time, and of the slowdowns that are promised. */
const copies: Amounts = { limit: 6, slow3: 3, slow5: 3 };

/** Each begins when the one before it is done. Whole comparisons come before shared rounds: they tell the pace. */
const stages: readonly Stage[] = [
  { kind: 'whole', conditions: ['quiet'], amounts: { none: 1, limit: 1 } },
  { kind: 'shared', conditions: ['quiet'], amounts: amounts(68, 12) },
  { kind: 'whole', conditions: loadKinds, amounts: { none: 1 } },
  { kind: 'shared', conditions: loadKinds, amounts: amounts(7, 0) },
  { kind: 'shared', conditions: loadKinds, amounts: amounts(7, 2) },
  { kind: 'whole', conditions: ['quiet'], amounts: { none: 6, limit: 8, slow2: 3, slow3: 4, slow5: 4 } },
  { kind: 'shared', conditions: ['quiet'], amounts: amounts(68, 36) },
  { kind: 'shared', conditions: ['quiet'], amounts: amounts(100, 100) },
];

/** Gates that there are, by kind, program, condition and head. */
function countGates(
  lines: readonly Line[],
): (of: Pick<Task, 'kind' | 'program' | 'condition'>, head: HeadName) => number {
  const counts = new Map<string, number>();
  const keyOf = ({ kind, program, condition }: Pick<Task, 'kind' | 'program' | 'condition'>, head: string): string =>
    [kind, program, condition, head].join(' ');
  for (const line of lines) {
    for (const head of line.kind === 'whole' ? [line.head] : line.heads.map((load) => load.head)) {
      const key = keyOf(line, head);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return (of, head) => counts.get(keyOf(of, head)) ?? 0;
}

/** Of the first stage that is not done, the program and condition that is the furthest behind; undefined when all is done. */
export function nextTask(lines: readonly Line[], among: readonly Condition[] = allConditions): Task | undefined {
  const gatesOf = countGates(lines);
  for (const { kind, conditions, amounts: wanted } of stages) {
    const behind = programs
      .flatMap((program) => conditions.map((condition) => ({ kind, program, condition })))
      .filter(({ condition }) => among.includes(condition))
      .map((of) => {
        const heads = headNames.filter((head) => gatesOf(of, head) < (wanted[head] ?? 0));
        return { ...of, heads, share: Math.min(...heads.map((head) => gatesOf(of, head) / (wanted[head] ?? 1))) };
      })
      .filter(({ heads }) => heads.length > 0)
      .sort((a, b) => a.share - b.share)[0];
    if (behind === undefined) continue;
    const { program, condition, heads } = behind;
    if (kind === 'whole') return { kind, program, condition, heads: heads.slice(0, 1) };
    const loads = heads.flatMap((head) => Array<HeadName>(copies[head] ?? 1).fill(head));
    return { kind, program, condition, heads: loads };
  }
  return undefined;
}

/** Gates that there are and that are wanted, of all stages together. */
export function progress(lines: readonly Line[]): { done: number; wanted: number } {
  const gatesOf = countGates(lines);
  const largest = new Map<string, { done: number; wanted: number }>();
  for (const { kind, conditions, amounts: wanted } of stages) {
    for (const program of programs) {
      for (const condition of conditions) {
        for (const head of headNames) {
          const amount = wanted[head] ?? 0;
          const done = Math.min(amount, gatesOf({ kind, program, condition }, head));
          largest.set([kind, program, condition, head].join(' '), { done, wanted: amount });
        }
      }
    }
  }
  const sum = (key: 'done' | 'wanted'): number => [...largest.values()].reduce((total, each) => total + each[key], 0);
  return { done: sum('done'), wanted: sum('wanted') };
}
