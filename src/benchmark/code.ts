/** How head's code differs from its base's, as the kernel runs it. */
import { codeDifference } from '../code/difference.js';
import { bpfCode, isUnseen, machineCode } from '../code/read.js';
import { kernelSymbols, type KernelSymbols } from '../code/symbols.js';
import type { CodeDifference } from '../domain/record.js';
import type { Bench } from './bench.js';
import type { Prepared } from './prepare.js';

let symbols: KernelSymbols | undefined;

/** Undefined without a base, and where no function differs as far as can be seen. Comes behind the measuring, since it starts processes. */
export function codeOf({ libbpf, clang }: Bench, prepared: readonly Prepared[]): CodeDifference | undefined {
  const [base, head] = (['base', 'head'] as const).map(
    (wanted) => prepared.find(({ build }) => build.revision === wanted)?.loaded,
  );
  if (base === undefined || head === undefined || base.info.tag === head.info.tag) return undefined;
  symbols ??= kernelSymbols();
  const [was, is] = [machineCode(libbpf, clang, symbols, base), machineCode(libbpf, clang, symbols, head)];
  if (!isUnseen(was) && !isUnseen(is)) return differing({ language: 'x86-64', functions: codeDifference(was, is) });
  const [unseen = ''] = [was, is].flatMap((code) => (isUnseen(code) ? [code.unseen] : []));
  const [before, now] = [bpfCode(libbpf, symbols, base), bpfCode(libbpf, symbols, head)];
  if (isUnseen(before) || isUnseen(now)) return { language: 'bpf', functions: [], unseen };
  return differing({ language: 'bpf', functions: codeDifference(before, now), unseen });
}

function differing(code: CodeDifference): CodeDifference | undefined {
  return code.functions.length === 0 ? undefined : code;
}
