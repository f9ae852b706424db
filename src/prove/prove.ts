/**
 * The proof: every input through both sides, and the kernel's own count of the runs. It is a pass of its own, because
 * run statistics add two clock reads to every run; they are off again before anything is timed.
 */
import { closeSync } from 'node:fs';
import { sha256 } from '../build/cache.js';
import type { Input } from '../domain/plan.js';
import type { Proof } from '../domain/record.js';
import { KfaasError } from '../errors.js';
import { Errno, type Libbpf } from '../load/libbpf.js';
import type { UserProcess } from '../load/native.js';
import type { RunnableProgram } from '../load/object.js';
import { programTypeFacts } from '../load/program-types.js';
import {
  requireAgreement,
  requireExpected,
  requireIdempotence,
  requireRepeatable,
  requireSteady,
  type Outcome,
} from './compare.js';

/** An input with what a run makes of it, the same on every side. */
export interface ProvedInput {
  readonly name: string;
  readonly bytes: Buffer;
  readonly retval: number;
  readonly output: Buffer;
}

export interface ProofRequest {
  readonly program: RunnableProgram;
  /** Absent where only the kernel runs it. */
  readonly user?: UserProcess;
  readonly inputs: readonly Input[];
  readonly expectedRetval: number | undefined;
  /** Runs to count in the kernel, shared between the inputs. */
  readonly iterations: number;
}

/** Packets may grow by what the kernel leaves room for. */
const OUTPUT_ROOM = 65_536;
/** Runs of a call each: of syscall programs, which know no repeat, and of XDP programs, whose repeats cost RCU grace periods. */
const MAX_SINGLE_RUNS = 2_000;

/** Throws a KfaasError of kind proof where a side did not run or the two disagree, of kind usage for an unfit input. */
export function prove(libbpf: Libbpf, request: ProofRequest): { proof: Proof; inputs: ProvedInput[] } {
  const { program, user } = request;
  const inputs = request.inputs.map((input) => {
    const bytes = Buffer.from(input.hex, 'hex');
    requireFit(program, input.name, bytes.length);
    const kernel = runTwiceInKernel(libbpf, program, input.name, bytes);
    const output = user === undefined ? kernel.output : agreedOutput(program, user, input.name, bytes, kernel);
    requireExpected(program.name, input.name, kernel.retval, request.expectedRetval);
    return { name: input.name, bytes, retval: kernel.retval, output };
  });
  const runCount = countRuns(libbpf, program, inputs, request.iterations);
  return {
    inputs,
    proof: {
      inputs: inputs.map(({ name, bytes, retval, output }) => ({
        input: name,
        bytes: bytes.length,
        retval,
        outputBytes: output.length,
        outputSha256: sha256(output),
      })),
      runCount,
    },
  };
}

/** What user space leaves behind, which is what the kernel does. */
function agreedOutput(
  program: RunnableProgram,
  user: UserProcess,
  input: string,
  bytes: Buffer,
  kernel: Outcome,
): Buffer {
  const { context, blankedBytes } = programTypeFacts[program.type];
  if (context === undefined) throw new Error(`a ${program.type} program in user space`);
  const first = user.setInput(0, context, bytes);
  requireIdempotence(program.name, input, first, user.runAgain(0), 'in user space');
  const visible: Outcome = { retval: first.retval, output: blanked(first.output, blankedBytes) };
  requireAgreement(program.name, input, kernel, visible);
  return first.output;
}

/** What the kernel says to a test run on one of these inputs: an errno's name; undefined where it runs them all. */
export function testRunRefusal(
  libbpf: Libbpf,
  program: Pick<RunnableProgram, 'fd' | 'type'>,
  inputs: readonly Input[],
): string | undefined {
  for (const { hex } of inputs) {
    try {
      runInKernel(libbpf, program, Buffer.from(hex, 'hex'), 1);
    } catch (error) {
      if (error instanceof Errno && refusals.has(error.code)) return error.code;
      throw error;
    }
  }
  return undefined;
}

function requireFit(program: RunnableProgram, input: string, bytes: number): void {
  const { minInputBytes, maxInputBytes } = programTypeFacts[program.type];
  if (bytes >= minInputBytes && bytes <= maxInputBytes) return;
  throw new KfaasError({
    kind: 'usage',
    message: `${program.name}: input ${input} has ${String(bytes)} bytes, which a ${program.type} program cannot be run on`,
    remedy: `give an input of ${String(minInputBytes)} to ${String(maxInputBytes)} bytes`,
  });
}

/** The kernel blanks what lies in front of a socket filter's packet in its output. */
function blanked(output: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.min(bytes, output.length)), output.subarray(bytes)]);
}

/** What the first run gives, if a second one on the same input and a second one on its output give the same. */
function runTwiceInKernel(libbpf: Libbpf, program: RunnableProgram, input: string, bytes: Buffer): Outcome {
  try {
    const first = runInKernel(libbpf, program, bytes, 1);
    requireRepeatable(program.name, input, first, runInKernel(libbpf, program, bytes, 1));
    requireIdempotence(program.name, input, first, runInKernel(libbpf, program, bytes, 2), 'in the kernel');
    return first;
  } catch (error) {
    throw error instanceof Errno && refusals.has(error.code)
      ? refused(program, input, bytes.length, error.code)
      : error;
  }
}

/** What BPF_PROG_TEST_RUN says to an input or a program that it does not run. */
const refusals = new Set(['EINVAL', 'E2BIG', 'ENOTSUPP', 'EOPNOTSUPP']);

function refused(program: RunnableProgram, input: string, bytes: number, code: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `${program.name}: the kernel does not run it on input ${input} of ${String(bytes)} bytes (${code})`,
    remedy:
      program.type === 'syscall'
        ? 'give an input that is as long as the context which the program reads, or longer'
        : `use SEC("${program.type === 'socket_filter' ? 'socket' : program.type}"): variants such as SEC("xdp/devmap") know no test run`,
  });
}

/** What the packet and the return value are after so many runs in a row. */
function runInKernel(
  libbpf: Libbpf,
  program: Pick<RunnableProgram, 'fd' | 'type'>,
  bytes: Buffer,
  runs: number,
): Outcome {
  if (program.type === 'syscall') {
    const context = Buffer.from(bytes);
    let retval = 0;
    for (let i = 0; i < runs; i++) retval = libbpf.testRun({ fd: program.fd, repeat: 0, context }).retval;
    return { retval, output: context };
  }
  if (program.type === 'xdp' && runs > 1) {
    const { output } = runInKernel(libbpf, program, bytes, runs - 1);
    return runInKernel(libbpf, program, output, 1);
  }
  const dataOut = Buffer.alloc(OUTPUT_ROOM);
  const result = libbpf.testRun({ fd: program.fd, repeat: runs, dataIn: bytes, dataOut });
  return { retval: result.retval, output: dataOut.subarray(0, result.dataOutBytes) };
}

/** Has the kernel count `iterations` runs. A signal that ends a repeated run spoils the count: it is taken again. */
function countRuns(
  libbpf: Libbpf,
  program: RunnableProgram,
  inputs: readonly ProvedInput[],
  iterations: number,
): Proof['runCount'] {
  const statistics = libbpf.enableRunStatistics();
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = libbpf.programInfo(program.fd).runCount;
      let asked = 0;
      let retries = 0;
      for (const { input, runs, singly } of sharesOf(program, inputs, iterations)) {
        const done = runCounted(libbpf, program, input, runs, singly);
        asked += done.asked;
        retries += done.retries;
      }
      const counted = Number(libbpf.programInfo(program.fd).runCount - before);
      if (retries > 0) continue;
      if (counted === asked) return { asked, counted };
      throw new KfaasError({
        kind: 'proof',
        message: `${program.name}: the kernel counted ${String(counted)} runs of ${String(asked)}`,
        remedy:
          'run nothing else that uses this program; if it stays so, this kernel does not run it as asked: report it',
      });
    }
  } finally {
    closeSync(statistics);
  }
  throw new KfaasError({
    kind: 'environment',
    message: `${program.name}: signals interrupted the count of its runs five times`,
    remedy: 'stop what sends signals to this process (profilers, timers) and run again',
  });
}

/** Of XDP programs one input alone is repeated. */
function sharesOf(
  { type }: RunnableProgram,
  inputs: readonly ProvedInput[],
  iterations: number,
): { input: ProvedInput; runs: number; singly: boolean }[] {
  const share = Math.ceil(iterations / inputs.length);
  const few = Math.min(share, MAX_SINGLE_RUNS);
  return inputs.map((input, index) => {
    if (type === 'syscall' || (type === 'xdp' && index > 0)) return { input, runs: few, singly: true };
    return {
      input,
      runs: type === 'xdp' ? Math.max(few, iterations - few * (inputs.length - 1)) : share,
      singly: false,
    };
  });
}

function runCounted(
  libbpf: Libbpf,
  program: RunnableProgram,
  input: ProvedInput,
  runs: number,
  singly: boolean,
): { asked: number; retries: number } {
  let retries = 0;
  const check = (retval: number): void => {
    requireSteady(program.name, input.name, retval, input.retval);
  };
  if (!singly) {
    const result = libbpf.testRun({ fd: program.fd, repeat: runs, dataIn: input.bytes });
    check(result.retval);
    return { asked: runs, retries: result.retries };
  }
  for (let i = 0; i < runs; i++) {
    const bytes =
      program.type === 'syscall'
        ? { repeat: 0, context: Buffer.from(input.bytes) }
        : { repeat: 1, dataIn: input.bytes };
    const result = libbpf.testRun({ fd: program.fd, ...bytes });
    check(result.retval);
    retries += result.retries;
  }
  return { asked: runs, retries };
}
