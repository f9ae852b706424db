/** `vmlinux.h`, all types of a kernel as C: made from the running kernel where a source includes it and its tree has none. */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { dirname, join } from 'node:path';
import { KfaasError } from '../errors.js';
import { cached } from './cache.js';
import type { Workshop } from './compile.js';
import { buildHeaderWriter } from './harness.js';
import { run, type RunResult } from './run.js';

/** The types of the running kernel, where it was built with CONFIG_DEBUG_INFO_BTF. */
export const kernelTypes = '/sys/kernel/btf/vmlinux';

/** A source may declare what it calls of the kernel itself, and differently from the kernel. */
const withoutPrototypes = '-DBPF_NO_KFUNC_PROTOTYPES';

/**
 * What the compiler says; where it did not find `vmlinux.h`, what it says with the one of this kernel. It declares no
 * functions of the kernel's then; see `declaring`.
 * @param compile is given flags to add
 * @param types file of BTF
 * @returns those flags, too
 * @throws KfaasError (build) where the kernel does not tell its types
 */
export async function withVmlinux(
  workshop: Workshop,
  compile: (flags: readonly string[]) => Promise<RunResult>,
  types = kernelTypes,
): Promise<{ result: RunResult; flags: readonly string[] }> {
  const result = await compile([]);
  if (result.code === 0 || !/'vmlinux\.h' file not found/.test(result.stderr)) return { result, flags: [] };
  // Behind all other folders: it stands in for what none of them has.
  const flags = ['-idirafter', dirname(await vmlinuxHeader(workshop, types)), withoutPrototypes];
  return { result: await compile(flags), flags };
}

/**
 * What the compiler says; to a source that does not declare the kernel's functions for BPF itself, the header does, as that of a newer
 * bpftool does.
 * @param flags those of `withVmlinux`
 * @param first whose declarations are tried first, where both would do
 */
export async function declaring(
  flags: readonly string[],
  first: 'source' | 'header',
  compile: (flags: readonly string[]) => Promise<RunResult>,
): Promise<RunResult> {
  if (!flags.includes(withoutPrototypes)) return compile(flags);
  const bySource = (): Promise<RunResult> => compile(flags);
  const byHeader = (): Promise<RunResult> => compile(flags.filter((flag) => flag !== withoutPrototypes));
  const result = await (first === 'source' ? bySource() : byHeader());
  if (result.code === 0) return result;
  const other = await (first === 'source' ? byHeader() : bySource());
  return other.code === 0 || first === 'header' ? other : result;
}

/** Path of the header, made once for every kernel. */
async function vmlinuxHeader(workshop: Workshop, types: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(types), hash).catch((error: unknown) => {
    throw noTypes(types, error instanceof Error ? error.message : String(error));
  });
  const writer = await buildHeaderWriter(workshop);
  const folder = join(workshop.cacheFolder, `types-${hash.update(writer).digest('hex')}`);
  return cached(folder, 'vmlinux', '.h', async (draft) => {
    const { code, stderr } = await run(writer, [types, draft]);
    if (code !== 0) throw noTypes(types, stderr.trim());
  });
}

function noTypes(types: string, reason: string): KfaasError {
  return new KfaasError({
    kind: 'build',
    message: `vmlinux.h is included, is not in the tree, and cannot be made from ${types}: ${reason}`,
    remedy: 'add a vmlinux.h to the tree, or run on a kernel with CONFIG_DEBUG_INFO_BTF=y',
  });
}
