/** From a loaded object to a twin that can be run. */
import type { Workshop } from '../build/compile.js';
import type { Libbpf, RecordedProgram } from '../load/libbpf.js';
import type { Filling } from '../load/map-contents.js';
import { alu, classes, decode, isKernelCall, LD_IMM64, type Instruction } from './bytecode.js';
import { withoutChance, type WithoutChance } from './chance.js';
import { compileTwin, type TwinFiles } from './compile.js';
import { contentsText, type Element } from './contents.js';
import type { KernelElement } from './elements.js';
import { mapKind } from './map-kinds.js';
import type { TwinnedObject } from './object.js';
import { objectType, type ObjectType } from './special-fields.js';
import { surroundings } from './surroundings.js';
import { translate, type ProgramCode } from './translate.js';
import type { ProofInput } from './verdict.js';

export interface TwinTools {
  readonly workshop: Workshop;
  readonly libbpf: Libbpf;
  /** Path of the compiled bpf/runtime/runner.c. */
  readonly runner: string;
  /** That this thread is pinned to: per-CPU maps are compared for it alone. */
  readonly cpu: number;
}

export interface TwinRequest {
  /** Path of the eBPF object. */
  readonly object: string;
  readonly program: string;
  readonly inputs: readonly ProofInput[];
  /** What maps are to hold beside what the object puts there. */
  readonly filling?: Filling;
  /** Changes the text that is compiled, to see that the proof notices it; for tests. */
  readonly sabotage?: (translation: string) => string;
}

/** `enum bpf_prog_type` of those that a twin can be run as. */
export const programTypes = {
  SOCKET_FILTER: 1,
  SCHED_CLS: 3,
  SCHED_ACT: 4,
  XDP: 6,
  CGROUP_SKB: 8,
  FLOW_DISSECTOR: 22,
  SYSCALL: 31,
} as const;
/** LWT_IN, LWT_OUT, LWT_XMIT, LWT_SEG6LOCAL: like cgroup_skb, they see the packet from its network header. */
const LWT = [10, 11, 12, 19];
export const supportedTypes: readonly number[] = [...Object.values(programTypes), ...LWT];

export interface BuiltTwin extends TwinFiles {
  /** What the proof runs in the kernel, in the order of the object's programs. */
  readonly settled: readonly (WithoutChance & ProgramCode)[];
}

export interface BuildOptions {
  /** Keeps helpers of time and chance as they are: for what is timed. */
  readonly chance?: boolean;
  readonly counting?: boolean;
  /** See `TwinRequest`. */
  readonly sabotage?: (translation: string) => string;
}

export type TwinBuilder = (
  tools: TwinTools,
  object: TwinnedObject,
  initial: readonly KernelElement[][],
  options: BuildOptions,
) => Promise<BuiltTwin>;

/** A translated twin. Throws a KfaasError where what we wrote does not compile. */
export async function buildTwin(
  { libbpf, workshop }: TwinTools,
  object: TwinnedObject,
  initial: readonly KernelElement[][],
  options: BuildOptions,
): Promise<BuiltTwin> {
  const settled = settle(object, options);
  const kfuncs = kfuncsOf(libbpf, settled);
  const text = translate({
    ...{ programs: settled, programType: object.programs[0]?.type ?? 0, counting: options.counting ?? false },
    ...{ maps: shapesOf(object), kfuncs, objectTypes: objectTypesOf(object, settled, [...kfuncs.values()]) },
    mapByFd: new Map(object.maps.map(({ fd }, index) => [fd, index])),
  });
  const texts = [options.sabotage?.(text) ?? text, initialContents(object, initial)];
  const files = await compileTwin(workshop, [
    ...texts.map((each) => ({ language: 'c' as const, text: each })),
    surroundings(libbpf),
  ]);
  return { settled, ...files };
}

/** Programs as they are proven, or as they are timed. */
export function settle(object: TwinnedObject, options: BuildOptions): BuiltTwin['settled'] {
  return object.programs.map(({ name, recorded, recorded: { insns } }) => ({
    ...{ name, functionStarts: functionStarts(recorded) },
    ...(options.chance === true ? { insns, replaced: [] } : withoutChance(insns)),
  }));
}

export function shapesOf(object: TwinnedObject) {
  return object.maps.map(({ name, info, fields }) => ({ ...info, name, fields }));
}

/** `struct bpf_func_info`: insn_off, type_id. */
function functionStarts({ funcInfo, funcInfoRecordBytes }: RecordedProgram): number[] {
  const count = funcInfoRecordBytes === 0 ? 0 : funcInfo.length / funcInfoRecordBytes;
  return Array.from({ length: count }, (_, i) => funcInfo.readUInt32LE(i * funcInfoRecordBytes));
}

function kfuncsOf(libbpf: Libbpf, programs: readonly { readonly insns: Buffer }[]): Map<number, string> {
  const calls = programs.flatMap(({ insns }) => decode(insns).filter(isKernelCall));
  return libbpf.kernelFunctionNames([...new Set(calls.map(({ imm }) => imm))]);
}

/** Allocations name types by numbers: which of a program's numbers those are is not followed. */
function objectTypesOf(
  { types }: TwinnedObject,
  programs: readonly { readonly insns: Buffer }[],
  kfuncs: readonly string[],
): ObjectType[] {
  if (!kfuncs.some((name) => /^bpf_(?:percpu_)?obj_new/.test(name))) return [];
  const numbers = programs.flatMap(({ insns }) => decode(insns).flatMap(loadedNumber));
  return [...new Set(numbers)].flatMap((number) => objectType(types, number) ?? []);
}

function loadedNumber({ code, src, imm }: Instruction): number[] {
  const isMove = code === (classes.ALU64 | alu.MOV) || code === (classes.ALU | alu.MOV);
  return isMove || (code === LD_IMM64 && src === 0) ? [imm] : [];
}

/** What maps hold from the start, as C. */
export function initialContents(object: TwinnedObject, initial: readonly KernelElement[][]): string {
  return contentsText(initialElements(object, initial));
}

/** Elements by map, with places in the twin's tables for the kernel's numbers. */
function initialElements(object: TwinnedObject, initial: readonly KernelElement[][]): Element[] {
  const numbers = {
    programs: object.programs.map(({ id }) => id),
    maps: object.maps.map(({ info }) => info.id),
  };
  return initial.flatMap((elements, map) => {
    const { elements: holds } = mapKind(object.maps[map]?.info.type ?? 0);
    if (holds !== 'programs' && holds !== 'maps') return elements.map((element) => ({ map, ...element }));
    return elements.flatMap(({ key, value }) => {
      const place = numbers[holds].indexOf(value.readUInt32LE(0));
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(place);
      return place < 0 ? [] : [{ map, key, value: bytes }];
    });
  });
}
