/** BPF instructions as text, in the notation of the kernel's own dumps and verifier logs (kernel/bpf/disasm.c). Pure. */
import {
  alu,
  atomics,
  CALL,
  classes,
  classOf,
  EXIT,
  FROM_REGISTER,
  JA,
  JA32,
  jump,
  jumpTarget,
  LD_IMM64,
  MAY_GOTO,
  modes,
  pseudoCalls,
  pseudoLoads,
  type Instruction,
} from '../twin/bytecode.js';
import type { CodeLine } from './code.js';

/** What names something that an instruction refers to by number; undefined where nobody knows. */
export interface Names {
  /** A helper or a function of the kernel, by the call's immediate. */
  readonly called: (insn: Instruction) => string | undefined;
  /** A function of the program that is called, or whose address is taken. */
  readonly functionOf: (insn: Instruction) => string | undefined;
}

/** The lines of one function; of a jump to elsewhere there is no target. */
export function bpfLines(insns: readonly Instruction[], names: Names): CodeLine[] {
  const places = new Map(insns.map(({ at }, place) => [at, place]));
  return insns.map((insn) => {
    const { text, sameAs = text } = described(insn, names);
    const to = jumpTarget(insn);
    const target = to === undefined ? undefined : places.get(to);
    return { text, sameAs, ...(target === undefined ? {} : { target }) };
  });
}

interface Description {
  readonly text: string;
  readonly sameAs?: string;
}

function described(insn: Instruction, names: Names): Description {
  const inClass = classOf(insn);
  if (inClass === classes.ALU || inClass === classes.ALU64) return { text: arithmetic(insn) };
  if (inClass === classes.JMP || inClass === classes.JMP32) return jumpOrCall(insn, names);
  if (insn.code === LD_IMM64) return wideLoad(insn, names);
  return { text: memory(insn) };
}

const operators: Partial<Record<number, string>> = {
  [alu.ADD]: '+=',
  [alu.SUB]: '-=',
  [alu.MUL]: '*=',
  [alu.DIV]: '/=',
  [alu.OR]: '|=',
  [alu.AND]: '&=',
  [alu.LSH]: '<<=',
  [alu.RSH]: '>>=',
  [alu.MOD]: '%=',
  [alu.XOR]: '^=',
  [alu.MOV]: '=',
  [alu.ARSH]: 's>>=',
};

function arithmetic(insn: Instruction): string {
  const { code, dst, src, off, imm } = insn;
  const isWide = classOf(insn) === classes.ALU64;
  const width = isWide ? 'r' : 'w';
  const to = `${width}${String(dst)}`;
  const operation = code & 0xf0;
  if (operation === alu.NEG) return `${to} = -${to}`;
  if (operation === alu.END) {
    const order = isWide ? 'bswap' : (code & FROM_REGISTER) !== 0 ? 'be' : 'le';
    return `r${String(dst)} = ${order}${String(imm)} r${String(dst)}`;
  }
  const isSigned = off === 1 && (operation === alu.DIV || operation === alu.MOD);
  const operator = `${isSigned ? 's' : ''}${operators[operation] ?? `op${operation.toString(16)}`}`;
  if ((code & FROM_REGISTER) === 0) return `${to} ${operator} ${String(imm)}`;
  const extended = operation === alu.MOV && off !== 0 ? `(s${String(off)})` : '';
  return `${to} ${operator} ${extended}${width}${String(src)}`;
}

const unsigned: Partial<Record<number, string>> = { 0x00: 'u32', 0x08: 'u16', 0x10: 'u8', 0x18: 'u64' };

const signed = (number: number): string => (number < 0 ? String(number) : `+${String(number)}`);

function memory(insn: Instruction): string {
  const { code, dst, src, off, imm } = insn;
  const type = unsigned[code & 0x18] ?? '?';
  const mode = code & 0xe0;
  switch (classOf(insn)) {
    case classes.LDX: {
      const read = mode === modes.MEMSX ? type.replace('u', 's') : type;
      return `r${String(dst)} = *(${read} *)(r${String(src)} ${signed(off)})`;
    }
    case classes.ST:
      return `*(${type} *)(r${String(dst)} ${signed(off)}) = ${String(imm)}`;
    case classes.STX:
      if (mode === modes.ATOMIC) return atomic(insn, type);
      return `*(${type} *)(r${String(dst)} ${signed(off)}) = r${String(src)}`;
    default: {
      const index = mode === modes.IND ? `r${String(src)} + ${String(imm)}` : String(imm);
      return `r0 = *(${type} *)skb[${index}]`;
    }
  }
}

const atomicWords: Partial<Record<number, readonly [sign: string, word: string]>> = {
  [atomics.ADD]: ['+=', 'add'],
  [atomics.OR]: ['|=', 'or'],
  [atomics.AND]: ['&=', 'and'],
  [atomics.XOR]: ['^=', 'xor'],
};

function atomic({ dst, src, off, imm }: Instruction, type: string): string {
  const place = `(${type} *)(r${String(dst)} ${signed(off)})`;
  const [to, width] = [`r${String(src)}`, type === 'u64' ? '64' : ''];
  if (imm === atomics.CMPXCHG) return `r0 = atomic${width}_cmpxchg(${place}, r0, ${to})`;
  if (imm === atomics.XCHG) return `${to} = atomic${width}_xchg(${place}, ${to})`;
  if (imm === atomics.LOAD_ACQ) return `r${String(dst)} = load_acquire((${type} *)(${to} ${signed(off)}))`;
  if (imm === atomics.STORE_REL) return `store_release(${place}, ${to})`;
  const [sign, word] = atomicWords[imm & ~atomics.FETCH] ?? ['?=', '?'];
  return (imm & atomics.FETCH) === 0
    ? `lock *${place} ${sign} ${to}`
    : `${to} = atomic${width}_fetch_${word}(${place}, ${to})`;
}

/** Maps and addresses are others in every load. */
function wideLoad(insn: Instruction, { functionOf }: Names): Description {
  const { dst, src, imm, high = 0 } = insn;
  const to = `r${String(dst)} =`;
  const isMap = src === pseudoLoads.MAP_FD || src === pseudoLoads.MAP_VALUE;
  if (isMap) {
    const offset = src === pseudoLoads.MAP_FD ? '' : `[0]+${String(high)}`;
    return { text: `${to} map[id:${String(imm)}]${offset}`, sameAs: `${to} map${offset}` };
  }
  if (src === pseudoLoads.FUNC) return { text: `${to} ${functionOf(insn) ?? 'a function'}` };
  const value = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(imm)));
  return { text: `${to} 0x${value.toString(16)}` };
}

const comparisons: Partial<Record<number, string>> = {
  [jump.JEQ]: '==',
  [jump.JGT]: '>',
  [jump.JGE]: '>=',
  [jump.JSET]: '&',
  [jump.JNE]: '!=',
  [jump.JSGT]: 's>',
  [jump.JSGE]: 's>=',
  [jump.JLT]: '<',
  [jump.JLE]: '<=',
  [jump.JSLT]: 's<',
  [jump.JSLE]: 's<=',
};

function jumpOrCall(insn: Instruction, names: Names): Description {
  const { code, dst, src, off, imm } = insn;
  if (code === EXIT) return { text: 'exit' };
  if (code === CALL && src === pseudoCalls.FUNCTION) return { text: `call ${names.functionOf(insn) ?? 'a function'}` };
  if (code === CALL) return { text: `call ${names.called(insn) ?? 'a kernel function'}` };
  const to = (offset: number): string => `goto pc${signed(offset)}`;
  if (code === JA || code === JA32) return { text: to(code === JA32 ? imm : off), sameAs: 'goto' };
  if (code === MAY_GOTO) return { text: `may_${to(off)}`, sameAs: 'may_goto' };
  const width = classOf(insn) === classes.JMP ? 'r' : 'w';
  const other = (code & FROM_REGISTER) !== 0 ? `${width}${String(src)}` : `0x${(imm >>> 0).toString(16)}`;
  const condition = `if ${width}${String(dst)} ${comparisons[code & 0xf0] ?? '?'} ${other}`;
  return { text: `${condition} ${to(off)}`, sameAs: `${condition} goto` };
}
