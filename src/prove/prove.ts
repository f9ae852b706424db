/**
 * The proof: every input through both sides, and the kernel's own count of the runs. It is a pass of its own, because
 * run statistics add two clock reads to every run; they are off again before anything is timed.
 */
import { sha256 } from '../build/cache.js';
import type { Input } from '../domain/plan.js';
import type { Proof } from '../domain/record.js';
import type { Libbpf } from '../load/libbpf.js';
import type { UserProcess } from '../load/native.js';
import type { RunnableProgram } from '../load/object.js';
import { programTypeFacts } from '../load/program-types.js';
import { hasOutput, isRepeated, requireFit, runOn } from '../load/run-inputs.js';
import { isSame, requireAgreement, requireExpected, requireIdempotence, type Outcome } from './compare.js';
import { countRuns } from './count.js';
import type { GivenInput, ProvedInput } from './input.js';
import { runAskedFor, runInKernel } from './kernel-run.js';
import { settled, type Steady } from './steady.js';

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
  for (const { name, bytes } of given) requireFit(program.name, program.type, name, bytes);
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
      if (isRepeated(program.type))
        libbpf.testRunEach({ fd: program.fd, ...runOn(program.type, bytesOf(input)) }, runs);
      else runInKernel(libbpf, program, bytesOf(input), runs);
    },
  });
  const { minInputBytes, maxInputBytes } = programTypeFacts[program.type];
  const twice = (input: number): Outcome | undefined => {
    const { length } = outcomeOf(steady, input).output;
    const isFit = !hasOutput(program.type) || (length >= minInputBytes && length <= maxInputBytes);
    return isFit ? runAskedFor(libbpf, program, given[input], 2) : undefined;
  };
  return { steady, changing: changingInputs(program, given, steady, 'in the kernel', twice) };
}

/**
 * Those whose output gives something else, or is no packet that could be run. What a program is given that the kernel does not repeat is not
 * put back between the runs of a loop: there it is no use.
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
      if (!isRepeated(program.type) && second) requireIdempotence(program.name, name, first, second, side);
      return second !== undefined && isSame(first, second) ? [] : [input];
    }),
  );
}

/** What user space leaves behind as the kernel shows it. */
function visible(program: RunnableProgram, { retval, output }: Outcome): Outcome {
  return { retval, output: blanked(output, programTypeFacts[program.type].blankedBytes) };
}

/** The kernel blanks what lies in front of a socket filter's packet in its output. */
function blanked(output: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.min(bytes, output.length)), output.subarray(bytes)]);
}
