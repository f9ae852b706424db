/** Text for a terminal: styled where colours are wanted, and without a control character of anybody else's. */
import pc from 'picocolors';
import type { Outcome } from '../domain/words.js';
import { visibleLines } from './escape.js';

type Style = (text: string) => string;

export interface Ink {
  readonly plain: Style;
  readonly bold: Style;
  readonly dim: Style;
  readonly good: Style;
  readonly bad: Style;
  readonly unsure: Style;
}

export function inkOf(color: boolean): Ink {
  const { bold, dim, green, red, yellow } = pc.createColors(color);
  const safe =
    (style: Style): Style =>
    (text) =>
      text === '' ? '' : style(visibleLines(text));
  return {
    plain: safe((text) => text),
    bold: safe(bold),
    dim: safe(dim),
    good: safe(green),
    bad: safe(red),
    unsure: safe(yellow),
  };
}

export const outcomeStyles: { readonly [O in Outcome]: 'good' | 'bad' | 'unsure' } = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'unsure',
  untrusted: 'bad',
};

export interface ColorWish {
  /** False where the command line said `--no-color`. */
  readonly wanted: boolean;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly isTerminal: boolean;
}

/** By https://no-color.org and https://force-color.org: what is set and not empty counts; else only a terminal is coloured. */
export function usesColor({ wanted, environment, isTerminal }: ColorWish): boolean {
  const { NO_COLOR: none = '', FORCE_COLOR: force = '', TERM: term } = environment;
  if (!wanted || none !== '') return false;
  if (force !== '') return force !== '0' && force !== 'false';
  return isTerminal && term !== 'dumb';
}
