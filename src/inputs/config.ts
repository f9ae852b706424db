/** `kfaas.yml`, version 1: benchmarks in a file. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { limitsSchema, type BenchmarkPlan, type Input, type Limits } from '../domain/plan.js';
import { budgetsSection, exactLimitsOf, growthSection } from './budgets.js';
import { genericInputs } from './builtins.js';
import { fileInput, fileKind, hexInput, sourcePath, withUniqueNames } from './files.js';
import { parseLocatedYaml, section, type LocatedYaml } from './located-yaml.js';
import { usageError, type Given } from './values.js';

export const configName = 'kfaas.yml';

const nonEmpty = z.string().min(1);

const inputSchema = section({ file: nonEmpty.optional(), hex: nonEmpty.optional() }).refine(
  (input) => (input.file === undefined) !== (input.hex === undefined),
  { error: 'give either `file` or `hex`' },
);

const benchmarkSchema = section({
  name: nonEmpty,
  source: nonEmpty,
  cflags: z.array(nonEmpty).optional(),
  program: nonEmpty.optional(),
  inputs: z.array(inputSchema).min(1).optional(),
  expect: section({
    /** As the program's 32 bits, read with or without a sign: -1 is TC_ACT_UNSPEC. */
    retval: z.int().min(-0x8000_0000).max(0xffff_ffff).optional(),
  }).optional(),
  threshold: limitsSchema.shape.threshold,
  'max-slowdown': limitsSchema.shape.maxSlowdownPercent,
  'max-speedup-loss': limitsSchema.shape.maxSpeedupLossPercent,
  budgets: budgetsSection.optional(),
  'max-growth': growthSection.optional(),
});

export const configSchema = section({
  version: z.literal(1),
  benchmarks: z.array(benchmarkSchema).min(1),
});

type Config = z.infer<typeof configSchema>;

/**
 * The benchmarks of a config file. Paths in it start at the working directory, like all others.
 * @throws KfaasError (usage) that names file, line and column.
 */
export function readConfig(value: Given, workingDirectory: string): BenchmarkPlan[] {
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
  return config.data.benchmarks.map((entry, index) => {
    return benchmarkOf(entry, (...rest) => config.given('benchmarks', index, ...rest), workingDirectory);
  });
}

function rejectTwins({ data, given }: LocatedYaml<Config>): void {
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

/** @param at names the value at a path within the entry. */
function benchmarkOf(
  entry: Config['benchmarks'][number],
  at: LocatedYaml<Config>['given'],
  workingDirectory: string,
): BenchmarkPlan {
  const inputs = entry.inputs?.map((input, number): Input => {
    return input.file === undefined
      ? hexInput(at('inputs', number, 'hex'))
      : fileInput(at('inputs', number, 'file'), workingDirectory);
  });
  return {
    name: entry.name,
    source: sourcePath(at('source'), workingDirectory),
    cflags: entry.cflags ?? [],
    ...(entry.program === undefined ? {} : { program: entry.program }),
    inputs: inputs === undefined ? genericInputs() : withUniqueNames(inputs),
    genericInputs: inputs === undefined,
    expect: entry.expect?.retval === undefined ? {} : { retval: entry.expect.retval >>> 0 },
    limits: limitsOf(entry),
  };
}

function limitsOf({
  threshold,
  'max-slowdown': maxSlowdownPercent,
  'max-speedup-loss': maxSpeedupLossPercent,
  ...exact
}: Config['benchmarks'][number]): Limits {
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(maxSlowdownPercent === undefined ? {} : { maxSlowdownPercent }),
    ...(maxSpeedupLossPercent === undefined ? {} : { maxSpeedupLossPercent }),
    ...exactLimitsOf(exact),
  };
}
