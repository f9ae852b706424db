/** What calibration has measured: a file of lines of JSON, to which every start adds. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GateResult } from '../../src/domain/verdict.js';
import type { HeadName, ProgramName } from './heads.js';
import { loadKinds } from './load.js';

export const conditions = ['quiet', ...loadKinds] as const;
export type Condition = (typeof conditions)[number];

interface Stamp {
  readonly program: ProgramName;
  readonly condition: Condition;
  readonly machine: string;
  /** When it ended. */
  readonly at: string;
  readonly seed: number;
  readonly seconds: number;
}

/** One load of a head: some heads are loaded more than once. */
export interface HeadRounds {
  readonly head: HeadName;
  readonly values: readonly number[];
}

/** Several heads in the same rounds beside one base: consecutive rounds of one set-up, whole picoseconds. */
export interface SharedLine extends Stamp {
  readonly kind: 'shared';
  readonly base: readonly number[];
  readonly again: readonly number[];
  readonly heads: readonly HeadRounds[];
}

/** One head alone, by the whole way of a comparison. */
export interface WholeLine extends Stamp {
  readonly kind: 'whole';
  readonly head: HeadName;
  readonly outcome: GateResult['outcome'];
  /** Head's kernel time ÷ the base's, less 1. */
  readonly slowdown: number;
  readonly rounds: number;
  /** How often a round laid out each program in the kernel; a little more where rounds were thrown away. */
  readonly layouts: number;
  /** Timed invocations of head in the kernel, and of the user-space arm that it is compared with. */
  readonly invocations: { readonly kernel: number; readonly user: number };
}

export type Line = SharedLine | WholeLine;

export interface Results {
  readonly lines: readonly Line[];
  add(line: Line): void;
}

export function openResults(file: string): Results {
  mkdirSync(dirname(file), { recursive: true });
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) truncateSync(file, Buffer.byteLength(whole)); // a start that was killed may have left half a line
  const lines = whole
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  return {
    lines,
    add(line) {
      lines.push(line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
  };
}
