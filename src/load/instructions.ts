/**
 * Small programs written as instructions: fillers, floors, XDP's dispatcher, the loop around syscall programs, and the
 * padding that gives every load a layout of its own. Pure. Encoding: Documentation/bpf/standardization/instruction-set.rst.
 */
import type { RecordedProgram } from './libbpf.js';

/** One instruction of 8 bytes. `imm` may be given signed or unsigned. */
export function insn(code: number, dst = 0, src = 0, off = 0, imm = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8((src << 4) | dst, 1);
  bytes.writeInt16LE(off, 2);
  bytes.writeInt32LE(imm | 0, 4);
  return bytes;
}

const MOV64_IMM = 0xb7;
const MOV64_REG = 0xbf;
const ADD64_IMM = 0x07;
const LD_IMM64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const JA = 0x05;
const JEQ_IMM = 0x15;
const JNE32_IMM = 0x56;

const PSEUDO_MAP_FD = 1;
const PSEUDO_CALL = 1;
const PSEUDO_KFUNC_CALL = 2;
const TAIL_CALL = 12; // enum bpf_func_id

const LDX_W = 0x61;

/** Whether any instruction loads a word from this offset of whatever a register points to. */
export function readsWordAt(insns: Buffer, offset: number): boolean {
  for (let at = 0; at < insns.length; at += 8) {
    if (insns.readUInt8(at) === LDX_W && insns.readInt16LE(at + 2) === offset) return true;
  }
  return false;
}

const pad = insn(MOV64_IMM, 0, 0, 0, 1);

/** `count` times `r0 = 1`: 5 bytes each after the JIT, which is odd, so few of them reach every place in a cache line. */
export function pads(count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(pad));
}

/** A program that returns `retval` at once. */
export function empty(retval: number): Buffer {
  return Buffer.concat([insn(MOV64_IMM, 0, 0, 0, retval), insn(EXIT)]);
}

/** What XDP's dispatcher returns when its slot is empty; a timed batch that returns it did not reach the program. */
export const DISPATCH_MISSED = 0x6b666161;

/** Tail-calls slot 0 of a PROG_ARRAY. */
export function dispatcher(progArrayFd: number): Buffer {
  return Buffer.concat([
    insn(LD_IMM64, 2, PSEUDO_MAP_FD, 0, progArrayFd),
    insn(0),
    insn(MOV64_IMM, 3, 0, 0, 0),
    insn(CALL, 0, 0, 0, TAIL_CALL),
    empty(DISPATCH_MISSED),
  ]);
}

/** What a load needs besides what was recorded. */
export interface LaidOut {
  readonly insns: Buffer;
  readonly funcInfo: Buffer;
}

/**
 * The program with `count` pads in front of its main function. libbpf puts that function first, so jumps, calls and
 * callback references, all relative, keep their distances; only the places of the other functions in func_info move.
 */
export function padded(program: RecordedProgram, count: number): LaidOut {
  const funcInfo = Buffer.from(program.funcInfo);
  for (let at = program.funcInfoRecordBytes; at !== 0 && at < funcInfo.length; at += program.funcInfoRecordBytes) {
    funcInfo.writeUInt32LE(funcInfo.readUInt32LE(at) + count, at);
  }
  return { insns: Buffer.concat([pads(count), program.insns]), funcInfo };
}

/** The kernel's open-coded iterator (kernel/bpf/bpf_iter.c, Linux 6.4), as ids in vmlinux's BTF. */
export interface IteratorFunctions {
  readonly bpf_iter_num_new: number;
  readonly bpf_iter_num_next: number;
  readonly bpf_iter_num_destroy: number;
}

/** The iterator takes a signed 32-bit end and at most 8 Mi steps (BPF_MAX_LOOPS). */
export const MAX_LOOP = 8 * 1024 * 1024;

/**
 * A main function that calls the program `iterations` times with its own context and returns how many of the calls in
 * a row returned `expected`. TEST_RUN repeats no syscall program; this loop does, inside of one run.
 * The program becomes a function of its own; without func_info the verifier takes it as a static one, which may
 * receive a context, so programs whose callbacks need func_info cannot be looped (see `canLoop`).
 */
export function looped(insns: Buffer, iterations: number, expected: number, kfuncs: IteratorFunctions): Buffer {
  const iterator = (id: number): Buffer[] => [
    insn(MOV64_REG, 1, 10),
    insn(ADD64_IMM, 1, 0, 0, -8),
    insn(CALL, 0, PSEUDO_KFUNC_CALL, 0, id),
  ];
  const head = [
    insn(MOV64_REG, 6, 1),
    insn(MOV64_IMM, 7, 0, 0, 0),
    insn(MOV64_IMM, 2, 0, 0, 0),
    insn(MOV64_IMM, 3, 0, 0, iterations),
    ...iterator(kfuncs.bpf_iter_num_new),
  ];
  const step = iterator(kfuncs.bpf_iter_num_next);
  const end = [...iterator(kfuncs.bpf_iter_num_destroy), insn(MOV64_REG, 0, 7), insn(EXIT)];
  const body = [
    insn(JEQ_IMM, 0, 0, 5, 0), // the iterator's end
    insn(MOV64_REG, 1, 6),
    insn(CALL, 0, PSEUDO_CALL, 0, 3 + end.length), // behind this main function
    insn(JNE32_IMM, 0, 0, 2, expected), // a wrong result: stop counting
    insn(ADD64_IMM, 7, 0, 0, 1),
    insn(JA, 0, 0, -(step.length + 6), 0),
  ];
  return Buffer.concat([...head, ...step, ...body, ...end, insns]);
}

/** Whether the program refers to one of its functions as a callback, for which the verifier needs func_info. */
export function canLoop(insns: Buffer): boolean {
  const PSEUDO_FUNC = 4;
  for (let at = 0; at < insns.length; at += 8) {
    if (insns.readUInt8(at) !== LD_IMM64) continue;
    if (insns.readUInt8(at + 1) >> 4 === PSEUDO_FUNC) return false;
    at += 8; // the second half of a 16-byte instruction
  }
  return true;
}

/** What a program calls outside of itself: the numbers of helpers (`enum bpf_func_id`), and whether kernel functions too. */
export function callsOf(insns: Buffer): { readonly helpers: readonly number[]; readonly kernelFunctions: boolean } {
  const helpers = new Set<number>();
  let kernelFunctions = false;
  for (let at = 0; at < insns.length; at += 8) {
    const code = insns.readUInt8(at);
    if (code === LD_IMM64) at += 8; // the second half of a 16-byte instruction
    if (code !== CALL) continue;
    const source = insns.readUInt8(at + 1) >> 4;
    if (source === 0) helpers.add(insns.readInt32LE(at + 4));
    if (source === PSEUDO_KFUNC_CALL) kernelFunctions = true;
  }
  return { helpers: [...helpers], kernelFunctions };
}

/**
 * Whether a call goes nowhere: to a function of the kernel's that it lacks. libbpf leaves no number there, newer ones (1.2) that of
 * a helper which does not exist (POISON_CALL_KFUNC_BASE).
 */
export function callsNothing(insns: Buffer): boolean {
  const POISON = 2_002_000_000;
  for (let at = 0; at < insns.length; at += 8) {
    const code = insns.readUInt8(at);
    const [source, imm] = [insns.readUInt8(at + 1) >> 4, insns.readInt32LE(at + 4)];
    if (code === LD_IMM64) at += 8; // the second half of a 16-byte instruction
    if (code === CALL && (source === PSEUDO_KFUNC_CALL ? imm === 0 : source === 0 && imm >= POISON)) return true;
  }
  return false;
}

/** Calls bpf_probe_read_kernel(0, 0, 0), which the kernel offers to tracing programs unless lockdown forbids it. */
export function kernelRead(): Buffer {
  const BPF_FUNC_probe_read_kernel = 113;
  return Buffer.concat([
    insn(MOV64_REG, 1, 10),
    insn(ADD64_IMM, 1, 0, 0, -8),
    insn(MOV64_IMM, 2, 0, 0, 8),
    insn(MOV64_IMM, 3, 0, 0, 0),
    insn(CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
    empty(0),
  ]);
}
