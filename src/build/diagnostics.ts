/** Turns what clang and the linker print into a failure. Pure. */
import { normalize } from 'node:path';
import { KfaasError } from '../errors.js';

const diagnostic = /^(?<file>[^\s:][^:\n]*):(?<line>\d+):(?<column>\d+): (?:fatal )?error: (?<message>.*)$/m;

export type Target = 'bpf' | 'native';

const targetNames: Record<Target, string> = { bpf: 'the kernel (-target bpf)', native: 'user space' };

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /'(kfaas\.h|bpf\/bpf_helpers\.h|linux\/.*)' file not found/,
    'install the headers (Debian and Ubuntu: apt-get install libbpf-dev linux-libc-dev)',
  ],
  [/file not found/, 'add the folder of the header with `--cflag=-Ifolder` or `cflags:`'],
  [/unknown argument|unsupported option/, 'mend the flags that `--cflag` or `cflags:` gave'],
];

/** Compiling `source` for `target` failed with this on standard error. */
export function compileFailure(source: string, target: Target, stderr: string): KfaasError {
  const found = diagnostic.exec(stderr)?.groups;
  const message = found?.['message'] ?? (stderr.trim().split('\n').at(-1) || 'clang gave no reason');
  const remedy = remedies.find(([pattern]) => pattern.test(message))?.[1] ?? 'mend the source where clang points';
  return new KfaasError({
    kind: 'build',
    message: `${source} does not compile for ${targetNames[target]}: ${message}`,
    remedy,
    detail: stderr.trim(),
    location:
      found === undefined
        ? { file: source }
        : { file: normalize(found['file'] ?? source), line: Number(found['line']), column: Number(found['column']) },
  });
}

/** GNU ld and lld, each in its own words. */
const undefinedSymbol = /undefined (?:reference to [`']|symbol: )(?<symbol>[^'\s]+)/;
const referencedFrom = [
  /^(?<file>[^\s:][^:\n]*):(?<line>\d+):(?:\([^)\n]*\):)? undefined reference/m,
  /^>>> referenced by .* \((?<file>[^:\n]+):(?<line>\d+)\)$/m,
];

/** Linking a program for user space failed with this on standard error. */
export function linkFailure(program: string, stderr: string): KfaasError {
  const symbol = undefinedSymbol.exec(stderr)?.groups?.['symbol'];
  const place = referencedFrom.map((pattern) => pattern.exec(stderr)?.groups).find((groups) => groups !== undefined);
  const reason = symbol === undefined ? stderr.trim().split('\n').at(-1) : `${symbol} is not defined`;
  return new KfaasError({
    kind: 'build',
    message: `${program} does not link for ${targetNames.native}: ${reason || 'the linker gave no reason'}`,
    remedy: 'define in its source what it calls; of the helpers only bpf_skb_load_bytes() exists in user space',
    detail: stderr.trim(),
    ...(place === undefined ? {} : { location: { file: place['file'] ?? '', line: Number(place['line']) } }),
  });
}
