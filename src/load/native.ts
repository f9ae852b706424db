/**
 * The user-space side's processes: speaks to bpf/harness/native.c, whose first comment is the protocol. Requests are
 * synchronous, as nothing else may run on the measured CPU meanwhile.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { unprivileged } from '../build/unprivileged.js';
import type { UserArm } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import type { Libbpf } from './libbpf.js';

/** Where a fresh process puts things. */
export interface UserLayout {
  /** Pages of address space that are taken before the library is mapped. */
  readonly pages: number;
  readonly stackBytes: number;
}

export interface UserRun {
  readonly retval: number;
  /** The packet, or a syscall program's context, after the run. */
  readonly output: Buffer;
}

export interface UserBatch {
  /** CPU time of the process, or wall time for `wakeup`. */
  readonly ns: number;
  /** Invocations that returned what was expected. */
  readonly good: number;
  /** What putting packets back took beside it, where that is known. */
  readonly besideNs: number;
}

/** One process that runs one program. */
export interface UserProcess {
  setInput(index: number, context: string, bytes: Buffer): UserRun;
  /** Runs once more, on what the last run left. */
  runAgain(index: number): UserRun;
  /** `afresh`: packet and context are put back before every run, off the clock. By default runs share them. */
  batch(index: number, arm: UserArm, invocations: number, expected: number, mode?: 'shared' | 'afresh'): UserBatch;
  end(): void;
}

export interface UserSide {
  /** A fresh process for the slot; the one that it had before ends. */
  start(slot: number, library: string, layout: UserLayout): UserProcess;
  close(): void;
}

export function openUserSide(libbpf: Libbpf, harness: string): UserSide {
  const [ours, theirs] = libbpf.socketPair();
  // What is run there is not trusted, and needs no capability.
  const [command, ...parameters] = unprivileged([harness], process.env);
  const child: ChildProcess = spawn(command, parameters, { stdio: [theirs, theirs, 'inherit'] });
  closeSync(theirs);
  const chunk = Buffer.alloc(65_536);
  let rest = '';

  function readLine(): string {
    for (;;) {
      const end = rest.indexOf('\n');
      if (end >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return line;
      }
      const bytes = readSync(ours, chunk);
      if (bytes === 0) throw broken('the user-space harness ended');
      rest += chunk.toString('latin1', 0, bytes);
    }
  }

  /** The words behind `ok`. Throws a KfaasError for anything else. */
  function ask(request: string): string[] {
    writeAll(ours, `${request}\n`);
    const [status, ...words] = readLine().split(' ');
    if (status === 'ok') return words;
    const what = request.slice(0, 60);
    if (status === 'died') throw died(Number(words[0]), what);
    throw broken(`the user-space harness says "${words.join(' ')}" to "${what}"`);
  }

  function run(request: string): UserRun {
    const [retval, hex = ''] = ask(request);
    return { retval: Number(retval), output: Buffer.from(hex, 'hex') };
  }

  return {
    start(slot, library, layout) {
      const at = String(slot);
      ask(`load ${at} ${String(layout.pages)} ${String(layout.stackBytes)} ${library}`);
      return {
        setInput: (index, context, bytes) => run(`input ${at} ${String(index)} ${context} ${bytes.toString('hex')}`),
        runAgain: (index) => run(`again ${at} ${String(index)}`),
        batch(index, arm, invocations, expected, mode = 'shared') {
          const words = ask(`batch ${at} ${String(index)} ${arm} ${mode} ${String(invocations)} ${String(expected)}`);
          return { ns: Number(words[0]), good: Number(words[1]), besideNs: Number(words[2]) };
        },
        end: () => {
          ask(`drop ${at}`);
        },
      };
    },
    close() {
      closeSync(ours); // the harness ends at the end of its input, and its processes with it
      child.unref();
    },
  };
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  } catch (error) {
    throw broken(`the user-space harness is gone (${error instanceof Error ? error.message : String(error)})`);
  }
}

function broken(message: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message,
    remedy: 'check with `kfaas-bench doctor`; where memory or process limits are low, raise them',
  });
}

function died(signal: number, request: string): KfaasError {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? 'no signal';
  return new KfaasError({
    kind: 'proof',
    message: `the program's user-space side died (${name}) at "${request}"`,
    remedy:
      'look for divisions by zero, wild pointers and helpers: in user space only bpf_skb_load_bytes() exists, and no maps',
  });
}
