/** Names of BPF opcodes for tables, and which of them a program for the kernel here may hold. */
import {
  alu,
  atomics,
  CALL,
  classes,
  classOf,
  FROM_REGISTER,
  jump,
  LD_IMM64,
  modes,
  sizes,
  type Instruction,
} from '../../src/twin/bytecode.js';

function keyOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, number]) => number === value)?.[0] ?? `0x${value.toString(16)}`;
}

/** Such as `ALU64 ADD reg`, `JMP32 JSET imm`, `LDX MEMSX H`, `STX ATOMIC CMPXCHG W`. */
export function nameOf(insn: Instruction): string {
  const inClass = classOf(insn);
  const className = keyOf(classes, inClass);
  const source = insn.code & FROM_REGISTER ? 'reg' : 'imm';
  const width = keyOf(sizes, insn.code & 0x18);
  const mode = keyOf(modes, insn.code & 0xe0);
  if (inClass === classes.ALU || inClass === classes.ALU64) return `${className} ${arithmeticName(insn, source)}`;
  if (inClass === classes.JMP || inClass === classes.JMP32) {
    const operation = insn.code & 0xf0;
    if (insn.code === CALL) return insn.src === 1 ? 'JMP CALL function' : 'JMP CALL helper';
    if (operation === jump.EXIT || operation === jump.JA) return `${className} ${keyOf(jump, operation)}`;
    return `${className} ${keyOf(jump, operation)} ${source}`;
  }
  if (insn.code === LD_IMM64) return 'LD IMM DW';
  if (mode === 'ATOMIC') return `${className} ATOMIC ${atomicName(insn.imm)} ${width}`;
  return `${className} ${mode} ${width}`;
}

function arithmeticName({ code, off, imm }: Instruction, source: string): string {
  const operation = code & 0xf0;
  if (operation === alu.NEG) return 'NEG';
  if (operation === alu.END) {
    const kind = (code & 0x07) === classes.ALU64 ? 'bswap' : source === 'reg' ? 'to_be' : 'to_le';
    return `END ${kind} ${String(imm)}`;
  }
  if (operation === alu.MOV && off !== 0) return `MOVSX${String(off)} ${source}`;
  const signed = off === 1 && (operation === alu.DIV || operation === alu.MOD) ? 'S' : '';
  return `${signed}${keyOf(alu, operation)} ${source}`;
}

function atomicName(imm: number): string {
  const whole = Object.entries(atomics).find(([, number]) => number === imm && number !== atomics.FETCH)?.[0];
  return whole ?? `${keyOf(atomics, imm & ~atomics.FETCH)}|FETCH`;
}

/** Every opcode of every class that the fuzzer must have executed. */
export function allOpcodes(): string[] {
  const names: string[] = ['LD IMM DW', 'JMP CALL function', 'JMP EXIT', 'JMP JA', 'JMP32 JA'];
  const sources = ['imm', 'reg'];
  for (const inClass of ['ALU', 'ALU64']) {
    for (const operation of ['ADD', 'SUB', 'MUL', 'DIV', 'SDIV', 'MOD', 'SMOD', 'OR', 'AND', 'XOR'])
      names.push(...sources.map((source) => `${inClass} ${operation} ${source}`));
    for (const operation of ['LSH', 'RSH', 'ARSH', 'MOV'])
      names.push(...sources.map((source) => `${inClass} ${operation} ${source}`));
    const kinds = inClass === 'ALU' ? ['to_le', 'to_be'] : ['bswap'];
    names.push(
      `${inClass} NEG`,
      ...kinds.flatMap((kind) => [16, 32, 64].map((n) => `${inClass} END ${kind} ${String(n)}`)),
    );
    names.push(...(inClass === 'ALU' ? [8, 16] : [8, 16, 32]).map((n) => `${inClass} MOVSX${String(n)} reg`));
  }
  for (const inClass of ['JMP', 'JMP32'])
    for (const operation of ['JEQ', 'JNE', 'JGT', 'JGE', 'JLT', 'JLE', 'JSET', 'JSGT', 'JSGE', 'JSLT', 'JSLE'])
      names.push(...sources.map((source) => `${inClass} ${operation} ${source}`));
  for (const width of ['B', 'H', 'W', 'DW']) {
    names.push(`LDX MEM ${width}`, `ST MEM ${width}`, `STX MEM ${width}`);
    names.push(`STX ATOMIC LOAD_ACQ ${width}`, `STX ATOMIC STORE_REL ${width}`);
    if (width !== 'DW') names.push(`LDX MEMSX ${width}`, `LD ABS ${width}`, `LD IND ${width}`);
  }
  for (const width of ['W', 'DW'])
    for (const operation of ['ADD', 'OR', 'AND', 'XOR']
      .flatMap((name) => [name, `${name}|FETCH`])
      .concat('XCHG', 'CMPXCHG'))
      names.push(`STX ATOMIC ${operation} ${width}`);
  return names.sort();
}
