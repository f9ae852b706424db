/**
 * Machine code as text, by objdump (binutils' or LLVM's). clang makes an object of the bytes first, since LLVM's reads nothing
 * else. Synchronous: it comes between two measurings, on the CPU that they share.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivileged } from '../build/unprivileged.js';
import type { CodeFunction } from './code.js';
import { machineFunctions, symbolOf, type MachineFunction, type SymbolAt } from './machine-text.js';

const disassemblers = [
  'objdump',
  'llvm-objdump',
  ...[20, 19, 18, 17, 16, 15, 14].map((v) => `llvm-objdump-${String(v)}`),
];

/** Undefined where there is no objdump. */
export function disassembled(
  clang: string,
  functions: readonly MachineFunction[],
  symbolAt: SymbolAt,
): CodeFunction[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'kfaas-bench-code-'));
  try {
    const [text, object] = [join(folder, 'code.s'), join(folder, 'code.o')];
    writeFileSync(text, assembly(functions));
    if (outputOf(clang, ['-c', '-x', 'assembler', text, '-o', object]) === undefined) return undefined;
    for (const disassembler of disassemblers) {
      const output = outputOf(disassembler, ['--disassemble', '--no-show-raw-insn', object]);
      if (output !== undefined) return machineFunctions(output, functions, symbolAt);
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function assembly(functions: readonly MachineFunction[]): string {
  const lines = functions.flatMap(({ bytes }, index) => {
    const symbol = symbolOf(index);
    return [`.globl ${symbol}`, `.type ${symbol}, @function`, `${symbol}:`, `.byte ${[...bytes].join(',')}`];
  });
  return [...lines, ''].join('\n');
}

const OUTPUT_ROOM_BYTES = 1 << 28;

function outputOf(command: string, parameters: readonly string[]): string | undefined {
  const [file, ...rest] = unprivileged([command, ...parameters], process.env);
  const { status, stdout } = spawnSync(file, rest, {
    encoding: 'utf8',
    maxBuffer: OUTPUT_ROOM_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : undefined;
}
