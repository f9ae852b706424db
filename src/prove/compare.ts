/** Holds what the two sides gave against each other. Pure. */
import { KfaasError } from '../errors.js';

/** What one run of a program left behind. */
export interface Outcome {
  readonly retval: number;
  /** The packet, or a syscall program's context. */
  readonly output: Buffer;
}

const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** Bytes shown from the first difference on. */
const SHOWN_BYTES = 16;

function bytesAt(output: Buffer, at: number): string {
  const shown = output.subarray(at, at + SHOWN_BYTES).toString('hex');
  return shown === '' ? '(nothing)' : shown;
}

/** Offset of the first byte that differs; undefined where there is none. */
function firstDifference(a: Buffer, b: Buffer): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return at;
  return a.length === b.length ? undefined : shorter;
}

/** One line per difference, in hex; none where the two are equal. */
export function differences(a: Outcome, b: Outcome, nameOfA: string, nameOfB: string): string[] {
  const lines: string[] = [];
  if (a.retval !== b.retval) {
    lines.push(`return value: ${hex32(a.retval)} ${nameOfA}, ${hex32(b.retval)} ${nameOfB}`);
  }
  const at = firstDifference(a.output, b.output);
  if (at !== undefined) {
    const lengths = `${String(a.output.length)} and ${String(b.output.length)} bytes`;
    lines.push(
      `output (${lengths}) at byte ${String(at)}: ${bytesAt(a.output, at)} ${nameOfA}, ${bytesAt(b.output, at)} ${nameOfB}`,
    );
  }
  return lines;
}

export function isSame(a: Outcome, b: Outcome): boolean {
  return a.retval === b.retval && a.output.equals(b.output);
}

/** Throws a KfaasError of kind proof where the sides disagree. */
export function requireAgreement(program: string, input: string, kernel: Outcome, user: Outcome): void {
  const found = differences(kernel, user, 'in the kernel', 'in user space');
  if (found.length === 0) return;
  throw new KfaasError({
    kind: 'proof',
    message: `${program}: the two sides disagree on input ${input}: ${found[0] ?? ''}`,
    remedy:
      'make both sides compute the same; look for #ifdef, uninitialised memory, endianness and undefined behaviour',
    detail: found.join('\n'),
  });
}

/**
 * A repeated run feeds a program its own output. Throws a KfaasError of kind usage where that changes what it
 * computes: what is timed would not be what was proved.
 */
export function requireIdempotence(
  program: string,
  input: string,
  first: Outcome,
  second: Outcome,
  side: string,
): void {
  const found = differences(first, second, 'in the first run', 'when run again on that');
  if (found.length === 0) return;
  throw new KfaasError({
    kind: 'usage',
    message: `${program}: run again on its own output of input ${input}, it gives something else ${side}: ${found[0] ?? ''}`,
    remedy:
      'give an input on which the program settles, or let it leave its context as it was: repeated runs share one',
    detail: found.join('\n'),
  });
}

/** Throws a KfaasError of kind proof where a later run does not return what the first one did. */
export function requireSteady(program: string, input: string, retval: number, proved: number): void {
  if (retval === proved) return;
  throw new KfaasError({
    kind: 'proof',
    message: `${program}: returned ${hex32(retval)} in a later run on input ${input}, ${hex32(proved)} in the first`,
    remedy: 'look for state that is kept between runs (globals, maps) and for results that depend on time or CPU',
  });
}

/** Throws a KfaasError of kind proof where the program does not return what the plan expects. */
export function requireExpected(program: string, input: string, retval: number, expected: number | undefined): void {
  if (expected === undefined || retval === expected) return;
  throw new KfaasError({
    kind: 'proof',
    message: `${program}: returned ${hex32(retval)} on input ${input}, expected ${hex32(expected)}`,
    remedy: 'mend the program, or the expected return value if that is what should come out',
  });
}
