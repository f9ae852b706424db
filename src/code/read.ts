/** The code of a loaded program: the JIT's where it can be read, else the kernel's BPF instructions. */
import { arch } from 'node:process';
import { contentOf } from '../load/environment.js';
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

/** A clause: why there is none to compare. */
export interface Unseen {
  readonly unseen: string;
}

export const isUnseen = (code: CodeFunction[] | Unseen): code is Unseen => 'unseen' in code;

/** Of x86-64 alone, and where the kernel shows it. */
export function machineCode(
  libbpf: Libbpf,
  clang: string,
  symbols: KernelSymbols,
  { fd, name }: CodeOf,
): CodeFunction[] | Unseen {
  const { machine, isJited, functions } = libbpf.programCode(fd);
  if (arch !== 'x64') return { unseen: `that of ${arch} is not taken apart` };
  if (!isJited) return { unseen: 'the program is not JITed' };
  if (areConstantsBlinded()) return { unseen: blinded };
  if (machine === undefined) return { unseen: whoIsShown() };
  let start = 0;
  const parts = functions.map(({ bytes, address, ...one }, index) => {
    const own = machine.subarray(start, (start += bytes));
    return { name: nameOf(name, one, index), address, bytes: own };
  });
  return disassembled(clang, parts, symbols.at) ?? { unseen: 'there is no objdump' };
}

/** Every load has other constants then, and so a difference everywhere. */
function areConstantsBlinded(): boolean {
  return settingOf('net/core/bpf_jit_harden') === '2';
}
const blinded = 'net.core.bpf_jit_harden is 2, so every load has constants of its own';

/** Who may see code is who may see the kernel's addresses (`bpf_dump_raw_ok`, `kallsyms_show_value`). */
function whoIsShown(): string {
  return settingOf('kernel/kptr_restrict') === '2'
    ? 'the kernel shows it to nobody while kernel.kptr_restrict is 2'
    : 'the kernel shows it to those with CAP_SYSLOG alone';
}

function settingOf(name: string): string | undefined {
  return contentOf(`/proc/sys/${name}`)?.trim();
}

/** What the verifier left of the program. */
export function bpfCode(libbpf: Libbpf, symbols: KernelSymbols, { fd, name }: CodeOf): CodeFunction[] | Unseen {
  const { instructions, functions } = libbpf.programCode(fd);
  if (instructions === undefined || areConstantsBlinded()) return { unseen: blinded };
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
