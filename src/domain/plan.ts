/**
 * What is to be done: the one validated object that every surface (action inputs, command line, config file) is
 * parsed into. Nothing downstream sees a raw input. It is a schema because it crosses the worker's protocol.
 */
import { z } from 'zod';
import { budgetMetrics, userArms } from './words.js';

/** Bytes as an even number of hex digits, lower case, without separators. */
export const hexSchema = z.string().regex(/^([0-9a-f]{2})*$/);

export const inputSchema = z.strictObject({
  /** Unique within its benchmark; the file's name, `hex`, or a built-in packet's name. */
  name: z.string().min(1),
  hex: hexSchema,
  /** Left out where the kernel does not run the program on it. */
  optional: z.literal(true).optional(),
});
export type Input = z.infer<typeof inputSchema>;

/** Each is proved in every revision, and is in the record. */
export const mostInputs = 500;

/** More inputs than these are proved but not timed, so that a round stays short. */
export const mostTimedInputs = 8;

/** A key or value of a map: its bytes, or what is to be laid out by the type that the object's BTF gives it. */
export const mapDatumSchema = z.union([z.strictObject({ hex: hexSchema }), z.strictObject({ typed: z.json() })]);
export type MapDatum = z.infer<typeof mapDatumSchema>;

/** All of them are in the record. */
export const mostMapElements = 65_536;

/** What a map holds before the first input, beside what the object itself puts there. */
export const mapContentsSchema = z.strictObject({
  map: z.string().min(1),
  elements: z.array(z.strictObject({ key: mapDatumSchema, value: mapDatumSchema })).max(mostMapElements),
});
export type MapContents = z.infer<typeof mapContentsSchema>;

/** `both`: the native twin is compared with, the translated one is an arm beside it. `none`: the kernel alone. */
export const twinChoices = ['native', 'translated', 'both', 'none'] as const;
export type TwinChoice = (typeof twinChoices)[number];

/** How much an exact figure may grow against the base. */
export const growthLimitSchema = z.strictObject({
  /** Of the base's figure. */
  percent: z.number().nonnegative().max(100_000),
  /** Growth up to this many, in the metric's unit, passes whatever its share is: small programs grow by large shares. */
  slack: z.int().nonnegative().optional(),
});
export type GrowthLimit = z.infer<typeof growthLimitSchema>;

export const limitsSchema = z.strictObject({
  /** Smallest speedup (user ÷ kernel) that passes; absent: not gated. */
  threshold: z.number().positive().optional(),
  /** Largest growth of kernel time against the base that passes, in percent; only where there is a base. */
  maxSlowdownPercent: z.number().positive().max(1000).optional(),
  /** Largest loss of the speedup against the base that passes, in percent of the base's; only where there is a base. */
  maxSpeedupLossPercent: z.number().positive().max(99).optional(),
  /** Largest exact figures that pass, in their metrics' units. */
  budgets: z.partialRecord(z.enum(budgetMetrics), z.int().nonnegative()).optional(),
  /** Largest growth of exact figures against the base that passes; only where there is a base. */
  growth: z.partialRecord(z.enum(budgetMetrics), growthLimitSchema).optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const benchmarkPlanSchema = z.strictObject({
  /** Unique within the plan. */
  name: z.string().min(1),
  /** C source, or a compiled object where `object` is set; relative to the revision's tree, or absolute for files outside of it. */
  source: z.string().min(1),
  /** Present where `source` is a compiled object. Where the user's own steps build both revisions, the base's files are named, too. */
  object: z
    .strictObject({
      base: z.string().min(1).optional(),
      /** The same program compiled for this machine: a static library or a relocatable object that defines it. */
      native: z.string().min(1).optional(),
      baseNative: z.string().min(1).optional(),
    })
    .optional(),
  cflags: z.array(z.string()),
  /** Name of the program in the object; absent: the only one in it. */
  program: z.string().min(1).optional(),
  /**
   * True of what was discovered, not asked for. In a job, without `program`, it stands for every program in the object; the
   * worker tells of a benchmark `name/program` for each, whose plan names the program.
   */
  every: z.literal(true).optional(),
  inputs: z.array(inputSchema).min(1).max(mostInputs),
  /** True where the inputs are the built-in packets and not the project's own. */
  genericInputs: z.boolean(),
  /** Absent: the native twin where it proves equal, else the translated one, else the kernel alone. */
  twin: z.enum(twinChoices).optional(),
  maps: z.array(mapContentsSchema).optional(),
  /** Whether the keys that a dry run looks up in vain are put into their maps first. */
  seedMaps: z.literal(true).optional(),
  expect: z.strictObject({ retval: z.int().min(0).max(0xffff_ffff).optional() }),
  limits: limitsSchema,
});
export type BenchmarkPlan = z.infer<typeof benchmarkPlanSchema>;

/** Whether a benchmark of this name is the planned one, or one of those that it stands for. */
export function isPlannedAs({ name, every, program }: BenchmarkPlan, told: string): boolean {
  return told === name || (every === true && program === undefined && told.startsWith(`${name}/`));
}

export const measurementPlanSchema = z.strictObject({
  /** Invocations per side and benchmark, at least, in all rounds together (`wakeup`: fewer). */
  iterations: z.int().min(1).max(1_000_000_000),
  /** The user-space arm of the speedup. */
  compareWith: z.enum(userArms),
  /** Exactly this many rounds; absent: as many as the judge asks for. */
  rounds: z.int().min(2).max(100_000).optional(),
  /** Seconds of measuring per benchmark. */
  timeLimitSeconds: z.number().positive().max(86_400),
  /** Every random draw comes from it: pads, orders, placement. */
  seed: z.int().min(0).max(0xffff_ffff),
});
export type MeasurementPlan = z.infer<typeof measurementPlanSchema>;

/** What a project's own build command may take in each tree. */
export const buildTimeLimitSeconds = 600;

export const planSchema = z.strictObject({
  benchmarks: z.array(benchmarkPlanSchema).min(1),
  measurement: measurementPlanSchema,
  /** Shell command that is run in a writable copy of each tree before anything is taken from it. */
  build: z.string().min(1).optional(),
  /** True where no program of the user's was named or found and the built-in functions stand in. */
  demo: z.boolean(),
});
export type Plan = z.infer<typeof planSchema>;
