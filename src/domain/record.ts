/**
 * The record: one JSON file with everything that is needed to judge and render a run again on any machine.
 * `schema/record.schema.json` is generated from here (`npm run schema`).
 */
import { z } from 'zod';
import { failureSchema } from '../errors.js';
import { benchmarkPlanSchema, measurementPlanSchema } from './plan.js';
import { arms, metricSchema, revisions } from './words.js';

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
  /** The program changes its packet so that it was put back for every run, off the clock. */
  isAfresh: z.literal(true).optional(),
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

/** The program in user space, and what its proof showed. */
export const twinSchema = z.strictObject({
  /** `native`: the C source, compiled for this machine. `translated`: the loaded instructions as C. */
  kind: z.enum(['native', 'translated']),
  /** True where all inputs brought about one return value and no changed packet. */
  isShallow: z.boolean(),
  /** Helpers of time and chance that were constants on both sides in the proof, and are what they are in the timing. */
  replacedHelpers: z.array(z.string()),
  /** Maps that are not compared in whole. */
  notCompared: z.array(z.string()),
  /** One clause: why it is not the native twin, where that was tried. */
  notNative: z.string().min(1).optional(),
});
export type Twin = z.infer<typeof twinSchema>;

/** Which instructions the inputs execute, each input once: the same on every machine and in every run. */
export const executedSchema = z.strictObject({
  /** In the order of the plan's. */
  inputs: z.array(
    z.strictObject({
      input: z.string(),
      instructions: count,
      /** By name, such as `bpf_map_lookup_elem`. */
      helperCalls: z.record(z.string(), count),
    }),
  ),
  /** Of the program and its functions; a 16-byte instruction is one. */
  coverage: z.strictObject({ reached: count, instructions: count }),
  /** Where the object has line information, by file and line. */
  lines: z.array(
    z.strictObject({
      file: z.string(),
      line: count,
      /** The source's own, without what stands around it; absent where the object does not hold it. */
      text: z.string().optional(),
      /** The function of BPF that it is in. */
      function: z.string(),
      /** Executed instructions, one for each input; all 0 where no input reaches it. */
      counts: z.array(count),
      /** Jumps back from here that were taken, one for each input; absent where there is none. */
      loopTrips: z.array(count).optional(),
    }),
  ),
});
export type Executed = z.infer<typeof executedSchema>;

/** One revision's program as it was built and loaded. */
export const builtProgramSchema = z.strictObject({
  revision: z.enum(revisions),
  program: z.string(),
  /** One of `programTypes`, or what libbpf calls a type that cannot be timed, such as `kprobe`. */
  type: z.string().regex(/^[a-z0-9_]{1,64}$/),
  /** The kernel's own hash of the unpadded instructions (`bpf_prog_info.tag`). */
  tag: z.string(),
  objectSha256: sha256,
  /** Of the user-space side's code; absent where there is none. */
  nativeSha256: sha256.optional(),
  proof: proofSchema.optional(),
  /** Ring buffers of the program: full, on both sides, before anything that is proven here or timed; absent where it has none. */
  fullRings: z.array(z.string()).min(1).optional(),
  twin: twinSchema.optional(),
  /** Where a dry run's missed keys were to be put into maps (`plan.seedMaps`): into which, and how many; values are zeros. */
  seededMaps: z.array(z.strictObject({ map: z.string().min(1), keys: z.int().positive() })).optional(),
  executed: executedSchema.optional(),
  /** One clause: why executed instructions were not counted, where that was tried. */
  notCounted: z.string().min(1).optional(),
});
export type BuiltProgram = z.infer<typeof builtProgramSchema>;

const codeLine = z.string().max(200);

/** One function of a program, where head's code is not the base's. */
export const functionDifferenceSchema = z.strictObject({
  name: z.string().max(200),
  /** Instructions; 0 where there is no such function. */
  base: count,
  head: count,
  /** Each begins with `+`, `-`, a space where both have it, or `@` where lines that both have are left out. */
  lines: z.array(codeLine.regex(/^[-+ @]/)).max(200),
  /** Lines that are not kept here. */
  leftOut: count.optional(),
});
export type FunctionDifference = z.infer<typeof functionDifferenceSchema>;

/** How head's code differs from its base's, without addresses. */
export const codeDifferenceSchema = z.strictObject({
  /** Of the CPU, or where it cannot be had the kernel's BPF instructions behind the verifier's rewriting. */
  language: z.enum(['x86-64', 'bpf']),
  /** None where no code can be seen. */
  functions: z.array(functionDifferenceSchema).max(20),
  /** One clause: why there is none of the CPU's; absent where there is. */
  unseen: z.string().min(1).max(200).optional(),
});
export type CodeDifference = z.infer<typeof codeDifferenceSchema>;

/** Why a benchmark has no base although the run has one: its source is new in head, or the base's could not be used. */
export const missingBaseSchema = z.discriminatedUnion('reason', [
  z.strictObject({ reason: z.literal('new') }),
  z.strictObject({ reason: z.literal('unusable'), failure: failureSchema }),
]);
export type MissingBase = z.infer<typeof missingBaseSchema>;

/** What could be measured where it was less than both sides, and one clause why. */
export const extentSchema = z.strictObject({
  /**
   * `kernel`: no user-space side. `figures`: only the exact figures of the loaded program. `nothing`: a program that was
   * discovered, not asked for, and that neither head nor base can build and load here.
   */
  covers: z.enum(['kernel', 'figures', 'nothing']),
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
  /** Absent without a base, and where there is no difference. */
  code: codeDifferenceSchema.optional(),
});
export type BenchmarkRecord = z.infer<typeof benchmarkRecordSchema>;

const commitSchema = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

/** What a revision was built from. `again` is built from the base's. */
export const builtFromSchema = z.strictObject({
  revision: z.enum(['base', 'head']),
  /** `folder`: as it lay there. `commit`: checked out for this run. */
  kind: z.enum(['folder', 'commit']),
  /** As it was named: a path, or a ref. */
  name: z.string(),
  /** Of the commit that was checked out, or that the folder was at; absent where it is under no version control. */
  commit: commitSchema.optional(),
  /** Whether the folder differed from its commit; absent where there is none. */
  dirty: z.boolean().optional(),
  /** One sentence: why this one. */
  reason: z.string(),
});
export type BuiltFrom = z.infer<typeof builtFromSchema>;

/** What head's plan has otherwise than its base's. What is in force is head's. */
export const planChangeSchema = z.strictObject({
  /** Absent where it is of all of them. */
  benchmark: z.string().optional(),
  /** One clause, such as `max-slowdown 5 % → 10 %`; what its author named stands between backticks. */
  what: z.string().min(1),
  /** True where less is asked of the program than before. */
  loosened: z.boolean(),
});
export type PlanChange = z.infer<typeof planChangeSchema>;

/** From a picosecond, a thousandth of what a CPU's cycle takes, to a day, the longest measuring that a plan may ask for. */
const plausibleNs = z.number().min(1e-3).max(86_400e9);

/** What was read out of a saved record about one benchmark. */
export const savedBenchmarkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('measured'),
    name: z.string(),
    /** Key into the saved `environments`. */
    environment: z.string(),
    /** Absent where it was not timed. */
    kernelNs: plausibleNs.optional(),
    /** Over the user-space arm that this record compares with; absent where that was not timed. */
    speedup: z.number().min(1e-17).max(1e17).optional(),
    figures: z.array(z.strictObject({ metric: metricSchema.shape.name, value: count })),
    /** What its program or inputs have otherwise than here, a clause each. */
    differs: z.array(z.string()),
  }),
  /** The saved record does not prove it, or holds no figure of it; one clause why. */
  z.strictObject({ kind: z.literal('unusable'), name: z.string(), reason: z.string() }),
]);
export type SavedBenchmark = z.infer<typeof savedBenchmarkSchema>;

/** A saved record that head is shown beside; nothing is judged by it. */
export const savedBaseSchema = z.strictObject({
  /** As it was named. */
  path: z.string(),
  tool: z.string(),
  createdAt: z.iso.datetime(),
  /** Of its head. */
  commit: commitSchema.optional(),
  /** Whether its head differed from that commit. */
  dirty: z.boolean().optional(),
  environments: z.record(z.string(), environmentSchema),
  /** Those that this record has, too. */
  benchmarks: z.array(savedBenchmarkSchema),
});
export type SavedBase = z.infer<typeof savedBaseSchema>;

export const recordSchema = z.strictObject({
  schema: z.literal('kfaas-bench/record'),
  version: z.literal(recordVersion),
  tool: z.strictObject({ version: z.string(), sha256: sha256.optional() }),
  createdAt: z.iso.datetime(),
  measurement: measurementPlanSchema,
  demo: z.boolean(),
  /** Head's alone where there is no base, or none was asked for. */
  builtFrom: z.array(builtFromSchema).optional(),
  /** One sentence: why head was measured without a base, where one was asked for or looked for. */
  noBase: z.string().optional(),
  savedBase: savedBaseSchema.optional(),
  /** Absent where there are none, and where there was nothing to compare. */
  changes: z.array(planChangeSchema).optional(),
  environments: z.record(z.string(), environmentSchema),
  benchmarks: z.array(benchmarkRecordSchema),
  rows: z.array(rowSchema),
  warnings: z.array(warningSchema),
  /** Benchmarks that the base has and head has not. */
  vanished: z.array(z.string()).optional(),
});
export type BenchRecord = z.infer<typeof recordSchema>;
