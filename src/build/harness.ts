/** The project's own C parts: compiled where they run, by the same compiler, and cached like everything else. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KfaasError } from '../errors.js';
import { cached, sha256, sha256OfFile } from './cache.js';
import { compileFailure, linkFailure } from './diagnostics.js';
import type { Workshop } from './compile.js';
import { allEnded, run } from './run.js';

export interface Harness {
  /** Path of the library of bpf/harness/kernel.c. */
  readonly kernelLibrary: string;
  /** Path of the program of bpf/harness/native.c. */
  readonly nativeProgram: string;
  /** Native relocatable object of a program that returns at once: the floor. */
  readonly emptyObject: string;
}

/**
 * Bytes in front of the code in each variant of a user-space library: apart by whole cache lines and by parts of them,
 * within one page, which is all that placement does not already draw. Functions stay aligned to 16 bytes.
 */
const LIBRARY_PADS = [0, 80, 688, 1296, 1936, 2576, 3184, 3824] as const;

export async function buildHarness(workshop: Workshop): Promise<Harness> {
  const [kernelLibrary, nativeProgram, emptyObject] = await allEnded([
    compileHarness(workshop, ['kernel.c'], '.so', ['-shared', '-fPIC', '-fvisibility=hidden']),
    compileHarness(workshop, ['native.c'], '', [], runtimeHeaders(workshop)),
    compileHarness(workshop, ['empty.c'], '.o', ['-c', '-fPIC']),
  ]);
  return { kernelLibrary, nativeProgram, emptyObject };
}

/** Path of the program of bpf/harness/vmlinux.c. */
export function buildHeaderWriter(workshop: Workshop): Promise<string> {
  return compileHarness(workshop, ['vmlinux.c'], '', ['-l:libbpf.so.1']);
}

/**
 * Links a program's native object with the timed loop to shared libraries that differ in nothing but their layout.
 * Returns one path per variant. Throws a KfaasError of kind build.
 */
export async function linkVariants(workshop: Workshop, object: string, program: string): Promise<string[]> {
  const objectHash = sha256OfFile(object);
  const [loop, helpers, ...pads] = await allEnded([
    compileHarness(workshop, ['loop.c'], '.o', ['-c', '-fPIC', `-DKFAAS_PROGRAM="${program}"`]),
    compileHarness(workshop, ['helpers.c'], '.o', ['-c', '-fPIC']),
    ...LIBRARY_PADS.map((bytes) => compileHarness(workshop, ['pad.S'], '.o', ['-c', `-DKFAAS_PAD=${String(bytes)}`])),
  ]);
  return allEnded(
    pads.map((pad) =>
      compileHarness(
        workshop,
        [],
        '.so',
        // A program named like a function of libc (accept, index) is itself, and what is missing fails here, by name.
        ['-shared', pad, loop, object, helpers, '-Wl,--build-id=none,-Bsymbolic,-z,defs'],
        [objectHash],
        (stderr) => linkFailure(program, stderr),
      ),
    ),
  );
}

/** What the harness shares with whoever proves twins. */
function runtimeHeaders({ bpfFolder }: Workshop): string[] {
  return ['context.h', 'runtime.h'].map((name) => readFileSync(join(bpfFolder, 'runtime', name), 'utf8'));
}

async function compileHarness(
  workshop: Workshop,
  sources: readonly string[],
  extension: string,
  flags: readonly string[],
  alsoIn: readonly string[] = [],
  failure: (stderr: string) => KfaasError = (stderr) => brokenToolchain(sources, stderr),
): Promise<string> {
  const paths = sources.map((source) => join(workshop.bpfFolder, 'harness', source));
  const { clang, version } = workshop.toolchain;
  const contents = paths.map((path) => readFileSync(path));
  const key = sha256(version, ...flags, ...alsoIn, ...contents);
  return cached(workshop.cacheFolder, key, extension, async (draft) => {
    const compiled = await run(clang, ['-O2', ...paths, ...flags, '-o', draft], { temporaryFolder: dirname(draft) });
    if (compiled.code !== 0) throw failure(compiled.stderr);
  });
}

/** The project's own sources compile everywhere but where something is missing. */
function brokenToolchain(sources: readonly string[], stderr: string): KfaasError {
  return new KfaasError({
    ...compileFailure(sources.join(', '), 'native', stderr).failure,
    kind: 'environment',
    remedy: 'install a C library with headers and a linker (Debian and Ubuntu: apt-get install libc6-dev binutils)',
  });
}
