/**
 * BPF instructions as data. Pure. Encoding: Documentation/bpf/standardization/instruction-set.rst; what is not in there
 * yet (may_goto, load-acquire, store-release) as in include/uapi/linux/bpf.h.
 */

/** One instruction; `at` and everything that refers to instructions counts slots of 8 bytes. */
export interface Instruction {
  readonly at: number;
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  /** Signed. */
  readonly off: number;
  /** Signed. */
  readonly imm: number;
  /** The second immediate of a 16-byte instruction, which takes two slots; signed. */
  readonly high: number | undefined;
}

/** Bits 0-2 of a code. */
export const classes = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;

/** Bit 3 of arithmetic and jumps: the second operand is a register and no immediate. */
export const FROM_REGISTER = 0x08;

/** Bits 4-7 of arithmetic. */
export const alu = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const;

/** Bits 4-7 of jumps. JCOND is may_goto (Linux 6.9). */
export const jump = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const;

/** Bits 5-7 of loads and stores. */
export const modes = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;

/** Bits 3-4 of loads and stores. */
export const sizes = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;

/** The immediate of an atomic operation. */
export const atomics = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH: 0x01,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQ: 0x100,
  STORE_REL: 0x110,
} as const;

/** The source register of a 16-byte load. */
export const pseudoLoads = { MAP_FD: 1, MAP_VALUE: 2, BTF_ID: 3, FUNC: 4, MAP_IDX: 5, MAP_IDX_VALUE: 6 } as const;

/** The source register of a call; 0 is a helper. */
export const pseudoCalls = { FUNCTION: 1, KFUNC: 2 } as const;

export const LD_IMM64 = classes.LD | modes.IMM | sizes.DW;
export const CALL = classes.JMP | jump.CALL;
export const EXIT = classes.JMP | jump.EXIT;
export const MAY_GOTO = classes.JMP | jump.JCOND;
/** With an offset of 16 bits, and (Linux 6.6) with an immediate of 32. */
export const JA = classes.JMP | jump.JA;
export const JA32 = classes.JMP32 | jump.JA;

export function classOf({ code }: Instruction): number {
  return code & 0x07;
}

/** Whether the instruction calls a function of the kernel's own, and of none of its modules. */
export function isKernelCall({ code, src, off }: Instruction): boolean {
  return code === CALL && src === pseudoCalls.KFUNC && off === 0;
}

/** Instructions in their order. */
export function decode(bytes: Buffer): Instruction[] {
  const all: Instruction[] = [];
  for (let at = 0; at * 8 < bytes.length; at++) {
    const first = at * 8;
    const code = bytes.readUInt8(first);
    const registers = bytes.readUInt8(first + 1);
    const isWide = code === LD_IMM64;
    all.push({
      at,
      code,
      dst: registers & 0x0f,
      src: registers >> 4,
      off: bytes.readInt16LE(first + 2),
      imm: bytes.readInt32LE(first + 4),
      high: isWide ? bytes.readInt32LE(first + 12) : undefined,
    });
    if (isWide) at++;
  }
  return all;
}

/** The slot that the instruction may jump to; undefined for all that do not jump within their function. */
export function jumpTarget(insn: Instruction): number | undefined {
  const inClass = classOf(insn);
  if (inClass !== classes.JMP && inClass !== classes.JMP32) return undefined;
  const operation = insn.code & 0xf0;
  if (operation === jump.CALL || operation === jump.EXIT) return undefined;
  return insn.at + 1 + (insn.code === JA32 ? insn.imm : insn.off);
}

/** The slot at which a function starts that the instruction calls or takes the address of. */
export function calledFunction({ at, code, src, imm }: Instruction): number | undefined {
  if (code === CALL && src === pseudoCalls.FUNCTION) return at + 1 + imm;
  if (code === LD_IMM64 && src === pseudoLoads.FUNC) return at + 1 + imm;
  return undefined;
}

/** One function of a program: the main one comes first. */
export interface BpfFunction {
  readonly start: number;
  readonly insns: readonly Instruction[];
  /** Slots that are jumped to, from within. */
  readonly targets: ReadonlySet<number>;
}

/** A program's functions: the main one, and behind it those that are called or referred to, and `more`, by their first slots. */
export function functionsOf(insns: readonly Instruction[], more: readonly number[] = []): BpfFunction[] {
  const called = insns.map(calledFunction).filter((start) => start !== undefined);
  const starts = [...new Set([0, ...called, ...more])].sort((a, b) => a - b);
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? Infinity;
    const own = insns.filter(({ at }) => at >= start && at < end);
    return { start, insns: own, targets: new Set(own.map(jumpTarget).filter((target) => target !== undefined)) };
  });
}
