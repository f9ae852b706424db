/** How head's code differs from its base's, as the kernel runs it. */
import { codeDifference } from '../code/difference.js';
import { bpfCode, machineCode } from '../code/read.js';
import { kernelSymbols, type KernelSymbols } from '../code/symbols.js';
import type { CodeDifference } from '../domain/record.js';
import type { Bench } from './bench.js';
import type { Prepared } from './prepare.js';

let symbols: KernelSymbols | undefined;

/** Undefined without a base, and where no function differs. Comes behind the measuring, since it starts processes. */
export function codeOf({ libbpf, clang }: Bench, prepared: readonly Prepared[]): CodeDifference | undefined {
  const [base, head] = (['base', 'head'] as const).map(
    (wanted) => prepared.find(({ build }) => build.revision === wanted)?.loaded,
  );
  if (base === undefined || head === undefined || base.info.tag === head.info.tag) return undefined;
  symbols ??= kernelSymbols();
  const machine = [machineCode(libbpf, clang, symbols, base), machineCode(libbpf, clang, symbols, head)] as const;
  const isWhole = machine[0] !== undefined && machine[1] !== undefined;
  const functions = isWhole
    ? codeDifference(machine[0], machine[1])
    : codeDifference(bpfCode(libbpf, symbols, base), bpfCode(libbpf, symbols, head));
  return functions.length === 0 ? undefined : { language: isWhole ? 'x86-64' : 'bpf', functions };
}
