/** `kfaas.yml`: benchmarks in a file. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkPlan, Input, Limits, Plan } from '../domain/plan.js';
import { exactLimitsOf } from './budgets.js';
import { configSchema, type Config } from './config-schema.js';
import { fileKind } from './files.js';
import { builtinInputs, fileInputs, gathered, hexInput } from './given-inputs.js';
import { mapsOf, readMapsFile } from './given-maps.js';
import { idleLimit, remedyOfIdle } from './kernel-alone.js';
import { parseLocatedYaml, type LocatedYaml } from './located-yaml.js';
import { nativePath, objectPath, type ObjectsAre } from './objects.js';
import { allBuiltinPackets } from './packet-set.js';
import { sourcePath, type Code } from './programs.js';
import { usageError, type Given } from './values.js';

export const configName = 'kfaas.yml';

type Located = LocatedYaml<Config>;
type Entry = Config['benchmarks'][number];

/**
 * The benchmarks of a config file, and the command that builds them. Paths in it start at the working directory, like all
 * others.
 * @throws KfaasError (usage) that names file, line and column.
 */
export function readConfig(
  value: Given,
  workingDirectory: string,
  objectsAre: ObjectsAre = 'there',
): Pick<Plan, 'benchmarks' | 'build'> {
  const file = path.resolve(workingDirectory, value.text);
  if (fileKind(file) !== 'file') {
    throw usageError(
      value,
      ', which is not a file that can be read',
      `give a config file; paths start at ${workingDirectory}`,
    );
  }
  const config = parseLocatedYaml(readFileSync(file, 'utf8'), value.text, configSchema);
  rejectTwins(config);
  const { benchmarks, build } = config.data;
  return {
    ...(build === undefined ? {} : { build }),
    benchmarks: benchmarks.map((entry, index) => benchmarkOf(config, entry, index, workingDirectory, objectsAre)),
  };
}

function rejectTwins({ data, given }: Located): void {
  const seen = new Set<string>();
  data.benchmarks.forEach(({ name }, index) => {
    if (seen.has(name)) {
      throw usageError(
        given('benchmarks', index, 'name'),
        ', as another benchmark is',
        'give every benchmark its own name',
      );
    }
    seen.add(name);
  });
}

function benchmarkOf(
  config: Located,
  entry: Entry,
  index: number,
  workingDirectory: string,
  objectsAre: ObjectsAre,
): BenchmarkPlan {
  rejectContradictions(config, entry, index);
  const at: Located['given'] = (...rest) => config.given('benchmarks', index, ...rest);
  const inputs = entry.inputs?.flatMap((input, number): Input[] => {
    const inputAt = (key: keyof typeof input) => at('inputs', number, key);
    if (input.hex !== undefined) return [hexInput(inputAt('hex'))];
    if (input.packet !== undefined) return builtinInputs(inputAt('packet'));
    return fileInputs(inputAt('file'), workingDirectory, input.packets === undefined ? undefined : inputAt('packets'));
  });
  const limits = limitsOf(entry);
  rejectIdle(config, entry, index, limits);
  return {
    name: entry.name,
    // With a build command of its own, a project's objects are there only behind it.
    ...codeOf(entry, at, workingDirectory, config.data.build === undefined ? objectsAre : 'later'),
    cflags: entry.cflags ?? [],
    ...(entry.program === undefined ? {} : { program: entry.program }),
    ...(entry.every === undefined ? {} : { every: entry.every }),
    inputs: inputs === undefined ? allBuiltinPackets() : gathered(inputs, at('inputs')),
    genericInputs: inputs === undefined,
    ...mapsIn(config, entry, index, workingDirectory),
    ...(entry.twin === undefined ? {} : { twin: entry.twin }),
    expect: entry.expect?.retval === undefined ? {} : { retval: entry.expect.retval >>> 0 },
    limits,
  };
}

function rejectIdle({ mistakeAt }: Located, { twin }: Entry, index: number, limits: Limits): void {
  const idle = twin && idleLimit({ twin, limits });
  if (idle === undefined) return;
  const { inConfig, why } = idle;
  const remedy = remedyOfIdle('`twin: none`', inConfig);
  throw mistakeAt(['benchmarks', index, 'twin'], `\`twin: none\` beside ${inConfig}: ${why}`, remedy);
}

/** Those of the file come first, so that what stands beside it outweighs them. */
function mapsIn(
  config: Located,
  entry: Entry,
  index: number,
  workingDirectory: string,
): Pick<BenchmarkPlan, 'maps' | 'seedMaps'> {
  const at = ['benchmarks', index] as const;
  const fromFile =
    entry['maps-file'] === undefined ? [] : readMapsFile(config.given(...at, 'maps-file'), workingDirectory);
  const maps = [...fromFile, ...mapsOf(entry.maps ?? [], config, ...at, 'maps')];
  return { ...(maps.length > 0 && { maps }), ...(entry['seed-maps'] && { seedMaps: true }) };
}

/** Keys that exclude each other: the key that is one too many, where the other is given or missing; why; what to do. */
const contradictions: readonly (readonly [
  key: keyof Entry,
  isWrong: (entry: Entry, config: Config) => boolean,
  why: string,
  remedy: string,
])[] = [
  [
    'object',
    ({ source }) => source !== undefined,
    'beside `source`',
    'give one of them: `source` is compiled here, `object` is compiled already',
  ],
  [
    'base-object',
    ({ object }) => object === undefined,
    'without `object`',
    "give `object` too, or remove it: a `source` is compiled from the base's own tree",
  ],
  [
    'base-object',
    (_, { build }) => build !== undefined,
    'beside `build`',
    "remove it: `build` is run in the base's tree too, and makes the base's object there",
  ],
  [
    'native',
    ({ object }) => object === undefined,
    'without `object`',
    'give `object` too, or remove it: a `source` is compiled for both sides',
  ],
  [
    'native',
    (entry) => entry['base-object'] !== undefined && entry['base-native'] === undefined,
    'without `base-native`, beside `base-object`',
    "give the base's too, as `base-native`",
  ],
  ['base-native', ({ native }) => native === undefined, 'without `native`', 'give `native` too, or remove it'],
  [
    'base-native',
    (entry) => entry['base-object'] === undefined,
    'without `base-object`',
    "give `base-object` too, or remove it: the base's own tree has it then",
  ],
  [
    'cflags',
    ({ object }) => object !== undefined,
    'beside `object`',
    'give them to what compiles the object, such as `build`; or give its `source`',
  ],
  [
    'max-instructions-growth',
    ({ 'max-growth': growth }) => growth?.['executed-insns'] !== undefined,
    'beside `executed-insns` in `max-growth`',
    'give one of them',
  ],
  ['every', ({ program }) => program !== undefined, 'beside `program`', 'give one of them'],
];

function rejectContradictions({ data, mistakeAt }: Located, entry: Entry, index: number): void {
  for (const [key, isWrong, why, remedy] of contradictions) {
    if (entry[key] === undefined || !isWrong(entry, data)) continue;
    throw mistakeAt(['benchmarks', index, key], `\`${key}\` ${why}`, remedy);
  }
  if (entry.source !== undefined || entry.object !== undefined) return;
  throw mistakeAt(
    ['benchmarks', index],
    'neither `source` nor `object` is given',
    'add `source:` with a C file, or `object:` with a compiled one',
  );
}

function codeOf(entry: Entry, at: Located['given'], workingDirectory: string, objectsAre: ObjectsAre): Code {
  if (entry.object === undefined) return { source: sourcePath(at('source'), workingDirectory) };
  const { native, 'base-object': base, 'base-native': baseNative } = entry;
  return {
    source: objectPath(at('object'), workingDirectory, objectsAre),
    object: {
      ...(base !== undefined && { base: objectPath(at('base-object'), workingDirectory, objectsAre) }),
      ...(native !== undefined && { native: nativePath(at('native'), workingDirectory, objectsAre) }),
      ...(baseNative !== undefined && { baseNative: nativePath(at('base-native'), workingDirectory, objectsAre) }),
    },
  };
}

function limitsOf({
  threshold,
  'max-slowdown': maxSlowdownPercent,
  'max-speedup-loss': maxSpeedupLossPercent,
  ...exact
}: Entry): Limits {
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(maxSlowdownPercent === undefined ? {} : { maxSlowdownPercent }),
    ...(maxSpeedupLossPercent === undefined ? {} : { maxSpeedupLossPercent }),
    ...exactLimitsOf(exact),
  };
}
