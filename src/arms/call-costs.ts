/** What a call of BPF_PROG_TEST_RUN costs beside its runs. */
import { closeSync } from 'node:fs';
import type { ProgramType } from '../domain/words.js';
import { empty } from '../load/instructions.js';
import type { Libbpf } from '../load/libbpf.js';
import { programTypeFacts } from '../load/program-types.js';
import { isRepeated, plainInput, runOn } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';
import { kernelFloor, type KernelProgram } from './kernel-programs.js';
import { runnerOf } from './kernel-runner.js';

/** Calls with nothing in them. */
const OVERHEAD_CALLS = 25;

const overheadsNs = new WeakMap<Libbpf, Map<ProgramType, number>>();

/**
 * Copying the packet, building the context, reading the clock. Measured once for all sides of a type: an error of it shifts
 * them all alike, where one for each would tell revisions apart.
 */
export function callOverheadNs(libbpf: Libbpf, type: ProgramType): number {
  const ofTypes = overheadsNs.get(libbpf) ?? new Map<ProgramType, number>();
  const overheadNs = ofTypes.get(type) ?? measureCallOverheadNs(libbpf, type);
  overheadsNs.set(libbpf, ofTypes.set(type, overheadNs));
  return overheadNs;
}

/** The fastest of several. */
function measureCallOverheadNs(libbpf: Libbpf, type: ProgramType): number {
  const { kernelType, expectedAttachType, flags } = programTypeFacts[type];
  const fd = libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) });
  const run = isRepeated(type) ? { repeat: 1, ...runOn(type, plainInput(type)) } : { repeat: 0 };
  try {
    const calls = Array.from({ length: OVERHEAD_CALLS }, () => libbpf.testRun({ fd, ...run }));
    return Math.min(...calls.map(({ cpuNs }) => cpuNs));
  } finally {
    closeSync(fd);
  }
}

const callsNs = new WeakMap<Libbpf, Map<string, number>>();

/** Of a call on that input, less the one run in it. Measured once for all sides, as the overhead is. */
export function callNs(libbpf: Libbpf, program: KernelProgram, input: ProvedInput): number {
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
