/**
 * Proves a twin, translated or native: the same sequence of packets through the kernel and through the twin, both from the state
 * that the object is loaded with; then return values, bytes, metadata, and what every map holds.
 */
import { closeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Libbpf } from '../load/libbpf.js';
import { untouchedFlowKeys } from '../load/program-types.js';
import {
  buildTwin,
  programTypes,
  supportedTypes,
  type BuiltTwin,
  type TwinBuilder,
  type TwinRequest,
  type TwinTools,
} from './build.js';
import type { KernelElement } from './elements.js';
import { mapKind } from './map-kinds.js';
import { loadTwinned, readAllElements, type TwinnedObject } from './object.js';
import { withoutSpecial } from './special-fields.js';
import { runTwin, type TwinResult } from './runner.js';
import { judgeTwin, type KernelOutcome, type MapOutcome, type ProofInput, type TwinVerdict } from './verdict.js';

export interface TwinProof {
  readonly verdict: TwinVerdict;
  /** Helpers of time and chance that were constants in the proof. */
  readonly replacedHelpers: readonly string[];
  /** Maps whose contents user space cannot read, and LRU maps, of which only common elements are compared. */
  readonly notCompared: readonly string[];
  /** Counters of each run that are not 0; empty ones without a counting translation. */
  readonly executed: readonly ReadonlyMap<number, number>[];
}

const SKB_BYTES = 192; // sizeof(struct __sk_buff)
/** Test runs of these give no `struct __sk_buff` back. */
const withoutSkb: readonly number[] = [programTypes.XDP, programTypes.FLOW_DISSECTOR];
/** Packets may grow by what the kernel leaves room for. */
const OUTPUT_ROOM = 131_072;

/**
 * What differs is asked again with everything elsewhere, as far as that goes: a difference that is another one then is an address, or what
 * somebody left in memory. Multiples of the 16 bytes that stacks are aligned to.
 */
const SHIFTS_BYTES = [16, 1072, 3696];
const dependsOnPlaces: TwinVerdict = {
  kind: 'unsupported',
  what: "the kernel's addresses, or what lies in memory that the program never wrote",
};

/** Throws an Errno where the kernel does not load or run the program, a KfaasError where the twin cannot be built. */
export async function proveTwin(
  tools: TwinTools,
  request: TwinRequest,
  build: TwinBuilder = buildTwin,
): Promise<TwinProof> {
  const object = loadTwinned(tools.libbpf, request.object, request.program, request.filling);
  try {
    const verdict = unsupportedType(object);
    if (verdict !== undefined) return { verdict, replacedHelpers: [], notCompared: [], executed: [] };
    const initial = readAllElements(tools.libbpf, object, tools.cpu);
    return proveBuilt(tools, object, initial, await build(tools, object, initial, request), request.inputs);
  } finally {
    object.close();
  }
}

/** The verdict on a type of programs that no twin is run as; undefined where there is none yet. */
export function unsupportedType({ programs }: TwinnedObject): TwinVerdict | undefined {
  const type = programs[0]?.type ?? 0;
  return supportedTypes.includes(type) ? undefined : { kind: 'unsupported', what: `program type ${String(type)}` };
}

/**
 * Throws an Errno where the kernel does not run the program.
 * @param object nothing of which has run since it was loaded, on `tools.cpu`
 * @param initial what its maps hold
 */
export function proveBuilt(
  { libbpf, runner, cpu }: TwinTools,
  object: TwinnedObject,
  initial: readonly KernelElement[][],
  { library, settled }: BuiltTwin,
  inputs: readonly ProofInput[],
): TwinProof {
  const kernel = libbpf.inEmptyNetwork(runInKernel, libbpf, object, settled, initial, inputs);
  const after = readAllElements(libbpf, object, cpu);
  const runs = inputs.map(({ bytes }) => ({ program: 0, bytes }));
  const shifted = (bytes: number): TwinResult => runTwin(runner, library, runs, 'only', bytes);
  const judge = (result: TwinResult): TwinVerdict =>
    judgeTwin(inputs, kernel, result.outcomes, mapOutcomes(object, { initial, after }, result));
  const twin = shifted(0);
  const verdict = judge(twin);
  const isElsewhereToo = (bytes: number): boolean => isDeepStrictEqual(judge(shifted(bytes)), verdict);
  return {
    verdict: verdict.kind !== 'differs' || SHIFTS_BYTES.every(isElsewhereToo) ? verdict : dependsOnPlaces,
    replacedHelpers: [...new Set(settled.flatMap(({ replaced }) => replaced))],
    notCompared: object.maps.filter(isNotCompared).map(({ name }) => name),
    executed: twin.executed,
  };
}

/** All inputs in their order, by programs without chance: those stand in for the others in maps of programs too. */
function runInKernel(
  libbpf: Libbpf,
  object: TwinnedObject,
  settled: readonly { insns: Buffer; replaced: readonly string[] }[],
  initial: readonly KernelElement[][],
  inputs: readonly ProofInput[],
): KernelOutcome[] {
  const own: number[] = [];
  const fds = object.programs.map(({ fd, recorded }, i) => {
    const { insns, replaced } = settled[i] ?? { insns: recorded.insns, replaced: [] };
    if (replaced.length === 0) return fd;
    own.push(libbpf.reload(recorded.index, insns, recorded.funcInfo));
    return own.at(-1) ?? fd;
  });
  try {
    for (const [i, map] of object.maps.entries()) {
      if (own.length === 0 || mapKind(map.info.type).elements !== 'programs') continue;
      for (const { key, value } of initial[i] ?? []) {
        const fd = fds[object.programs.findIndex(({ id }) => id === value.readUInt32LE(0))];
        if (fd !== undefined) libbpf.updateElement(map.fd, key, int32(fd));
      }
    }
    return inputs.map(({ bytes }) => runOnce(libbpf, fds[0] ?? -1, object.programs[0]?.type ?? 0, bytes));
  } finally {
    for (const fd of own) closeSync(fd);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function runOnce(libbpf: Libbpf, fd: number, type: number, bytes: Buffer): KernelOutcome {
  if (type === programTypes.SYSCALL) {
    const context = Buffer.from(bytes);
    return { retval: libbpf.testRun({ fd, repeat: 0, context }).retval, output: context };
  }
  const dataOut = Buffer.alloc(OUTPUT_ROOM);
  const contextOut = withoutSkb.includes(type) ? undefined : Buffer.alloc(SKB_BYTES);
  const { retval, dataOutBytes } = libbpf.testRun({ fd, repeat: 1, dataIn: bytes, dataOut, contextOut });
  const output = dataOut.subarray(0, dataOutBytes);
  return {
    ...{ retval, output },
    ...(type === programTypes.FLOW_DISSECTOR ? { untouched: untouchedFlowKeys(bytes) } : {}),
    ...(contextOut === undefined ? {} : { context: contextOut }),
  };
}

function isNotCompared({ info }: { info: { type: number } }): boolean {
  const { elements, forgets } = mapKind(info.type);
  return elements === 'none' || forgets === true;
}

/** Programs cannot write to maps of programs and of maps. */
function mapOutcomes(
  object: TwinnedObject,
  kernel: { readonly initial: readonly KernelElement[][]; readonly after: readonly KernelElement[][] },
  twin: TwinResult,
): MapOutcome[] {
  return object.maps.flatMap(({ name, info, fields }, index) => {
    const { elements, forgets } = mapKind(info.type);
    if (elements !== 'array' && elements !== 'keys') return [];
    const mine = twin.elements
      .filter(({ map }) => map === index)
      .map(({ key, value }) => ({ key, value: withoutSpecial(value, fields) }));
    const shown = mine.filter(({ value }) => elements !== 'array' || value.some((byte) => byte !== 0));
    const absent = elements === 'array' ? 'zeros' : 'nothing';
    const held = { kernel: byKey(kernel.after[index] ?? []), twin: byKey(shown) };
    const initial = byKey(kernel.initial[index] ?? []);
    return [{ name, forgets: forgets === true, absent, initial, ...held }];
  });
}

function byKey(elements: readonly { key: Buffer; value: Buffer }[]): Map<string, Buffer> {
  return new Map(elements.map(({ key, value }) => [key.toString('hex'), value]));
}
