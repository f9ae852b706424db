/**
 * The record: one JSON file with everything that is needed to judge and render a run again on any machine.
 * `schema/record.schema.json` is generated from here (`npm run schema`).
 */
import { z } from 'zod';
import { failureSchema } from '../errors.js';
import { benchmarkPlanSchema, measurementPlanSchema } from './plan.js';
import { arms, metricSchema, programTypes, revisions } from './words.js';

export const recordVersion = 1;

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Advice that a report shows and that never changes a verdict; the message ends in what to try next. */
export const warningSchema = z.strictObject({
  code: z.string(),
  benchmark: z.string().optional(),
  message: z.string(),
});
export type Warning = z.infer<typeof warningSchema>;

/** The machine that a row was measured on. */
export const environmentSchema = z.strictObject({
  kernelRelease: z.string(),
  architecture: z.string(),
  cpuModel: z.string(),
  cpuCount: z.int().positive(),
  /** The CPU that everything was pinned to. */
  pinnedCpu: count,
  clang: z.string(),
  libbpf: z.string(),
  node: z.string(),
  place: z.enum(['process', 'container']),
  jit: z.boolean(),
  /** True where a seccomp filter makes the system calls of the user-space arms dearer. */
  seccomp: z.boolean(),
});
export type Environment = z.infer<typeof environmentSchema>;

/** What the proof pass saw of one input, on both sides alike. */
export const inputProofSchema = z.strictObject({
  input: z.string(),
  bytes: count,
  retval: z.int().min(0).max(0xffff_ffff),
  outputBytes: count,
  outputSha256: sha256,
});
export type InputProof = z.infer<typeof inputProofSchema>;

export const proofSchema = z.strictObject({
  inputs: z.array(inputProofSchema).min(1),
  /** Invocations asked of the kernel in the proof pass, and by how much its `run_cnt` grew. Equal, or there is no proof. */
  runCount: z.strictObject({ asked: count, counted: count }),
});
export type Proof = z.infer<typeof proofSchema>;

/** What stands behind the values of a row. */
export const evidenceSchema = z.strictObject({
  /** Timed invocations whose return value and count were checked. */
  invocations: count,
  batches: count,
  /** Calls that a signal ended early and that were made again (EINTR). */
  retries: count,
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const rowSchema = z.strictObject({
  benchmark: z.string(),
  revision: z.enum(revisions),
  arm: z.enum(arms),
  /** Key into `environments`. */
  environment: z.string(),
  metric: metricSchema,
  /** `sampled`: one value per round, in the order of `rounds`. `exact`: one value. */
  values: z.array(z.number()),
  /** `sampled`: the number of the round that each value came from; rows pair by it. */
  rounds: z.array(count).optional(),
  evidence: evidenceSchema,
});
export type Row = z.infer<typeof rowSchema>;

/** One revision's program as it was built and loaded. */
export const builtProgramSchema = z.strictObject({
  revision: z.enum(revisions),
  program: z.string(),
  type: z.enum(programTypes),
  /** The kernel's own hash of the unpadded instructions (`bpf_prog_info.tag`). */
  tag: z.string(),
  objectSha256: sha256,
  nativeSha256: sha256,
  proof: proofSchema.optional(),
});
export type BuiltProgram = z.infer<typeof builtProgramSchema>;

/** Why a benchmark has no base although the run has one: its source is new in head, or the base's could not be used. */
export const missingBaseSchema = z.discriminatedUnion('reason', [
  z.strictObject({ reason: z.literal('new') }),
  z.strictObject({ reason: z.literal('unusable'), failure: failureSchema }),
]);
export type MissingBase = z.infer<typeof missingBaseSchema>;

/** What could be measured where it was less than both sides, and one clause why. */
export const extentSchema = z.strictObject({
  /** `kernel`: no user-space side. `figures`: only the exact figures of the loaded program. */
  covers: z.enum(['kernel', 'figures']),
  reason: z.string().min(1),
});
export type Extent = z.infer<typeof extentSchema>;

export const benchmarkRecordSchema = z.strictObject({
  plan: benchmarkPlanSchema,
  programs: z.array(builtProgramSchema),
  /** Rounds that were measured. */
  rounds: count,
  /** Seconds of measuring. */
  seconds: z.number().nonnegative(),
  /** What ended this benchmark early, if anything did. */
  failure: failureSchema.optional(),
  /** Absent where both sides were measured. */
  extent: extentSchema.optional(),
  /** Absent where it has a base, and where the run has none. */
  missingBase: missingBaseSchema.optional(),
});
export type BenchmarkRecord = z.infer<typeof benchmarkRecordSchema>;

/** What a revision was built from. `again` is built from the base's. */
export const builtFromSchema = z.strictObject({
  revision: z.enum(['base', 'head']),
  /** `folder`: as it lay there. `commit`: checked out for this run. */
  kind: z.enum(['folder', 'commit']),
  /** As it was named: a path, or a ref. */
  name: z.string(),
  /** Of the commit that was checked out, or that the folder was at; absent where it is under no version control. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)
    .optional(),
  /** Whether the folder differed from its commit; absent where there is none. */
  dirty: z.boolean().optional(),
  /** One sentence: why this one. */
  reason: z.string(),
});
export type BuiltFrom = z.infer<typeof builtFromSchema>;

export const recordSchema = z.strictObject({
  schema: z.literal('kfaas-bench/record'),
  version: z.literal(recordVersion),
  tool: z.strictObject({ version: z.string(), sha256: sha256.optional() }),
  createdAt: z.iso.datetime(),
  measurement: measurementPlanSchema,
  demo: z.boolean(),
  /** Absent where no base was asked for; head's alone where there is none. */
  builtFrom: z.array(builtFromSchema).optional(),
  /** One sentence: why head was measured without a base, where one was asked for or looked for. */
  noBase: z.string().optional(),
  environments: z.record(z.string(), environmentSchema),
  benchmarks: z.array(benchmarkRecordSchema),
  rows: z.array(rowSchema),
  warnings: z.array(warningSchema),
});
export type BenchRecord = z.infer<typeof recordSchema>;
