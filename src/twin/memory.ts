/** Loads, stores and atomic operations of BPF in C. Pure. */
import { constant } from './arithmetic.js';
import { atomics, classes, classOf, modes, sizes, type Instruction } from './bytecode.js';

const bitsOf: Partial<Record<number, 8 | 16 | 32 | 64>> = {
  [sizes.B]: 8,
  [sizes.H]: 16,
  [sizes.W]: 32,
  [sizes.DW]: 64,
};

function address(register: number, off: number): string {
  return `r${String(register)} + ${constant(off, 64)}`;
}

/** A statement for an instruction of class LDX, ST or STX; undefined where BPF has no such. */
export function memoryAccess(insn: Instruction): string | undefined {
  const bits = bitsOf[insn.code & 0x18] ?? 64;
  const width = String(bits);
  const mode = insn.code & 0xe0;
  if (classOf(insn) === classes.LDX) {
    const from = address(insn.src, insn.off);
    if (mode === modes.MEM) return `r${String(insn.dst)} = AT(u${width}, ${from});`;
    if (mode === modes.MEMSX && bits !== 64) return `r${String(insn.dst)} = (u64)(s64)AT(s${width}, ${from});`;
    return undefined;
  }
  const to = address(insn.dst, insn.off);
  if (mode === modes.MEM) {
    const value = classOf(insn) === classes.ST ? constant(insn.imm, 64) : `r${String(insn.src)}`;
    return `AT(u${width}, ${to}) = (u${width})${value};`;
  }
  return mode === modes.ATOMIC && classOf(insn) === classes.STX ? atomic(insn, bits) : undefined;
}

const operations: Partial<Record<number, string>> = {
  [atomics.ADD]: 'add',
  [atomics.OR]: 'or',
  [atomics.AND]: 'and',
  [atomics.XOR]: 'xor',
};

/** What is fetched is zero-extended. Only load-acquire and store-release come in 8 and 16 bits. */
function atomic(insn: Instruction, bits: 8 | 16 | 32 | 64): string | undefined {
  const type = `u${String(bits)}`;
  const source = `r${String(insn.src)}`;
  if (insn.imm === atomics.LOAD_ACQ) {
    return `r${String(insn.dst)} = __atomic_load_n((${type} *)(${address(insn.src, insn.off)}), __ATOMIC_ACQUIRE);`;
  }
  const place = `(${type} *)(${address(insn.dst, insn.off)})`;
  if (insn.imm === atomics.STORE_REL) return `__atomic_store_n(${place}, (${type})${source}, __ATOMIC_RELEASE);`;
  if (bits < 32) return undefined;
  if (insn.imm === atomics.XCHG)
    return `${source} = __atomic_exchange_n(${place}, (${type})${source}, __ATOMIC_SEQ_CST);`;
  if (insn.imm === atomics.CMPXCHG)
    return `r0 = __sync_val_compare_and_swap(${place}, (${type})r0, (${type})${source});`;
  const operation = operations[insn.imm & ~atomics.FETCH];
  if (operation === undefined) return undefined;
  const call = `__atomic_fetch_${operation}(${place}, (${type})${source}, __ATOMIC_SEQ_CST);`;
  return (insn.imm & atomics.FETCH) === 0 ? call : `${source} = ${call}`;
}
