/** The code of a loaded program: the JIT's where it can be read, else the kernel's BPF instructions. */
import { arch } from 'node:process';
import type { Libbpf, ProgramCode } from '../load/libbpf.js';
import { CALL, decode, type Instruction } from '../twin/bytecode.js';
import { bpfLines } from './bpf-text.js';
import type { CodeFunction } from './code.js';
import { disassembled } from './disassemble.js';
import type { KernelSymbols } from './symbols.js';

/** A program by its descriptor; a function without a name of its own is called after it. */
export interface CodeOf {
  readonly fd: number;
  readonly name: string;
}

/** Undefined where the machine code is not x86-64's, where the kernel does not show it, or where there is no objdump. */
export function machineCode(
  libbpf: Libbpf,
  clang: string,
  symbols: KernelSymbols,
  { fd, name }: CodeOf,
): CodeFunction[] | undefined {
  const { machine, functions } = libbpf.programCode(fd);
  if (arch !== 'x64' || machine === undefined) return undefined;
  let start = 0;
  const parts = functions.map(({ bytes, address, ...one }, index) => {
    const own = machine.subarray(start, (start += bytes));
    return { name: nameOf(name, one, index), address, bytes: own };
  });
  return disassembled(clang, parts, symbols.at);
}

/** What the verifier left of the program. */
export function bpfCode(libbpf: Libbpf, symbols: KernelSymbols, { fd, name }: CodeOf): CodeFunction[] {
  const { instructions, functions } = libbpf.programCode(fd);
  const insns = decode(instructions);
  const named = functions.map((one, index) => ({ slot: one.slot, name: nameOf(name, one, index) }));
  return named.map((each, index) => {
    const end = named[index + 1]?.slot ?? Infinity;
    const own = insns.filter(({ at }) => at >= each.slot && at < end);
    return {
      name: each.name,
      lines: bpfLines(own, {
        functionOf: (insn) => named.find(({ slot }) => slot === shownTarget(insn))?.name,
        called: (insn) => calledBy(insn, symbols),
      }),
    };
  });
}

/** Where the kernel shows a call within a program that was JITed, its offset is the distance (bpf_insn_prepare_dump). */
function shownTarget(insn: Instruction): number {
  return insn.code === CALL && insn.off !== 0 ? insn.at + 1 + insn.off : insn.at + 1 + insn.imm;
}

function nameOf(program: string, { name }: Pick<ProgramCode['functions'][number], 'name'>, index: number): string {
  return name ?? (index === 0 ? program : `${program}, function ${String(index + 1)}`);
}

/** The kernel shows a call as the distance from `__bpf_call_base`, and as nought where it keeps addresses to itself. */
function calledBy({ imm }: Instruction, symbols: KernelSymbols): string | undefined {
  const base = symbols.addressOf('__bpf_call_base');
  if (imm === 0 || base === undefined) return undefined;
  return symbols.at(base + BigInt(imm)) ?? `function at ${String(imm)}`;
}
