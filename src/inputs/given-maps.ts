/** What maps are to hold, as config files say it: bytes in hex digits, or values that the object's types lay out. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { hexSchema, mostMapElements, type MapContents, type MapDatum } from '../domain/plan.js';
import { fileKind, problems } from './files.js';
import { parseLocatedYaml, section, type LocatedYaml } from './located-yaml.js';
import { usageError, type Given } from './values.js';

const datum = z
  .json()
  .describe('Bytes as hex digits, in quotes ("0a000001"), or a value by its type: a number, text, a list, a mapping.');

const mapSection = section({
  map: z.string().min(1).describe('Name of the map in the object.'),
  elements: z
    .array(section({ key: datum, value: datum }))
    .max(mostMapElements)
    .describe('What it holds.'),
});

export const mapsSection = z.array(mapSection).min(1);
type Maps = z.infer<typeof mapsSection>;

/** What `maps-file` names, and `capture` writes. */
const mapsFileSchema = section({ maps: mapsSection });

/** Throws a KfaasError (usage) with file, line and column. */
export function readMapsFile(value: Given, workingDirectory: string): MapContents[] {
  const file = path.resolve(workingDirectory, value.text);
  const kind = fileKind(file);
  if (kind !== 'file') {
    throw usageError(
      value,
      problems[kind],
      `give a file with \`maps:\`, such as \`kfaas-bench capture\` writes; paths start at ${workingDirectory}`,
    );
  }
  const parsed = parseLocatedYaml(readFileSync(file, 'utf8'), value.text, mapsFileSchema);
  return mapsOf(parsed.data.maps, parsed, 'maps');
}

/** @param at where the maps stand in the file */
export function mapsOf<T>(maps: Maps, located: LocatedYaml<T>, ...at: readonly PropertyKey[]): MapContents[] {
  return maps.map(({ map, elements }, mapIndex) => ({
    map,
    elements: elements.map((element, index) => {
      const datumAt = (part: 'key' | 'value'): MapDatum =>
        datumOf(element[part], located, [...at, mapIndex, 'elements', index, part]);
      return { key: datumAt('key'), value: datumAt('value') };
    }),
  }));
}

function datumOf<T>(value: z.core.util.JSONType, located: LocatedYaml<T>, at: readonly PropertyKey[]): MapDatum {
  if (typeof value === 'string' && value !== '' && hexSchema.safeParse(value.toLowerCase()).success) {
    return { hex: value.toLowerCase() };
  }
  rejectNumbers(value, located, at);
  return { typed: value };
}

/** Numbers that YAML has already made others of than were written. */
function rejectNumbers<T>(value: z.core.util.JSONType, located: LocatedYaml<T>, at: readonly PropertyKey[]): void {
  if (typeof value === 'number') {
    const given = { ...located.given(...at), text: located.written(...at) };
    if (/^[+-]?0\d/.test(given.text)) {
      throw usageError(
        given,
        ', a number to YAML',
        `put hex digits in quotes: "${given.text}"; or write no zero in front`,
      );
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw usageError(given, ', beyond what a number in YAML holds', `put it in quotes: "${given.text}"`);
    }
  } else if (value !== null && typeof value === 'object') {
    for (const [step, inner] of Object.entries(value)) {
      rejectNumbers(inner, located, [...at, Array.isArray(value) ? Number(step) : step]);
    }
  }
}
