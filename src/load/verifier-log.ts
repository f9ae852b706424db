/**
 * Reads the verifier's log. Pure. The log is long and its point is at the end: the last line that is not a summary,
 * and the source line that the verifier printed last above it (`; code @ file.c:12`, Linux 6.9; without the place before).
 */

export interface VerifierComplaint {
  /** The kernel's own last words, such as `R1 invalid mem access 'scalar'`. */
  readonly message: string;
  /** The source text that the instruction came from, if the log has it. */
  readonly source?: string;
  readonly location?: { readonly file: string; readonly line: number };
  /** The message with the lines of the log that lead to it. */
  readonly context: readonly string[];
  /** Lines of the log that `context` leaves out. */
  readonly omittedLines: number;
}

const CONTEXT_LINES = 8;
/** What the verifier prints after its complaint: sums, and for an endless loop the two states that are alike. */
const summary =
  /^(processed \d+ insns|verification time \d+|stack depth |peak_states |-- (BEGIN|END) PROG LOAD LOG --|mark_precise:|max_states_per_insn|(cur|old) state:)/;
const sourceLine = /^;\s?(?<code>.*?)(?:\s+@\s+(?<file>[^@]+):(?<line>\d+))?$/;

/** An empty log has an empty message. */
export function readVerifierLog(log: string): VerifierComplaint {
  const lines = log
    .replaceAll('\0', '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const last = lines.findLastIndex((line) => !summary.test(line));
  const message = lines[last] ?? '';
  const context = lines.slice(Math.max(0, last + 1 - CONTEXT_LINES), last + 1);
  const found = lines.slice(0, last + 1).findLast((line) => line.startsWith(';'));
  const groups = found === undefined ? undefined : sourceLine.exec(found)?.groups;
  const code = groups?.['code']?.trim();
  const file = groups?.['file'];
  return {
    message,
    ...(code === undefined || code === '' ? {} : { source: code }),
    ...(file === undefined ? {} : { location: { file, line: Number(groups?.['line']) } }),
    context,
    omittedLines: lines.length - context.length,
  };
}

export interface VerifierStatistics {
  readonly verifiedInsns?: number;
  /** All that the verifier held in the end. */
  readonly states?: number;
  readonly stackBytes?: number;
}

/** Figures of a log written at the statistics level; undefined where a kernel does not print them. */
export function readVerifierStatistics(log: string): VerifierStatistics {
  const processed = /^processed (\d+) insns/m.exec(log)?.[1];
  const states = /^processed .* total_states (\d+)/m.exec(log)?.[1];
  // One figure a function: `stack depth 32+0+8`. A program may hold the sum of a call chain at most; the sum is the bound.
  const depths = /^stack depth ([\d+]+)/m.exec(log)?.[1];
  return {
    ...(processed === undefined ? {} : { verifiedInsns: Number(processed) }),
    ...(states === undefined ? {} : { states: Number(states) }),
    ...(depths === undefined ? {} : { stackBytes: depths.split('+').reduce((sum, depth) => sum + Number(depth), 0) }),
  };
}
