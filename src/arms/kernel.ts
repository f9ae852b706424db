/** The `kernel` arm: a fresh, padded load in every round, run by BPF_PROG_TEST_RUN. */
import { closeSync } from 'node:fs';
import { KfaasError } from '../errors.js';
import { empty, pads } from '../load/instructions.js';
import type { Libbpf } from '../load/libbpf.js';
import { programTypeFacts } from '../load/program-types.js';
import { isRepeated } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';
import { callNs, callOverheadNs } from './call-costs.js';
import type { KernelProgram } from './kernel-programs.js';
import { requireProved, runnerOf, type Loaded } from './kernel-runner.js';
import { everything, netNs, type Batch, type Draw, type RunnableArm, type Side, type Stratum } from './side.js';

/**
 * Pads in front of a load: 0 to this many. A pad is 5 bytes of x86-64 code, so 64 different counts put the program once at each
 * of the 64 bytes of a cache line; any other number of counts would favour some places, and an edit's own bytes would shift which.
 */
const MAX_PADS = 63;
/** Programs that only take up room, so that the load's JIT image lands elsewhere in every round. */
const MAX_FILLERS = 2;
const MAX_FILLER_INSNS = 160;

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

function takesCalls({ type }: KernelProgram, { isAfresh }: ProvedInput): boolean {
  return isAfresh === true && isRepeated(type);
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

/** Noise only adds, so it is what is taken off that is too much. */
function drowned(program: KernelProgram, input: ProvedInput): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `${program.name}: on input ${input.name} a call for each run takes no longer than the same calls of an empty program did`,
    remedy: 'run it again where nothing else runs; where it stays so, report it with the kernel version',
  });
}
