/** What calibration measures: three programs and the heads that are held against each of them, as code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '../../src/installation.js';

export const programs = ['hash', 'balance', 'parser'] as const;
export type ProgramName = (typeof programs)[number];

export const programTitles: { readonly [P in ProgramName]: string } = {
  hash: 'tc',
  balance: 'xdp',
  parser: 'branchy parser',
};

/** Steps of extra work by which a program gets slower (`EXTRA` in edits.h), found by trying. */
type Steps = { readonly [P in ProgramName]: number };

/** A head: what is defined in front of the base's source, and what that is planned to cost. */
interface Head {
  readonly title: string;
  readonly plannedPercent: number;
  readonly edits: (program: ProgramName) => readonly string[];
}

function neutral(title: string, ...edits: string[]): Head {
  return { title, plannedPercent: 0, edits: () => edits };
}

/** @param beside further edits, where whole steps come less near to what is planned */
function slower(plannedPercent: number, steps: Steps, beside: { readonly [P in ProgramName]?: string } = {}): Head {
  const title = `${String(plannedPercent)} % slower`;
  return {
    title,
    plannedPercent,
    edits: (program) => [`EXTRA ${String(steps[program])}`, ...[beside[program] ?? []].flat()],
  };
}

export const headNames = [
  ...(['none', 'dummies', 'reordered', 'renamed', 'unreached'] as const),
  ...(['limit', 'slow2', 'slow3', 'slow5', 'slow10'] as const),
];
export type HeadName = (typeof headNames)[number];

export const heads: { readonly [H in HeadName]: Head } = {
  none: neutral('no change'),
  dummies: neutral('two dummy instructions', 'DUMMIES 2'),
  reordered: neutral('functions in another order', 'REORDERED'),
  renamed: neutral('map renamed', 'MAP_NAME renamed_counters'),
  unreached: neutral('unreached code changed', 'CHANGED_UNREACHED'),
  limit: slower(1, { hash: 5, balance: 4, parser: 18 }, { hash: 'REORDERED' }),
  slow2: slower(2, { hash: 11, balance: 7, parser: 23 }),
  slow3: slower(3, { hash: 16, balance: 9, parser: 26 }),
  slow5: slower(5, { hash: 27, balance: 18, parser: 36 }),
  slow10: slower(10, { hash: 54, balance: 38, parser: 70 }),
};

export const neutralHeads = headNames.filter((name) => heads[name].plannedPercent === 0);

/** Byte i is 7i: no two neighbours alike, so that the parser's branches follow a pattern that has to be learnt. */
export const packet = Buffer.from(Array.from({ length: 128 }, (_, i) => (7 * i) & 0xff));

export function sourceOf(program: ProgramName): string {
  return `${program}.bpf.c`;
}

/** Writes a tree that holds the program with these edits. */
export function writeTree(folder: string, program: ProgramName, edits: readonly string[]): void {
  const original = join(installationFolder(), 'bench', 'programs', 'calibrated', sourceOf(program));
  mkdirSync(folder, { recursive: true });
  const lines = [...edits.map((edit) => `#define ${edit}`), `#include "${original}"`, ''];
  writeFileSync(join(folder, sourceOf(program)), lines.join('\n'));
}
