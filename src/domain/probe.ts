import { z } from 'zod';

/** One thing that a machine can do, cannot do, or will not tell; every `no` and `unknown` carries its remedy. */
export const probeSchema = z.strictObject({
  name: z.string(),
  answer: z.enum(['yes', 'no', 'unknown']),
  /** What was seen, such as a version. */
  detail: z.string(),
  remedy: z.string().optional(),
  /** True where the command line measures without it, too. */
  optional: z.literal(true).optional(),
});
export type Probe = z.infer<typeof probeSchema>;
