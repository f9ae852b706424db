/** Runs a twin in a process of its own: speaks to bpf/runtime/runner.c, whose first comment is the protocol. */
import { spawnSync } from 'node:child_process';
import { unprivileged } from '../build/unprivileged.js';
import { KfaasError } from '../errors.js';

/** One run of one of the twin's programs, by its place among them. */
export interface TwinRun {
  readonly program: number;
  /** The packet; of a syscall program the context. */
  readonly bytes: Buffer;
}

export type TwinOutcome =
  | {
      readonly kind: 'ran';
      readonly retval: number;
      readonly output: Buffer;
      /** `struct __sk_buff` after the run, of programs that see one whole; absent for others. */
      readonly context?: Buffer;
    }
  /** It reached something that user space does not have. */
  | { readonly kind: 'stopped'; readonly what: string }
  /** A signal ended the process, or nothing did within the time limit. */
  | { readonly kind: 'died'; readonly signal: string };

export interface TwinElement {
  readonly map: number;
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface TwinResult {
  /** One for each run, but none behind one that died. */
  readonly outcomes: readonly TwinOutcome[];
  /** Of all maps, after the last run; of an array only those that are not zero. */
  readonly elements: readonly TwinElement[];
  /** One for each run: executions by slot of the program table; empty without a counting translation. */
  readonly executed: readonly ReadonlyMap<number, number>[];
  /** Keys that were looked up in vain, in the order of that, some of them several times; none unless watched. */
  readonly missed: readonly Pick<TwinElement, 'map' | 'key'>[];
}

const TIME_LIMIT_MS = 60_000;
const REPLY_ROOM_BYTES = 1 << 30;

/** All runs in a row, in one fresh process, with packets and stacks so many bytes from where they lie otherwise. Throws a KfaasError where that cannot be started. */
export function runTwin(
  runner: string,
  library: string,
  runs: readonly TwinRun[],
  how: 'only' | 'and watch misses' = 'only',
  shiftBytes = 0,
): TwinResult {
  const requests = runs.flatMap(({ program, bytes }) => [
    `run ${String(program)} ${bytes.toString('hex')}`,
    'executed',
  ]);
  const [command, ...parameters] = unprivileged([runner, library, String(shiftBytes)], process.env);
  const { stdout, signal, error } = spawnSync(command, parameters, {
    input: [...(how === 'only' ? [] : ['watch']), ...requests, 'maps', ''].join('\n'),
    encoding: 'latin1',
    timeout: TIME_LIMIT_MS,
    maxBuffer: REPLY_ROOM_BYTES,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (error !== undefined && signal === null) throw broken(error.message);
  return readReplies(stdout.split('\n'), signal);
}

function readReplies(lines: readonly string[], signal: NodeJS.Signals | null): TwinResult {
  const outcomes: TwinOutcome[] = [];
  const elements: TwinElement[] = [];
  const executed: Map<number, number>[] = [];
  const missed: Pick<TwinElement, 'map' | 'key'>[] = [];
  for (const line of lines) {
    const [word = '', first = '', second = '', third = ''] = line.split(' ');
    if (word === 'ok' || word === 'stopped') executed.push(new Map());
    if (word === 'ok') outcomes.push(ran(Number(first), second, third));
    else if (word === 'stopped') outcomes.push({ kind: 'stopped', what: line.slice(word.length + 1) });
    else if (word === 'element') elements.push({ map: Number(first), key: bytesOf(second), value: bytesOf(third) });
    else if (word === 'missed') missed.push({ map: Number(first), key: bytesOf(second) });
    else if (word === 'slot') executed.at(-1)?.set(Number(first), Number(second));
    else if (word === 'error') throw broken(line.slice(word.length + 1));
  }
  if (signal !== null) outcomes.push({ kind: 'died', signal });
  return { outcomes, elements, executed, missed };
}

function ran(retval: number, output: string, context: string): TwinOutcome {
  return {
    kind: 'ran',
    retval,
    output: bytesOf(output),
    ...(context === '-' ? {} : { context: bytesOf(context) }),
  };
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex === '-' ? '' : hex, 'hex');
}

function broken(message: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `the twin cannot be run: ${message}`,
    remedy: 'check with `kfaas-bench doctor`; where memory or process limits are low, raise them',
  });
}
