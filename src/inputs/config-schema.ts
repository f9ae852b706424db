/**
 * What may stand in `kfaas.yml`, version 1. Editors read the same as `schema/kfaas.schema.json`, which is generated from here
 * (`npm run schema`): every key has a description for whoever writes one.
 */
import { z } from 'zod';
import { limitsSchema, twinChoices } from '../domain/plan.js';
import { budgetsSection, growthSection, instructionsGrowth } from './budgets.js';
import { selectionPattern } from './capture-inputs.js';
import { allPackets } from './given-inputs.js';
import { mapsSection } from './given-maps.js';
import { section } from './located-yaml.js';
import { packetNames } from './packet-set.js';

export const configSchemaAddress = 'https://raw.githubusercontent.com/kiinitix/kfaas-bench/v1/schema/kfaas.schema.json';

const nonEmpty = z.string().min(1);

/** Names are lines of reports, logs and options. */
const oneLine = nonEmpty.regex(/^\P{Cc}+$/u, { error: 'give one line of text without control characters' });

const inputSchema = section({
  file: nonEmpty.optional().describe("File with a packet's raw bytes, or a capture (pcap, pcapng)."),
  packets: z
    .union([z.int().positive(), z.string().regex(selectionPattern)], { error: 'give packets by number, such as 1-20' })
    .optional()
    .describe('Which packets of the capture in `file`, counted from 1: 5, 1-20 or 1-3,7. By default all.'),
  hex: nonEmpty.optional().describe('The bytes as hex digits, in quotes: "0a0b0c".'),
  packet: z
    .enum([...packetNames, allPackets])
    .optional()
    .describe('A built-in packet; `all`: every one that the program can be run on.'),
})
  .refine(({ file, hex, packet }) => [file, hex, packet].filter((key) => key !== undefined).length === 1, {
    error: 'give one of `file`, `hex` and `packet`',
  })
  .refine(({ file, packets }) => packets === undefined || file !== undefined, {
    error: 'give `packets` with the `file` that they are in',
  })
  .meta({ oneOf: [{ required: ['file'] }, { required: ['hex'] }, { required: ['packet'] }] });

const expectSchema = section({
  /** As the program's 32 bits, read with or without a sign: -1 is TC_ACT_UNSPEC. */
  retval: z
    .int()
    .min(-0x8000_0000)
    .max(0xffff_ffff)
    .optional()
    .describe('Return value on every input. Negative values are read as 32 bits: -1 is TC_ACT_UNSPEC.'),
});

export const benchmarkSchema = section({
  name: oneLine.describe('What reports call it; unique in this file.'),
  source: nonEmpty.optional().describe('C source of the eBPF program; both sides are compiled from it.'),
  object: nonEmpty
    .optional()
    .describe('Compiled eBPF object (ELF), in place of `source`. With `build`, that command makes it.'),
  'base-object': nonEmpty
    .optional()
    .describe("The base's object, where steps of your own build both; from the working directory, like `object`."),
  native: nonEmpty
    .optional()
    .describe(
      'The same program compiled for this machine, beside `object`: a static library (.a) or a relocatable object (.o) that defines it.',
    ),
  'base-native': nonEmpty.optional().describe("The base's, beside `base-object`."),
  cflags: z
    .array(nonEmpty)
    .optional()
    .describe('Flags for clang on both sides, after our own: -Ibpf/include, -DLIMIT=4. Only with `source`.'),
  program: nonEmpty.optional().describe('Function to run. By default the only program there is.'),
  every: z
    .literal(true)
    .optional()
    .describe('Every program there is becomes a benchmark of its own, named NAME/PROGRAM.'),
  inputs: z
    .array(inputSchema)
    .min(1)
    .optional()
    .describe('What the program is run on: both sides must agree on every one. By default every built-in packet.'),
  twin: z
    .enum(twinChoices)
    .optional()
    .describe(
      'User-space side of a program with maps or helpers. By default its native twin where that proves equal, else the translated one, else none.',
    ),
  maps: mapsSection.optional().describe('What maps hold before the first input, beside what the object puts there.'),
  'maps-file': nonEmpty.optional().describe('YAML file with such `maps:`, as `kfaas-bench capture` writes it.'),
  'seed-maps': z
    .literal(true)
    .optional()
    .describe('Puts the keys that a dry run looks up in vain into their maps, so that programs go further.'),
  expect: expectSchema.optional().describe('What head must answer.'),
  threshold: limitsSchema.shape.threshold.describe('Smallest speedup (user-space time ÷ kernel time) that passes.'),
  'max-slowdown': limitsSchema.shape.maxSlowdownPercent.describe(
    'Largest growth of kernel time against the base that passes, in percent. 5 by default.',
  ),
  'max-speedup-loss': limitsSchema.shape.maxSpeedupLossPercent.describe(
    "Largest loss of the speedup against the base that passes, in percent of the base's.",
  ),
  'max-instructions-growth': instructionsGrowth
    .optional()
    .describe(
      'Largest growth of executed instructions against the base that passes, in percent, on every input: the same on every machine.',
    ),
  budgets: budgetsSection.optional().describe('Largest exact figures that pass, in instructions or bytes.'),
  'max-growth': growthSection
    .optional()
    .describe(
      'Largest growth of exact figures against the base that passes: percent, or percent and a slack that always passes.',
    ),
}).meta({ oneOf: [{ required: ['source'] }, { required: ['object'] }] });

export const configSchema = section({
  version: z.literal(1).describe('Version of this format.'),
  build: nonEmpty
    .optional()
    .describe(
      'Shell command that is run in the working directory of a writable copy of each tree, base and head, before anything is taken from it.',
    ),
  benchmarks: z.array(benchmarkSchema).min(1).describe('What is measured, one entry each.'),
});

export type Config = z.infer<typeof configSchema>;
