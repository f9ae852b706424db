/**
 * How a load gets to run many times, which is what differs between the program types: by the kernel's repeat, by the same
 * through a dispatcher (xdp), or by a loop of our own (syscall, raw_tracepoint).
 */
import { closeSync } from 'node:fs';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { DISPATCH_MISSED } from '../load/instructions.js';
import type { Libbpf, TestRunResult } from '../load/libbpf.js';
import { isRepeated, runOn } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';
import { openDispatchers } from './dispatcher.js';
import type { KernelProgram } from './kernel-programs.js';
import type { Draw } from './side.js';

export interface Loaded {
  /** Runs that the kernel counted since the load: none unless somebody has run statistics on. */
  countedRuns(): bigint;
  run(input: ProvedInput, invocations: number): Pick<TestRunResult, 'retval' | 'cpuNs' | 'retries'>;
  close(): void;
}

export type Runner = (padCount: number, draw: Draw) => Loaded;

export function runnerOf(libbpf: Libbpf, program: KernelProgram): { runner: Runner; dispose: () => void } {
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
  if (!isRepeated(program.type)) return { runner: (padCount) => singleLoad(libbpf, program, padCount), dispose };
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
  const given = runOn(type, input.bytes);
  return input.isAfresh
    ? libbpf.testRunEach({ fd, ...given }, invocations)
    : libbpf.testRun({ fd, repeat: invocations, ...given });
}

/** A loop has its count and the expected result as constants, so there is one load for each that is asked for. */
function singleLoad(libbpf: Libbpf, program: KernelProgram, padCount: number): Loaded {
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

export function requireProved(program: KernelProgram, input: ProvedInput, retval: number): void {
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
