/**
 * What can go wrong, as data: an error crosses the worker's protocol, is kept in the record and is rendered by
 * every report, so it is a plain failure first and an exception second.
 */
import { z } from 'zod';

/** Where a failure points to: a file of the user's tree, as clang or the verifier named it. Lines and columns start at 1. */
export const locationSchema = z.strictObject({
  file: z.string(),
  line: z.int().positive().optional(),
  column: z.int().positive().optional(),
});
export type Location = z.infer<typeof locationSchema>;

export const failureKinds = [
  'build', // the program does not compile or link
  'verifier', // the kernel refuses the program
  'usage', // the command line, the config or an input is wrong
  'environment', // this machine cannot do what was asked
  'proof', // a program did not run, or the two sides disagree
  'internal', // a defect of this tool
] as const;

export const failureSchema = z.strictObject({
  kind: z.enum(failureKinds),
  /** One line: what failed, naming the input and its value. */
  message: z.string(),
  /** One line: what to do about it. */
  remedy: z.string(),
  /** More lines, such as clang's own diagnostic or the end of the verifier's log. */
  detail: z.string().optional(),
  location: locationSchema.optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** Process exit codes: 1 is the gate's, 2 the user's, 3 the machine's, 4 the proof's (docs/architecture.md). */
export const exitCodes = {
  pass: 0,
  fail: 1,
  usage: 2,
  environment: 3,
  untrusted: 4,
  interrupted: 130, // 128 + SIGINT, the shell's convention
  terminated: 143, // 128 + SIGTERM
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const exitCodeOfKind: Record<Failure['kind'], ExitCode> = {
  build: exitCodes.fail,
  verifier: exitCodes.fail,
  usage: exitCodes.usage,
  environment: exitCodes.environment,
  proof: exitCodes.untrusted,
  internal: exitCodes.environment,
};

export function exitCodeOf(failure: Failure): ExitCode {
  return exitCodeOfKind[failure.kind];
}

/** The only exception that the project throws on purpose. */
export class KfaasError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'KfaasError';
    this.failure = failure;
  }
}

/** The failure behind anything that was thrown; what was not thrown on purpose is a defect of ours and says so. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof KfaasError) return thrown.failure;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    kind: 'internal',
    message: `unexpected: ${error.message}`,
    remedy: 'this is a defect of kfaas-bench: please report it with the command and the lines above',
    ...(error.stack === undefined ? {} : { detail: error.stack }),
  };
}
