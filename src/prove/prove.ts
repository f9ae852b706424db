/**
 * The proof: every input through both sides, and the kernel's own count of the runs. It is a pass of its own, because
 * run statistics add two clock reads to every run; they are off again before anything is timed.
 */
import { closeSync } from 'node:fs';
import { sha256 } from '../build/cache.js';
import type { Input } from '../domain/plan.js';
import type { Proof } from '../domain/record.js';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { Errno, type Libbpf } from '../load/libbpf.js';
import type { UserProcess } from '../load/native.js';
import type { RunnableProgram } from '../load/object.js';
import { packetRun, programTypeFacts } from '../load/program-types.js';
import {
  requireAgreement,
  requireExpected,
  isSame,
  requireIdempotence,
  requireSteady,
  type Outcome,
} from './compare.js';
import { settled, type Steady } from './steady.js';

/** An input with what a run makes of it, the same on every side. */
export interface ProvedInput {
  readonly name: string;
  readonly bytes: Buffer;
  readonly retval: number;
  readonly output: Buffer;
  /** The program changes its packet so that each run needs a fresh one: run again on its own output it gives something else. */
  readonly isAfresh?: boolean;
}

/** How user space gets to where the results are steady: all inputs in their order, then each so often in a row. */
export interface Replay {
  readonly inputs: readonly Buffer[];
  readonly runs: number;
}

export interface ProofRequest {
  readonly program: RunnableProgram;
  /** Absent where only the kernel runs it. Nothing has run in it. */
  readonly user?: UserProcess;
  readonly inputs: readonly Input[];
  readonly expectedRetval: number | undefined;
  /** Whether it has maps, whose state may change what runs cost where it does not change what they give. */
  readonly hasMaps?: boolean;
  /** Runs to count in the kernel, shared between the inputs. */
  readonly iterations: number;
}

/** Packets may grow by what the kernel leaves room for. */
const OUTPUT_ROOM = 65_536;
/** Runs of a call each: of syscall programs, which know no repeat, of XDP programs, whose repeats cost RCU grace periods, and on fresh packets. */
const MAX_SINGLE_RUNS = 2_000;

export interface Proven {
  readonly proof: Proof;
  readonly inputs: readonly ProvedInput[];
  /** Absent where the very first runs are as good as later ones, and without user space. */
  readonly replay?: Replay;
}

/**
 * Throws a KfaasError of kind proof where a side did not run or the two disagree, of kind usage for an unfit input.
 * @param request whose program has not run since it was loaded
 */
export function prove(libbpf: Libbpf, request: ProofRequest): Proven {
  const { program, user } = request;
  const given = request.inputs.map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));
  for (const { name, bytes } of given) requireFit(program, name, bytes.length);
  const kernel = inKernel(libbpf, program, given);
  const there = user && inUserSpace(program, user, given);
  const inputs = given.map(({ name, bytes }, i): ProvedInput => {
    const outcome = outcomeOf(kernel.steady, i);
    const here = there && outcomeOf(there.steady, i);
    if (here !== undefined) requireAgreement(program.name, name, outcome, visible(program, here));
    requireExpected(program.name, name, outcome.retval, request.expectedRetval);
    const isAfresh = kernel.changing.has(i) || (there?.changing.has(i) ?? false);
    return { name, bytes, retval: outcome.retval, output: (here ?? outcome).output, isAfresh };
  });
  const runCount = countRuns(libbpf, program, inputs, request.iterations);
  return {
    inputs,
    ...(there && (request.hasMaps || !there.steady.fromTheFirst) && { replay: replayOf(given, there.steady) }),
    proof: { inputs: inputs.map((input) => inputProof(input)), runCount },
  };
}

function inputProof({ name, bytes, retval, output, isAfresh }: ProvedInput): Proof['inputs'][number] {
  return {
    input: name,
    bytes: bytes.length,
    retval,
    outputBytes: output.length,
    outputSha256: sha256(output),
    ...(isAfresh && { isAfresh }),
  };
}

interface GivenInput {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What a side gives, and the inputs on whose outputs it gives something else. */
interface Played {
  readonly steady: Steady;
  readonly changing: ReadonlySet<number>;
}

function outcomeOf({ outcomes }: Steady, input: number): Outcome {
  const outcome = outcomes[input];
  if (outcome === undefined) throw new Error(`no outcome of input ${String(input)}`);
  return outcome;
}

function replayOf(given: readonly GivenInput[], { warmUpRuns }: Steady): Replay {
  return { inputs: given.map(({ bytes }) => bytes), runs: warmUpRuns };
}

const namesOf = (given: readonly GivenInput[]): string[] => given.map(({ name }) => name);

function inUserSpace(program: RunnableProgram, user: UserProcess, given: readonly GivenInput[]): Played {
  const { context } = programTypeFacts[program.type];
  if (context === undefined) throw new Error(`a ${program.type} program in user space`);
  const bytesOf = (input: number): Buffer => given[input]?.bytes ?? Buffer.alloc(0);
  const once = (input: number): Outcome => user.setInput(0, context, bytesOf(input));
  const steady = settled(program.name, namesOf(given), {
    once,
    often: (input, runs) => {
      const { retval } = once(input);
      user.batch(0, 'call', runs, retval, 'afresh');
    },
  });
  return {
    steady,
    changing: changingInputs(program, given, steady, 'in user space', (i) => (once(i), user.runAgain(0))),
  };
}

function inKernel(libbpf: Libbpf, program: RunnableProgram, given: readonly GivenInput[]): Played {
  const bytesOf = (input: number): Buffer => given[input]?.bytes ?? Buffer.alloc(0);
  const steady = settled(program.name, namesOf(given), {
    once: (input) => runAskedFor(libbpf, program, given[input], 1),
    often: (input, runs) => {
      if (program.type === 'syscall') runInKernel(libbpf, program, bytesOf(input), runs);
      else libbpf.testRunEach({ fd: program.fd, ...packetRun(program.type, bytesOf(input)) }, runs);
    },
  });
  const { minInputBytes, maxInputBytes, isBare } = programTypeFacts[program.type];
  const twice = (input: number): Outcome | undefined => {
    const { length } = outcomeOf(steady, input).output;
    const isFit = isBare ?? (length >= minInputBytes && length <= maxInputBytes);
    return isFit ? runAskedFor(libbpf, program, given[input], 2) : undefined;
  };
  return { steady, changing: changingInputs(program, given, steady, 'in the kernel', twice) };
}

/**
 * Those whose output gives something else, or is no packet that could be run. A context of a syscall program is not put back between the
 * runs of a loop: there it is no use.
 */
function changingInputs(
  program: RunnableProgram,
  given: readonly GivenInput[],
  steady: Steady,
  side: string,
  again: (input: number) => Outcome | undefined,
): Set<number> {
  return new Set(
    given.flatMap(({ name }, input) => {
      const [first, second] = [outcomeOf(steady, input), again(input)];
      if (program.type === 'syscall' && second) requireIdempotence(program.name, name, first, second, side);
      return second !== undefined && isSame(first, second) ? [] : [input];
    }),
  );
}

/** What user space leaves behind as the kernel shows it. */
function visible(program: RunnableProgram, { retval, output }: Outcome): Outcome {
  return { retval, output: blanked(output, programTypeFacts[program.type].blankedBytes) };
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

/** So many runs in a row, on one packet. */
function runAskedFor(libbpf: Libbpf, program: RunnableProgram, input: GivenInput | undefined, runs: number): Outcome {
  const { name = '', bytes = Buffer.alloc(0) } = input ?? {};
  try {
    return runInKernel(libbpf, program, bytes, runs);
  } catch (error) {
    throw error instanceof Errno && refusals.has(error.code) ? refused(program, name, bytes.length, error.code) : error;
  }
}

/** What BPF_PROG_TEST_RUN says to an input or a program that it does not run. */
const refusals = new Set(['EINVAL', 'E2BIG', 'ENOTSUPP', 'EOPNOTSUPP']);

function refused(program: RunnableProgram, input: string, bytes: number, code: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `${program.name}: the kernel does not run it on input ${input} of ${String(bytes)} bytes (${code})`,
    remedy: remedyOf(program.type),
  });
}

function remedyOf(type: ProgramType): string {
  switch (type) {
    case 'syscall':
      return 'give an input that is as long as the context which the program reads, or longer';
    case 'netfilter':
      return 'give an IPv4 or IPv6 packet behind an Ethernet header without tags: nothing else gets to a netfilter program';
    default:
      return `use SEC("${programTypeFacts[type].section}"): variants such as SEC("xdp/devmap") know no test run`;
  }
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
  const result = libbpf.testRun({ fd: program.fd, repeat: runs, ...packetRun(program.type, bytes), dataOut });
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

/** Of XDP programs one input alone is repeated; none is of those that need a fresh packet for every run. */
function sharesOf(
  { type }: RunnableProgram,
  inputs: readonly ProvedInput[],
  iterations: number,
): { input: ProvedInput; runs: number; singly: boolean }[] {
  const share = Math.ceil(iterations / inputs.length);
  const few = Math.min(share, MAX_SINGLE_RUNS);
  const repeated = inputs.find(({ isAfresh }) => isAfresh !== true);
  return inputs.map((input) => {
    if (type === 'syscall' || input.isAfresh || (type === 'xdp' && input !== repeated)) {
      return { input, runs: few, singly: true };
    }
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
  if (singly && program.type !== 'syscall') {
    const result = libbpf.testRunEach({ fd: program.fd, ...packetRun(program.type, input.bytes) }, runs);
    check(result.retval);
    return { asked: runs, retries: result.retries };
  }
  if (!singly) {
    const result = libbpf.testRun({ fd: program.fd, repeat: runs, ...packetRun(program.type, input.bytes) });
    check(result.retval);
    return { asked: runs, retries: result.retries };
  }
  for (let i = 0; i < runs; i++) {
    const result = libbpf.testRun({ fd: program.fd, repeat: 0, context: Buffer.from(input.bytes) });
    check(result.retval);
    retries += result.retries;
  }
  return { asked: runs, retries };
}
