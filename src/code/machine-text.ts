/**
 * What objdump (of binutils or LLVM) writes of x86-64's machine code, as functions of lines. Pure. The JIT puts every load
 * elsewhere, so addresses of code and of data are told apart from what an instruction does.
 */
import type { CodeFunction, CodeLine } from './code.js';

/** One function as the kernel has it. */
export interface MachineFunction {
  readonly name: string;
  /** Of its first byte in the kernel; undefined where the kernel keeps that to itself. */
  readonly address: bigint | undefined;
  readonly bytes: Buffer;
}

/** What a kernel address is called; undefined where nobody knows. */
export type SymbolAt = (address: bigint) => string | undefined;

/** The symbol that stands for function `index` in what is disassembled: names may be anything. */
export const symbolOf = (index: number): string => `function_${String(index)}`;

interface RawLine {
  readonly at: number;
  readonly text: string;
}

/** @param output of `objdump --disassemble --no-show-raw-insn` on the functions behind each other, under `symbolOf` */
export function machineFunctions(
  output: string,
  functions: readonly MachineFunction[],
  symbolAt: SymbolAt,
): CodeFunction[] {
  const raw = sections(output);
  const starts = new Map(functions.map(({ name, address }) => [address, name]));
  const calledAt = (address: bigint): string | undefined => starts.get(address) ?? symbolAt(address);
  return functions.map(({ name, address }, index) => {
    const { start, lines } = raw.get(symbolOf(index)) ?? { start: 0, lines: [] };
    const places = new Map(lines.map(({ at }, place) => [at, place]));
    const kernelAddress = (printed: bigint): string | undefined =>
      address === undefined ? undefined : calledAt(BigInt.asUintN(64, printed - BigInt(start) + address));
    return { name, lines: lines.map(({ text }) => lineOf(text, start, places, kernelAddress)) };
  });
}

function sections(output: string): Map<string, { start: number; lines: RawLine[] }> {
  const found = new Map<string, { start: number; lines: RawLine[] }>();
  let lines: RawLine[] = [];
  for (const line of output.split('\n')) {
    const [, start, symbol] = /^([0-9a-f]+) <(.+)>:$/.exec(line) ?? [];
    if (start !== undefined && symbol !== undefined) {
      lines = [];
      found.set(symbol, { start: parseInt(start, 16), lines });
    }
    const [, at, text] = /^\s*([0-9a-f]+):\s+(.*)$/.exec(line) ?? [];
    if (at !== undefined && text !== undefined) lines.push({ at: parseInt(at, 16), text: tidied(text) });
  }
  return found;
}

function tidied(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A direct jump or call, and its target in hex. What stands behind it is the disassembler's guess. */
const transfer = /^(j\w+|callq?) (?:0x)?([0-9a-f]+)(?: <[^>]*>)?$/;

function lineOf(
  text: string,
  start: number,
  places: ReadonlyMap<number, number>,
  kernelAddress: (printed: bigint) => string | undefined,
): CodeLine {
  const [, verb, hex] = transfer.exec(text) ?? [];
  if (verb === undefined || hex === undefined) return operands(text);
  const target = places.get(parseInt(hex, 16));
  if (target !== undefined && !verb.startsWith('call')) {
    return { text: `${verb} +0x${(parseInt(hex, 16) - start).toString(16)}`, sameAs: verb, target };
  }
  const named = `${verb} ${kernelAddress(BigInt(`0x${hex}`)) ?? 'kernel'}`;
  return { text: named, sameAs: named };
}

const remark = / #.*$/;
/** Behind this many bits, everything is the kernel's: its upper half of the address space, less small negative numbers. */
const kernelHalf = 0xffff_8000_0000_0000n;
const smallNegative = 0xffff_ffff_ff00_0000n;

/** Only what is moved as it is may be an address: a constant that is computed with belongs to the program. */
function operands(text: string): CodeLine {
  const shown = text.replace(remark, '').replace(/ <[^>]*>$/, '');
  const told = /^mov\w* \$/.test(shown) ? shown.replace(/\$(-?)(0x[0-9a-f]+|\d+)/, withoutAddress) : shown;
  const plain = told.replace(/-?(0x[0-9a-f]+|\d+)\(%rip\)/, '<address>(%rip)');
  return { text: plain, sameAs: plain };
}

function withoutAddress(written: string, sign: string, number: string): string {
  const value = BigInt.asUintN(64, sign === '-' ? -BigInt(number) : BigInt(number));
  return value >= kernelHalf && value < smallNegative ? '$<address>' : written;
}
