/** What the kernel arm runs: a program of the user's, or the floor, which does nothing. */
import { closeSync } from 'node:fs';
import type { ProgramType, Revision } from '../domain/words.js';
import { canLoop, empty, looped, padded, pads, type IteratorFunctions } from '../load/instructions.js';
import { Errno, type Libbpf } from '../load/libbpf.js';
import type { RunnableProgram } from '../load/object.js';
import { programTypeFacts } from '../load/program-types.js';
import { isRepeated } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';

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
  /** Whether `load` takes a loop; programs that the kernel does not repeat are else run one system call at a time. */
  readonly canLoop: boolean;
}

/** The kernel functions that loops are made of; undefined before Linux 6.4. Costs a read of vmlinux's BTF. */
export function iteratorFunctions(libbpf: Libbpf): IteratorFunctions | undefined {
  return libbpf.kernelFunctionIds(['bpf_iter_num_new', 'bpf_iter_num_next', 'bpf_iter_num_destroy']);
}

export function kernelProgram(
  libbpf: Libbpf,
  program: RunnableProgram,
  revision: Revision,
  inputs: readonly ProvedInput[],
): KernelProgram {
  const { recorded, type, name } = program;
  const kfuncs = isRepeated(type) ? undefined : iteratorFunctions(libbpf);
  const load: KernelProgram['load'] = (padCount, loop) => {
    const { insns, funcInfo } = padded(recorded, padCount);
    if (loop === undefined || kfuncs === undefined) return libbpf.reload(recorded.index, insns, funcInfo);
    return libbpf.reload(recorded.index, looped(insns, loop.iterations, loop.expected, kfuncs), Buffer.alloc(0));
  };
  return {
    ...{ name, revision, metric: 'time', type, flags: recorded.flags, inputs, load },
    canLoop: kfuncs !== undefined && canLoop(recorded.insns) && loads(() => load(0, { iterations: 1, expected: 0 })),
  };
}

/** The empty program of the same type, on the first input, looped if the program itself is. */
export function kernelFloor(libbpf: Libbpf, program: KernelProgram, input: ProvedInput): KernelProgram {
  const { kernelType: type, expectedAttachType, flags: ownFlags } = programTypeFacts[program.type];
  const flags = program.type === 'xdp' ? program.flags : ownFlags;
  const kfuncs = program.canLoop ? iteratorFunctions(libbpf) : undefined;
  return {
    ...program,
    name: 'the empty program',
    revision: 'head',
    metric: 'floor',
    flags,
    inputs: [{ ...input, retval: 0 }],
    load: (padCount, loop) => {
      const insns = Buffer.concat([pads(padCount), empty(0)]);
      return libbpf.loadPlain({
        type,
        expectedAttachType,
        flags,
        insns:
          loop === undefined || kfuncs === undefined ? insns : looped(insns, loop.iterations, loop.expected, kfuncs),
      });
    },
  };
}

/** Whether the kernel takes it: it does not take the loop around programs whose licence is not compatible with the GPL. */
function loads(load: () => number): boolean {
  try {
    closeSync(load());
    return true;
  } catch (error) {
    if (error instanceof Errno) return false;
    throw error;
  }
}
