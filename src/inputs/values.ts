/** Text becomes a value, strictly: one parser for the command line, the action's inputs and the config file. */
import leven from 'leven';
import { z } from 'zod';
import { KfaasError, type Location } from '../errors.js';

/** A value as a surface gave it, under the name that its user knows it by: `--seed`, `input seed`, `kfaas.yml:3:7: seed`. */
export interface Given {
  readonly name: string;
  readonly text: string;
  readonly location?: Location;
}

/** A value as one line of a message: control characters are shown and not sent, and a long one is cut. */
export function shown(text: string): string {
  const line = text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
  return `\`${line.length > 100 ? `${line.slice(0, 100)}…` : line}\``;
}

/** A mistake of the user's. `problem` follows the name and the value: ", which does not exist". */
export function usageError(given: Given, problem: string, remedy: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `${given.name} is ${shown(given.text)}${problem}`,
    remedy,
    ...(given.location === undefined ? {} : { location: given.location }),
  });
}

const boundsSchema = z.object({
  type: z.enum(['integer', 'number']),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
});

/** What a number's schema allows, in words: "a whole number from 1 to 1,000,000,000". */
export function allowedNumbers(schema: z.ZodNumber): string {
  const bounds = boundsSchema.parse(z.toJSONSchema(schema));
  const text = (value: number): string => value.toLocaleString('en-US');
  return [
    bounds.type === 'integer' ? 'a whole number' : 'a number',
    ...(bounds.minimum === undefined ? [] : [`from ${text(bounds.minimum)}`]),
    ...(bounds.exclusiveMinimum === undefined ? [] : [`above ${text(bounds.exclusiveMinimum)}`]),
    ...(bounds.maximum === undefined
      ? []
      : [`${bounds.type === 'integer' ? '' : 'and up '}to ${text(bounds.maximum)}`]),
  ].join(' ');
}

/** Plain decimal digits only: no sign, unit, exponent, separator or space. */
const plainNumber = /^\d+(\.\d+)?$/;

export function parseNumber(given: Given, schema: z.ZodNumber): number {
  const parsed = plainNumber.test(given.text) ? schema.safeParse(Number(given.text)) : undefined;
  if (parsed?.success !== true) {
    throw usageError(given, '', `give ${allowedNumbers(schema)}, in plain digits without a unit`);
  }
  return parsed.data;
}

/** `a`, `b` or `c`. */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}

/** ` (did you mean \`x\`?)` where one of the names is close enough to be a slip of the keyboard, else nothing. */
export function didYouMean(text: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: leven(text, name) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(name.length / 3)) && distance < name.length)
    .sort((a, b) => a.distance - b.distance);
  return near[0] === undefined ? '' : ` (did you mean \`${near[0].name}\`?)`;
}

export function parseChoice<const T extends string>(given: Given, allowed: readonly T[]): T {
  const choice = allowed.find((name) => name === given.text);
  if (choice === undefined) throw usageError(given, didYouMean(given.text, allowed), `give ${listed(allowed)}`);
  return choice;
}
