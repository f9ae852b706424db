/** What the helpers are called: instructions name them by number. */
import { run } from './run.js';
import type { Toolchain } from './toolchain.js';

/** The compiler's own `enum bpf_func_id`. Numbers that are not in it are those of newer kernels. */
export async function helperNames({ clang }: Toolchain): Promise<ReadonlyMap<number, string>> {
  const { stdout } = await run(clang, ['-E', '-P', '-x', 'c', '-include', 'linux/bpf.h', '/dev/null']);
  return readHelperNames(stdout);
}

/** Pure. Headers before Linux 6.1 count them without writing the numbers. */
export function readHelperNames(preprocessed: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const body = /enum\s+bpf_func_id\s*\{(?<body>[^}]*)\}/.exec(preprocessed)?.groups?.['body'] ?? '';
  let next = 0;
  for (const entry of body.split(',')) {
    const found = /BPF_FUNC_(?<name>\w+)(?:\s*=\s*(?<number>\d+))?/.exec(entry)?.groups;
    if (found === undefined) continue;
    const number = found['number'] === undefined ? next : Number(found['number']);
    names.set(number, `bpf_${found['name'] ?? ''}`);
    next = number + 1;
  }
  return names;
}
