/** The maps of a program that is loaded on some machine, as a config file could have them. */
import { z } from 'zod';
import { mapContentsSchema } from './plan.js';

/** Which program is meant. */
export const captureTargetSchema = z.union([
  z.strictObject({ id: z.int().positive() }),
  /** As the kernel keeps it: 15 bytes at most. */
  z.strictObject({ name: z.string().min(1) }),
  z.strictObject({ pinned: z.string().min(1) }),
]);
export type CaptureTarget = z.infer<typeof captureTargetSchema>;

export const capturedMapSchema = mapContentsSchema.extend({
  /** What libbpf calls its type. */
  type: z.string(),
  /** Clauses about what is not here. */
  notes: z.array(z.string()),
});

export const capturedSchema = z.strictObject({
  program: z.strictObject({ id: z.int().positive(), name: z.string() }),
  maps: z.array(capturedMapSchema),
  /** Of per-CPU maps the values are this one's. */
  cpu: z.int().nonnegative(),
});
export type Captured = z.infer<typeof capturedSchema>;
