/**
 * The `kernel` arm: a fresh, padded load in every round, run by BPF_PROG_TEST_RUN. What differs between the program
 * types is how a load gets to run many times: by the kernel's repeat (tc, socket_filter), by the same through a
 * dispatcher (xdp), or by a loop of our own (syscall).
 */
import { closeSync } from 'node:fs';
import type { ProgramType, Revision } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { DISPATCH_MISSED, empty, pads } from '../load/instructions.js';
import type { Libbpf, TestRunResult } from '../load/libbpf.js';
import { packetRun, plainPacket, programTypeFacts } from '../load/program-types.js';
import type { ProvedInput } from '../prove/input.js';
import { openDispatchers } from './dispatcher.js';
import { kernelFloor } from './kernel-programs.js';
import { everything, netNs, type Batch, type Draw, type RunnableArm, type Side, type Stratum } from './side.js';

export interface KernelProgram {
  readonly name: string;
  readonly revision: Revision;
  readonly metric: 'time' | 'floor';
  readonly type: ProgramType;
  /** `prog_flags` of the load; a dispatcher must share some of them. */
  readonly flags: number;
  readonly inputs: readonly ProvedInput[];
  /** Loads the program behind so many pads; with a loop around it where one is given. Returns a descriptor. */
  load(padCount: number, loop?: { iterations: number; expected: number }): number;
  /** Whether `load` takes a loop; syscall programs without one are run one system call at a time. */
  readonly canLoop: boolean;
}

/**
 * Pads in front of a load: 0 to this many. A pad is 5 bytes of x86-64 code, so 64 different counts put the program once at each
 * of the 64 bytes of a cache line; any other number of counts would favour some places, and an edit's own bytes would shift which.
 */
export const MAX_PADS = 63;
/** Programs that only take up room, so that the load's JIT image lands elsewhere in every round. */
const MAX_FILLERS = 2;
const MAX_FILLER_INSNS = 160;
/** Calls with nothing in them, to learn what a call costs beside its runs. */
const OVERHEAD_CALLS = 25;

interface Loaded {
  /** Runs that the kernel counted since the load: none unless somebody has run statistics on. */
  countedRuns(): bigint;
  run(input: ProvedInput, invocations: number): Pick<TestRunResult, 'retval' | 'cpuNs' | 'retries'>;
  close(): void;
}

type Runner = (padCount: number, draw: Draw) => Loaded;

/**
 * @param statisticsWereOn called after a round whose runs the kernel counted: somebody else had run statistics on, which
 *   cost two clock reads a run.
 */
export function kernelSide(libbpf: Libbpf, program: KernelProgram, statisticsWereOn: () => void): Side {
  const { runner, dispose } = runnerOf(libbpf, program);
  const overheadNs = callOverheadNs(libbpf, program.type);
  let loaded: Loaded | undefined;
  let fillers: number[] = [];

  const arm: RunnableArm = {
    revision: program.revision,
    arm: 'kernel',
    metric: program.metric,
    inputCount: program.inputs.length,
    batch(index, invocations): Batch {
      const input = program.inputs[index];
      if (input === undefined || loaded === undefined) throw new Error(`no input ${String(index)} or no load`);
      const result = loaded.run(input, invocations);
      requireProved(program, input, result.retval);
      const calls = takesCalls(program, input) ? invocations * callNs(libbpf, program, input) : 0;
      const takenOffNs = calls === 0 ? overheadNs : calls;
      if (calls >= result.cpuNs && program.metric === 'time') throw drowned(program, input);
      return { ns: netNs(result.cpuNs, takenOffNs, invocations), retries: result.retries, besideNs: calls };
    },
  };

  return {
    arms: [arm],
    hasLayouts: true,
    prepare(draw, stratum = everything) {
      fillers = loadFillers(libbpf, draw);
      loaded = runner(padsIn(stratum, draw), draw);
    },
    release() {
      if (loaded !== undefined && loaded.countedRuns() > 0n) statisticsWereOn();
      loaded?.close();
      for (const fd of fillers) closeSync(fd);
      loaded = undefined;
      fillers = [];
    },
    dispose,
  };
}

/** Drawn evenly from a stratum's share of 0…MAX_PADS; `of` divides their number. */
function padsIn({ index, of }: Stratum, draw: Draw): number {
  const share = (MAX_PADS + 1) / of;
  return draw.integer(index * share, (index + 1) * share - 1);
}

function runnerOf(libbpf: Libbpf, program: KernelProgram): { runner: Runner; dispose: () => void } {
  if (program.type === 'xdp') {
    const dispatchers = openDispatchers(libbpf, program.flags);
    return {
      runner: (padCount, draw) => {
        const fd = program.load(padCount);
        const dispatcher = dispatchers.deal(draw);
        dispatcher.put(fd);
        const before = libbpf.programInfo(dispatcher.fd).runCount; // of earlier rounds
        return {
          countedRuns: () => libbpf.programInfo(dispatcher.fd).runCount - before,
          run: (input, invocations) => runPackets(libbpf, dispatcher.fd, 'xdp', input, invocations),
          close: () => {
            dispatchers.giveBack(dispatcher);
            closeSync(fd);
          },
        };
      },
      dispose: dispatchers.close,
    };
  }
  const dispose = (): void => undefined;
  if (program.type === 'syscall') return { runner: (padCount) => syscallLoad(libbpf, program, padCount), dispose };
  return {
    runner: (padCount) => {
      const fd = program.load(padCount);
      return {
        countedRuns: () => libbpf.programInfo(fd).runCount,
        run: (input, invocations) => runPackets(libbpf, fd, program.type, input, invocations),
        close: () => {
          closeSync(fd);
        },
      };
    },
    dispose,
  };
}

/** Repeated by the kernel, on one packet; a program that needs a fresh one every time is run by a call for each. */
function runPackets(
  libbpf: Libbpf,
  fd: number,
  type: ProgramType,
  input: ProvedInput,
  invocations: number,
): ReturnType<Loaded['run']> {
  const packet = packetRun(type, input.bytes);
  return input.isAfresh
    ? libbpf.testRunEach({ fd, ...packet }, invocations)
    : libbpf.testRun({ fd, repeat: invocations, ...packet });
}

function takesCalls({ type }: KernelProgram, { isAfresh }: ProvedInput): boolean {
  return isAfresh === true && type !== 'syscall';
}

/** A loop has its count and the expected result as constants, so there is one load for each that is asked for. */
function syscallLoad(libbpf: Libbpf, program: KernelProgram, padCount: number): Loaded {
  const loads = new Map<string, number>();
  function fdOf(key: string, loop?: { iterations: number; expected: number }): number {
    const fd = loads.get(key) ?? program.load(padCount, loop);
    loads.set(key, fd);
    return fd;
  }
  return {
    countedRuns: () => [...loads.values()].reduce((sum, fd) => sum + libbpf.programInfo(fd).runCount, 0n),
    run(input, invocations) {
      const context = Buffer.from(input.bytes);
      if (program.canLoop) {
        const loop = { iterations: invocations, expected: input.retval };
        const fd = fdOf(`${input.name}:${String(invocations)}`, loop);
        const result = libbpf.testRun({ fd, repeat: 0, context });
        // The loop returns how many runs gave the expected result; anything less is reported as a wrong one.
        return { ...result, retval: result.retval === invocations ? input.retval : ~input.retval >>> 0 };
      }
      const fd = fdOf('single');
      let cpuNs = 0;
      let retries = 0;
      let last: TestRunResult | undefined;
      for (let i = 0; i < invocations; i++) {
        last = libbpf.testRun({ fd, repeat: 0, context });
        requireProved(program, input, last.retval);
        cpuNs += last.cpuNs;
        retries += last.retries;
      }
      if (last === undefined) throw new Error('a batch of no invocations');
      return { ...last, cpuNs, retries };
    },
    close() {
      for (const fd of loads.values()) closeSync(fd);
    },
  };
}

function requireProved(program: KernelProgram, input: ProvedInput, retval: number): void {
  if (retval === input.retval) return;
  const missed = program.type === 'xdp' && retval === DISPATCH_MISSED;
  throw new KfaasError({
    kind: 'proof',
    message: missed
      ? `${program.name}: the dispatcher did not reach the program on input ${input.name}`
      : `${program.name}: in the kernel, a timed run did not give the proved result on input ${input.name}`,
    remedy: missed
      ? 'report it with the kernel version: tail calls into XDP programs do not work here'
      : 'look for state that is kept between runs (globals, maps) and for results that depend on time or CPU',
  });
}

function loadFillers(libbpf: Libbpf, draw: Draw): number[] {
  const { kernelType, expectedAttachType, flags } = programTypeFacts.socket_filter;
  return Array.from({ length: draw.integer(0, MAX_FILLERS) }, () =>
    libbpf.loadPlain({
      type: kernelType,
      expectedAttachType,
      flags,
      insns: Buffer.concat([pads(draw.integer(1, MAX_FILLER_INSNS)), empty(0)]),
    }),
  );
}

const overheadsNs = new WeakMap<Libbpf, Map<ProgramType, number>>();

/**
 * What a call costs beside its runs: copying the packet, building the context, reading the clock. Measured once for all sides
 * of a type: an error of it shifts them all alike, where one for each would tell revisions apart.
 */
export function callOverheadNs(libbpf: Libbpf, type: ProgramType): number {
  const ofTypes = overheadsNs.get(libbpf) ?? new Map<ProgramType, number>();
  const overheadNs = ofTypes.get(type) ?? measureCallOverheadNs(libbpf, type);
  overheadsNs.set(libbpf, ofTypes.set(type, overheadNs));
  return overheadNs;
}

const callsNs = new WeakMap<Libbpf, Map<string, number>>();

/** Of a call on that input, less the one run in it. Measured once for all sides, as the overhead is. */
function callNs(libbpf: Libbpf, program: KernelProgram, input: ProvedInput): number {
  const known = callsNs.get(libbpf) ?? new Map<string, number>();
  const key = `${program.type} ${String(program.flags)} ${input.bytes.toString('latin1')}`;
  const ns = known.get(key) ?? measureCallNs(libbpf, kernelFloor(libbpf, program, input));
  callsNs.set(libbpf, known.set(key, ns));
  return ns;
}

const CALL_BATCHES = 25;
const CALLS_IN_BATCH = 64;
const RUNS_IN_CALL = 10_000;

/** The fastest of several batches, by the very way that the program itself is run: one that is not in XDP's dispatcher is put there by every call. */
function measureCallNs(libbpf: Libbpf, floor: KernelProgram): number {
  const [input] = floor.inputs;
  if (input === undefined) throw new Error('a floor without an input');
  const { runner, dispose } = runnerOf(libbpf, floor);
  const loaded = runner(0, { integer: (low) => low, shuffled: (items) => [...items] });
  const fastest = (isAfresh: boolean, runs: number): number => {
    const batches = Array.from({ length: CALL_BATCHES }, () => loaded.run({ ...input, isAfresh }, runs).cpuNs);
    return Math.min(...batches) / runs;
  };
  try {
    return fastest(true, CALLS_IN_BATCH) - fastest(false, RUNS_IN_CALL);
  } finally {
    loaded.close();
    dispose();
  }
}

/** Noise only adds, so it is what is taken off that is too much. */
function drowned(program: KernelProgram, input: ProvedInput): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `${program.name}: on input ${input.name} a call for each run takes no longer than the same calls of an empty program did`,
    remedy: 'run it again where nothing else runs; where it stays so, report it with the kernel version',
  });
}

/** The fastest of several. */
function measureCallOverheadNs(libbpf: Libbpf, type: ProgramType): number {
  const { kernelType, expectedAttachType, flags } = programTypeFacts[type];
  const fd = libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) });
  const run = type === 'syscall' ? { repeat: 0 } : { repeat: 1, ...packetRun(type, plainPacket(type)) };
  try {
    const calls = Array.from({ length: OVERHEAD_CALLS }, () => libbpf.testRun({ fd, ...run }));
    return Math.min(...calls.map(({ cpuNs }) => cpuNs));
  } finally {
    closeSync(fd);
  }
}
