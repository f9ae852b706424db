/** One C source, two targets: an eBPF object for the kernel and shared libraries for user space. */
import { existsSync } from 'node:fs';
import { arch } from 'node:process';
import { dirname, isAbsolute, join } from 'node:path';
import { KfaasError } from '../errors.js';
import { cached, sha256, sha256OfFile } from './cache.js';
import { compileFailure, type Target } from './diagnostics.js';
import { allEnded, run } from './run.js';
import type { Toolchain } from './toolchain.js';
import { declaring, withVmlinux } from './vmlinux.js';

/** What building needs to know of its surroundings. */
export interface Workshop {
  readonly toolchain: Toolchain;
  /** The project's own `bpf/` folder: headers and harness. */
  readonly bpfFolder: string;
  readonly cacheFolder: string;
}

/** One source, as the plan names it. */
export interface SourceUnit {
  /** The tree that relative paths start at. */
  readonly tree: string;
  /** Relative to the tree, or absolute. */
  readonly source: string;
  readonly cflags: readonly string[];
}

export interface BuiltObjects {
  /** Path of the eBPF object. */
  readonly bpf: string;
  /** Path of the native relocatable object, without harness. */
  readonly native: string;
  readonly bpfSha256: string;
  readonly nativeSha256: string;
}

export const architectures = {
  x64: { define: '__TARGET_ARCH_x86', headers: '/usr/include/x86_64-linux-gnu' },
  arm64: { define: '__TARGET_ARCH_arm64', headers: '/usr/include/aarch64-linux-gnu' },
} as const;

/** Both targets must see one language: what BPF defines (wrapping, aliasing), the optimiser may not assume away. */
const sharedFlags = ['-O2', '-g', '-fno-strict-aliasing', '-fwrapv'];

/** For BPF it is the verifier that minds null pointers, and keeping such checks can take the stack that a program needs. */
export const userSpaceFlags = [...sharedFlags, '-fno-delete-null-pointer-checks', '-fPIC'];

function targetFlags(target: Target, bpfFolder: string): string[] {
  const include = join(bpfFolder, 'include');
  // In user space a vmlinux.h has nothing to relocate.
  if (target === 'native')
    return [...userSpaceFlags, '-DBPF_NO_PRESERVE_ACCESS_INDEX', '-I', join(include, 'native'), '-I', include];
  const here = architectures[arch === 'arm64' ? 'arm64' : 'x64'];
  return [
    ...sharedFlags,
    ...['-target', 'bpf', '-mcpu=v3', `-D${here.define}`, '-I', include],
    // clang -target bpf does not look where Debian and Ubuntu keep asm/types.h
    ...['-idirafter', here.headers],
  ];
}

/** Compiles for both targets at once. Throws a KfaasError of kind build with clang's own diagnostic. */
export async function compileUnit(workshop: Workshop, unit: SourceUnit): Promise<BuiltObjects> {
  const [kernel, user] = await allEnded([compileForKernel(workshop, unit), compileForUserSpace(workshop, unit)]);
  return { ...kernel, ...user };
}

/** The eBPF object alone. Throws a KfaasError of kind build with clang's own diagnostic. */
export async function compileForKernel(
  workshop: Workshop,
  unit: SourceUnit,
): Promise<Pick<BuiltObjects, 'bpf' | 'bpfSha256'>> {
  const bpf = await compileTarget(workshop, unit, 'bpf');
  return { bpf, bpfSha256: sha256OfFile(bpf) };
}

/** The native object alone. Throws a KfaasError of kind build with clang's own diagnostic. */
export async function compileForUserSpace(
  workshop: Workshop,
  unit: SourceUnit,
): Promise<Pick<BuiltObjects, 'native' | 'nativeSha256'>> {
  const native = await compileTarget(workshop, unit, 'native');
  return { native, nativeSha256: sha256OfFile(native) };
}

/** Where a source or an object of the plan lies. Throws a KfaasError of kind build where it does not. */
export function fileInTree(tree: string, file: string): string {
  const path = isAbsolute(file) ? file : join(tree, file);
  if (existsSync(path)) return path;
  throw new KfaasError({
    kind: 'build',
    message: `${file} does not exist in ${tree}`,
    remedy: 'check the path; relative paths start at the working directory',
  });
}

/**
 * The key is the hash of the preprocessed source, which holds every header by content, with the flags and the
 * compiler's version.
 */
async function compileTarget(workshop: Workshop, unit: SourceUnit, target: Target): Promise<string> {
  fileInTree(unit.tree, unit.source);
  const { clang, version } = workshop.toolchain;
  const flags = [...targetFlags(target, workshop.bpfFolder), ...unit.cflags];
  const { result: preprocessed, flags: more } = await withVmlinux(workshop, (added) =>
    run(clang, [...flags, ...added, '-E', unit.source], { folder: unit.tree }),
  );
  if (preprocessed.code !== 0) throw compileFailure(unit.source, target, preprocessed.stderr);
  const key = sha256(version, unit.tree, ...flags, preprocessed.stdout);
  return cached(workshop.cacheFolder, key, `.${target}.o`, async (draft) => {
    const surroundings = { folder: unit.tree, temporaryFolder: dirname(draft) };
    const compiled = await declaring(more, 'source', (added) =>
      run(clang, [...flags, ...added, '-c', unit.source, '-o', draft], surroundings),
    );
    if (compiled.code !== 0) throw compileFailure(unit.source, target, compiled.stderr);
  });
}
