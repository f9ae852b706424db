/** What a surface was asked for, still as text: the command line and the action fill it alike, and one path makes a plan of it. */
import type { Given } from './values.js';

export type Field =
  | 'config'
  | 'source'
  | 'program'
  | 'packet'
  | 'cflag'
  | 'twin'
  | 'seed-maps'
  | 'only'
  | 'iterations'
  | 'compare-with'
  | 'rounds'
  | 'seed'
  | 'time-limit'
  | 'threshold'
  | 'base'
  | 'max-slowdown'
  | 'max-speedup-loss'
  | 'budget'
  | 'max-growth'
  | 'max-instructions-growth'
  | 'working-directory';

export interface Request {
  /** How this surface calls a field, for messages: `--seed`, `input seed`. */
  readonly nameOf: (field: Field) => string;
  /** Every value that was given, in order; none for a field that was not. */
  readonly values: { readonly [F in Field]?: readonly string[] };
}

/** The values of a field, each under its name. */
export function allGiven(request: Request, field: Field): Given[] {
  return (request.values[field] ?? []).map((text) => ({ name: request.nameOf(field), text }));
}

/** The one value of a field; where an option was given twice, the later. */
export function given(request: Request, field: Field): Given | undefined {
  return allGiven(request, field).at(-1);
}
