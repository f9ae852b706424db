/** The corpus as objects: selftests of a kernel source, packaged objects, the project's own programs. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compileForKernel, type SourceUnit, type Workshop } from '../../../src/build/compile.js';
import { sh, unpackPackage, unpackSelftests } from './packages.js';

export interface CorpusObject {
  /** Such as `linux-source-6.1/test_xdp.c`. */
  readonly name: string;
  /** Absent where it came without its source. */
  readonly unit?: SourceUnit;
  /** Path of the compiled object, or why there is none. */
  readonly object: { readonly path: string } | { readonly refused: string };
}

/** Sections of the program types that the corpus is about. */
const SECTIONS =
  /SEC\("\??(xdp|tc\b|tc\/|tcx|classifier|action|socket\b|socket[0-9/]|cgroup_skb|cgroup\/skb|lwt_|flow_dissector)/;

/** Every selftest source that defines a program of these types. */
export async function selftestObjects(workshop: Workshop, source: string, folder: string): Promise<CorpusObject[]> {
  const root = unpackSelftests(source, folder);
  const selftests = path.join(root, 'tools/testing/selftests/bpf');
  const includes = prepareIncludes(root);
  const cflags = [includes, selftests, path.join(selftests, 'progs'), path.join(root, 'tools/include/uapi')]
    .flatMap((each) => ['-I', each])
    .concat('-Wno-everything');
  const all = readdirSync(path.join(selftests, 'progs')).filter((file) => file.endsWith('.c'));
  const chosen = all.filter((file) => SECTIONS.test(readFileSync(path.join(selftests, 'progs', file), 'utf8')));
  return inTurns(chosen.sort(), async (file) => {
    const unit = { tree: selftests, source: path.join('progs', file), cflags };
    return { name: `${source}/${file}`, unit, object: await compiled(workshop, unit) };
  });
}

/** libbpf's headers by the names that programs include them by. */
function prepareIncludes(root: string): string {
  const includes = path.join(root, 'includes');
  mkdirSync(path.join(includes, 'bpf'), { recursive: true });
  sh('cp tools/lib/bpf/*.h "$1/bpf" && cp /usr/include/bpf/bpf_helper_defs.h "$1/bpf"', root, includes);
  return includes;
}

async function compiled(workshop: Workshop, unit: SourceUnit): Promise<CorpusObject['object']> {
  try {
    return { path: (await compileForKernel(workshop, unit)).bpf };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** As many at once as there are CPUs to compile on here. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 2) results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  return results;
}

const EM_BPF = 247;

/**
 * The objects that xdp-tools' source package installs: files of libxdp, and those that its commands carry within, as
 * bpftool's skeletons do.
 */
export function xdpToolsObjects(folder: string): CorpusObject[] {
  const library = filesUnder(unpackPackage('libxdp1', folder)).filter((file) => file.endsWith('.o'));
  const commands = filesUnder(path.join(unpackPackage('xdp-tools', folder), 'usr/sbin')).flatMap((command) =>
    embedded(command).map((bytes, i) => {
      const file = path.join(folder, 'xdp-tools', `${path.basename(command)}.${String(i)}.o`);
      writeFileSync(file, bytes);
      return file;
    }),
  );
  return [...library, ...commands].map((file) => ({
    name: `xdp-tools/${path.basename(file)}`,
    object: { path: file },
  }));
}

function filesUnder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => path.join(folder, name)).filter((file) => statSync(file).isFile());
}

/** ELF objects for BPF within a file; each ends where its section headers do. */
function embedded(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  for (let at = bytes.indexOf(magic, 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (bytes.readUInt16LE(at + 18) !== EM_BPF) continue;
    const sectionHeaders = Number(bytes.readBigUInt64LE(at + 40));
    const end = sectionHeaders + bytes.readUInt16LE(at + 58) * bytes.readUInt16LE(at + 60);
    found.push(bytes.subarray(at, at + end));
  }
  return found;
}

/** Programs of a folder of this project. */
export async function ownObjects(workshop: Workshop, tree: string): Promise<CorpusObject[]> {
  const files = readdirSync(tree).filter((file) => file.endsWith('.bpf.c'));
  return inTurns(files.sort(), async (source) => {
    const unit = { tree, source, cflags: [] };
    return { name: `own/${source}`, unit, object: await compiled(workshop, unit) };
  });
}
