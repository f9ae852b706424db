/**
 * What the orchestrator and a worker say to each other, whatever the place: one job as JSON on the worker's standard
 * input, then events as lines of JSON on its standard output, the last of them `done`. Both sides validate before they
 * believe. A worker that ends without `done` has failed, whatever its exit code.
 */
import { z } from 'zod';
import { captureTargetSchema, capturedSchema } from '../domain/captured.js';
import { benchmarkPlanSchema, measurementPlanSchema, mostMapElements } from '../domain/plan.js';
import { benchmarkRecordSchema, environmentSchema, rowSchema, warningSchema } from '../domain/record.js';
import { probeSchema } from '../domain/probe.js';
import { revisions } from '../domain/words.js';
import { failureSchema } from '../errors.js';

export const protocolVersion = 1;

const treeSchema = z.strictObject({
  revision: z.enum(revisions),
  /** Where its paths start; absolute. */
  folder: z.string(),
  /** The checkout that the folder lies in, absolute: sources may include from anywhere in it. Absent: the folder. */
  root: z.string().optional(),
});

export const measureJobSchema = z.strictObject({
  protocol: z.literal(protocolVersion),
  kind: z.literal('measure'),
  place: environmentSchema.shape.place,
  /** The trees to build. */
  trees: z.array(treeSchema).min(1),
  /** What is run in a writable copy of each tree before anything is taken from it. */
  build: z
    .strictObject({
      /** For `sh -c`. */
      command: z.string().min(1),
      /** Absolute; the worker makes it and the copies in it, and the orchestrator removes what it sees of it. */
      folder: z.string(),
    })
    .optional(),
  benchmarks: z.array(benchmarkPlanSchema).min(1),
  measurement: measurementPlanSchema,
  /** Absolute folders, made by the orchestrator: compiled objects are kept in `cache`, logs in `output`. */
  folders: z.strictObject({ cache: z.string(), output: z.string() }),
});
export type MeasureJob = z.infer<typeof measureJobSchema>;

/** Asks what this machine can do; see `doctor`. */
export const probeJobSchema = z.strictObject({
  protocol: z.literal(protocolVersion),
  kind: z.literal('probe'),
});

/** Asks what the maps of a loaded program hold; see `capture`. */
export const captureJobSchema = z.strictObject({
  protocol: z.literal(protocolVersion),
  kind: z.literal('capture'),
  target: captureTargetSchema,
  /** Elements of each map. */
  limit: z.int().positive().max(mostMapElements),
});

export const jobSchema = z.discriminatedUnion('kind', [measureJobSchema, probeJobSchema, captureJobSchema]);
export type Job = z.infer<typeof jobSchema>;

export const stages = ['build', 'load', 'prove', 'measure'] as const;

export const eventSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('environment'), id: z.string(), environment: environmentSchema }),
  /** A stage of a benchmark began, or moved on: `fraction` of the stage is done. */
  z.strictObject({
    event: z.literal('progress'),
    benchmark: z.string(),
    stage: z.enum(stages),
    fraction: z.number().min(0).max(1),
    note: z.string().optional(),
  }),
  z.strictObject({ event: z.literal('warning'), warning: warningSchema }),
  /** A benchmark ended, measured or failed. */
  z.strictObject({ event: z.literal('benchmark'), benchmark: benchmarkRecordSchema, rows: z.array(rowSchema) }),
  /** A program that the base's object has and head's has not, by the name of its benchmark. */
  z.strictObject({ event: z.literal('vanished'), benchmark: z.string() }),
  z.strictObject({ event: z.literal('probes'), probes: z.array(probeSchema) }),
  z.strictObject({ event: z.literal('captured'), captured: capturedSchema }),
  /** The whole job failed before or beside its benchmarks. */
  z.strictObject({ event: z.literal('failure'), failure: failureSchema }),
  z.strictObject({ event: z.literal('done') }),
]);
export type WorkerEvent = z.infer<typeof eventSchema>;
