/** From C text to a native twin: the translation, the first contents of its maps and the run time in one object. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached, sha256 } from '../build/cache.js';
import type { Workshop } from '../build/compile.js';
import { compileFailure } from '../build/diagnostics.js';
import { allEnded, run } from '../build/run.js';
import { KfaasError } from '../errors.js';

/**
 * As programs are compiled (src/build/compile.ts), and as BPF is: memory has no type, arithmetic wraps. Only the twin's
 * own tables and the entry are seen from outside; warnings about generated text would help nobody.
 */
const flags = ['-w', '-O2', '-fPIC', '-fno-strict-aliasing', '-fwrapv', '-fno-delete-null-pointer-checks'];

export interface TwinFiles {
  /** Native relocatable object that defines the program under its own name, as a compiled C source does. */
  readonly object: string;
  /** The same as a library, for the runner. */
  readonly library: string;
}

/** The sources of the run time that are linked into every twin. */
const RUNNER = 'runner.c';

function runtimeFolder(workshop: Workshop): string {
  return join(workshop.bpfFolder, 'runtime');
}

/** A part of a twin in C, or in clang's intermediate language as it is to be compiled. */
export interface TwinText {
  readonly language: 'c' | 'll';
  readonly text: string;
}

/** Throws a KfaasError of kind internal where what we wrote does not compile. */
export async function compileTwin(workshop: Workshop, texts: readonly TwinText[]): Promise<TwinFiles> {
  const [own, runtime] = await allEnded([
    allEnded(texts.map((each) => compileText(workshop, each))),
    compileRuntime(workshop),
  ]);
  const parts = [...own, ...runtime];
  const object = await link(workshop, parts, ['-r', '-nostdlib'], '.twin.o');
  const library = await link(workshop, [object], ['-shared', '-Wl,--build-id=none,-Bsymbolic'], '.twin.so');
  return { object, library };
}

/** The program that runs twins. */
export async function compileRunner(workshop: Workshop): Promise<string> {
  return compileFile(workshop, RUNNER, [], '.runner');
}

async function compileRuntime(workshop: Workshop): Promise<string[]> {
  const sources = readdirSync(runtimeFolder(workshop)).filter((name) => name.endsWith('.c') && name !== RUNNER);
  return allEnded(sources.sort().map((source) => compileFile(workshop, source, ['-c'], '.runtime.o')));
}

/** What the text of every file there includes. */
function headers(workshop: Workshop): Buffer[] {
  const folder = runtimeFolder(workshop);
  const names = readdirSync(folder).filter((name) => name.endsWith('.h'));
  return names.sort().map((name) => readFileSync(join(folder, name)));
}

function compileFile(workshop: Workshop, source: string, more: readonly string[], extension: string): Promise<string> {
  const path = join(runtimeFolder(workshop), source);
  return compile(workshop, readFileSync(path), () => path, more, extension);
}

function compileText(workshop: Workshop, { language, text }: TwinText): Promise<string> {
  const more = language === 'c' ? ['-I', runtimeFolder(workshop)] : ['-Xclang', '-disable-llvm-passes'];
  return compile(workshop, Buffer.from(text), written(text, language), ['-c', ...more], `.${language}.o`);
}

/** Intermediate language as the optimiser leaves it, ready to be compiled as a part of a twin. */
export async function optimise(workshop: Workshop, text: string): Promise<string> {
  const more = ['-S', '-emit-llvm', '-fno-discard-value-names'];
  return readFileSync(await compile(workshop, Buffer.from(text), written(text, 'll'), more, '.optimised.ll'), 'utf8');
}

function written(text: string, language: string): (folder: string) => string {
  return (folder) => {
    const path = join(folder, `twin.${language}`);
    writeFileSync(path, text);
    return path;
  };
}

async function compile(
  workshop: Workshop,
  content: Buffer,
  sourceIn: (folder: string) => string,
  more: readonly string[],
  extension: string,
): Promise<string> {
  const { clang, version } = workshop.toolchain;
  const key = sha256(version, ...flags, extension, content, ...headers(workshop));
  return cached(workshop.cacheFolder, key, extension, async (draft) => {
    const folder = dirname(draft);
    const parameters = [...flags, ...more, sourceIn(folder), '-o', draft];
    const { code, stderr } = await run(clang, parameters, { temporaryFolder: folder });
    if (code !== 0) throw broken(stderr);
  });
}

async function link(
  workshop: Workshop,
  parts: readonly string[],
  more: readonly string[],
  extension: string,
): Promise<string> {
  const { clang, version } = workshop.toolchain;
  const key = sha256(version, ...more, ...parts.map((part) => readFileSync(part)));
  return cached(workshop.cacheFolder, key, extension, async (draft) => {
    const { code, stderr } = await run(clang, [...more, ...parts, '-o', draft], { temporaryFolder: dirname(draft) });
    if (code !== 0) throw broken(stderr);
  });
}

function broken(stderr: string): KfaasError {
  return new KfaasError({
    ...compileFailure('the twin', 'native', stderr).failure,
    kind: 'internal',
    remedy: 'this is a defect of kfaas-bench: please report it with the object',
    detail: stderr.trim(),
  });
}
