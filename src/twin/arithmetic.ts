/** Arithmetic of BPF in C, and its conditions. Pure. Registers are `u64` variables r0 to r10. */
import { alu, classes, classOf, FROM_REGISTER, jump, type Instruction } from './bytecode.js';

/** An immediate as BPF widens it: signed to 64 bits, or as it is in 32. */
export function constant(value: number | bigint, bits: 32 | 64): string {
  return `0x${BigInt.asUintN(bits, BigInt(value)).toString(16)}${bits === 64 ? 'ull' : 'u'}`;
}

const plain: Partial<Record<number, string>> = {
  [alu.ADD]: '+',
  [alu.SUB]: '-',
  [alu.MUL]: '*',
  [alu.OR]: '|',
  [alu.AND]: '&',
  [alu.XOR]: '^',
};

/** bpf/runtime/translated.h has them: division by zero, -1 and shift counts are BPF's, which C leaves open. */
const named: Partial<Record<number, string>> = {
  [alu.DIV]: 'DIV',
  [alu.MOD]: 'MOD',
  [alu.LSH]: 'LSH',
  [alu.RSH]: 'RSH',
  [alu.ARSH]: 'ARSH',
};

/** A statement for an instruction of class ALU or ALU64; undefined for an operation that is none of BPF's. */
export function arithmetic(insn: Instruction): string | undefined {
  const bits = classOf(insn) === classes.ALU64 ? 64 : 32;
  const operation = insn.code & 0xf0;
  const target = `r${String(insn.dst)}`;
  const a = operand(insn.dst, bits);
  const b = insn.code & FROM_REGISTER ? operand(insn.src, bits) : constant(insn.imm, bits);
  if (operation === alu.END) return swapped(insn, target, bits);
  if (operation === alu.MOV) return moved(insn, target, b, bits);
  if (operation === alu.NEG) return `${target} = ${narrowed(`-${a}`, bits)};`;
  const sign = plain[operation];
  if (sign !== undefined) return `${target} = ${narrowed(`${a} ${sign} ${b}`, bits)};`;
  const name = named[operation];
  if (name === undefined) return undefined;
  const signed = insn.off === 1 && (operation === alu.DIV || operation === alu.MOD) ? 'S' : '';
  return `${target} = ${signed}${name}${String(bits)}(${a}, ${b});`;
}

function operand(register: number, bits: 32 | 64): string {
  return bits === 64 ? `r${String(register)}` : `(u32)r${String(register)}`;
}

/** Results of 32 bits are zero-extended: u32 becomes u64 on assignment. */
function narrowed(expression: string, bits: 32 | 64): string {
  return bits === 64 ? expression : `(u32)(${expression})`;
}

/** With an offset of 8, 16 or 32 the low bits are sign-extended (Linux 6.6). Other offsets are the arena's casts. */
function moved(insn: Instruction, target: string, b: string, bits: 32 | 64): string | undefined {
  if (insn.off === 0) return `${target} = ${b};`;
  if ((insn.code & FROM_REGISTER) === 0 || ![8, 16, 32].includes(insn.off)) return undefined;
  return `${target} = (u${String(bits)})(s${String(bits)})(s${String(insn.off)})${b};`;
}

/** Little-endian hosts alone: to_le truncates, to_be and bswap swap. */
function swapped(insn: Instruction, target: string, bits: 32 | 64): string | undefined {
  if (![16, 32, 64].includes(insn.imm)) return undefined;
  const value = `(u${String(insn.imm)})${target}`;
  const swaps = bits === 64 || (insn.code & FROM_REGISTER) !== 0;
  return `${target} = ${swaps ? `__builtin_bswap${String(insn.imm)}(${value})` : value};`;
}

const comparisons: Partial<Record<number, readonly ['u' | 's', string]>> = {
  [jump.JEQ]: ['u', '=='],
  [jump.JNE]: ['u', '!='],
  [jump.JGT]: ['u', '>'],
  [jump.JGE]: ['u', '>='],
  [jump.JLT]: ['u', '<'],
  [jump.JLE]: ['u', '<='],
  [jump.JSET]: ['u', '&'],
  [jump.JSGT]: ['s', '>'],
  [jump.JSGE]: ['s', '>='],
  [jump.JSLT]: ['s', '<'],
  [jump.JSLE]: ['s', '<='],
};

/** The condition of a jump of class JMP or JMP32; undefined where it is none. */
export function condition(insn: Instruction): string | undefined {
  const comparison = comparisons[insn.code & 0xf0];
  if (comparison === undefined) return undefined;
  const bits = classOf(insn) === classes.JMP ? 64 : 32;
  const type = `(${comparison[0]}${String(bits)})`;
  const b = insn.code & FROM_REGISTER ? `r${String(insn.src)}` : constant(insn.imm, bits);
  return `${type}r${String(insn.dst)} ${comparison[1]} ${type}${b}`;
}
