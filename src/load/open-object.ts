/** From a file to an object that libbpf has read: what it would refuse without saying why is told, what it need not refuse is mended. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { KfaasError } from '../errors.js';
import { hasClassicMaps, NoSuchMap, renewMaps } from './classic-maps.js';
import { readElf, relocationsOf, symbolsOf, symbolTypes, writeElf, type ElfFile } from './elf.js';
import { complaintIn, leftoverPanic } from './libbpf-messages.js';
import type { Handle, Libbpf } from './libbpf.js';
import { readsWordAt } from './instructions.js';
import { programTypeFacts } from './program-types.js';
import { isBehindRedirect, sectionType } from './section-types.js';

export interface ObjectFile {
  /** Path of the compiled object. */
  readonly object: string;
  /** What to call it in messages: the source's path. */
  readonly source: string;
  /** Functions of the kernel that this one has not: only the programs that call them are then refused. */
  readonly lacking?: readonly string[];
}

const EM_BPF = 247;
const ET_REL = 1;

/**
 * Maps of the old kind are made new ones; none is pinned, since what is measured shares no map with anything.
 * Throws a KfaasError of kind build.
 */
export function openObject(libbpf: Libbpf, file: ObjectFile): Handle {
  const elf = elfOf(file);
  for (const symbol of symbolsOf(elf)) {
    if (symbol.section === 0 && file.lacking?.includes(symbol.name)) symbol.weaken();
  }
  libbpf.takeMessages();
  let object: Handle;
  try {
    // libbpf cuts the name of a file at its first dot, and begins the names of maps for globals with it.
    object = libbpf.openObject(writeElf(elf), basename(file.object).replace(/\..*/, ''));
  } catch (error) {
    const messages = libbpf.takeMessages();
    const complaint = complaintIn(messages) ?? {
      clause: undefined,
      remedy: 'define every function that is called, and maps in SEC(".maps"); for the rest see what libbpf says',
    };
    throw unreadable(file, complaint, messages || String(error), error);
  }
  for (const map of libbpf.mapsOf(object)) libbpf.unpinMap(map);
  for (const program of libbpf.programsOf(object)) {
    giveType(libbpf, program);
    makeRunnable(libbpf, program);
  }
  return object;
}

const UNSPECIFIED = 0;

/** Where libbpf reads no type in its SEC(). */
function giveType(libbpf: Libbpf, program: Handle): void {
  if (libbpf.programType(program) !== UNSPECIFIED) return;
  const known = sectionType(libbpf.programSection(program));
  if (known !== undefined) libbpf.setProgramType(program, known.type, known.expectedAttachType);
}

/**
 * An XDP program for behind a redirect, which the kernel has no test run for, becomes an ordinary one: the same instructions. One that
 * reads the device to leave by may be nothing else, and stays what it is.
 */
function makeRunnable(libbpf: Libbpf, program: Handle): void {
  if (!isBehindRedirect(libbpf.programSection(program)) || readsWordAt(libbpf.programInsns(program), EGRESS_IFINDEX))
    return;
  const { kernelType, expectedAttachType } = programTypeFacts.xdp;
  libbpf.setProgramType(program, kernelType, expectedAttachType);
}

/** In `struct xdp_md`. */
const EGRESS_IFINDEX = 20;

/** What a function, and behind it those that all share (`.text`), uses and the object does not define. */
export function undefinedIn(file: ObjectFile, name: string): string[] {
  const elf = elfOf(file);
  const symbols = symbolsOf(elf);
  const own = symbols.find((symbol) => symbol.type === symbolTypes.function && symbol.name === name);
  if (own === undefined) return [];
  const ofIt = relocationsOf(elf, elf.sections[own.section]?.name ?? '').filter(({ offset }) => {
    return offset >= own.value && offset < own.value + own.bytes;
  });
  const used = [...ofIt, ...relocationsOf(elf, '.text')].map(({ symbol }) => symbols[symbol]);
  return used.flatMap((symbol) => (symbol?.section === 0 ? [symbol.name] : []));
}

/** Functions of Rust's core that panic; a program that has them does not load, or not for their sake. */
export function hasLeftoverPanic(file: ObjectFile): boolean {
  return symbolsOf(elfOf(file)).some(({ name }) => leftoverPanic.test(name));
}

/** With maps that libbpf takes. */
function elfOf(file: ObjectFile): ElfFile {
  const bytes = readFileSync(file.object);
  const wrong = (clause: string, remedy: string): KfaasError => unreadable(file, { clause, remedy });
  if (bytes.length < 64 || !bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))) {
    throw wrong(
      'it is not an ELF file',
      'give the object that the compiler wrote, not its source, its assembly or LLVM bitcode',
    );
  }
  const isBig = bytes[5] === 2;
  const [type, machine] = [16, 18].map((at) => (isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)));
  if (machine !== EM_BPF) {
    throw wrong(
      `it is made for machine ${String(machine)}, and eBPF is ${String(EM_BPF)}`,
      'compile it with -target bpf (Rust: bpfel-unknown-none)',
    );
  }
  if (isBig) {
    throw wrong(
      'it is big-endian, and this machine is little-endian',
      'compile it with -target bpfel, or -target bpf on a machine like this one (Rust: bpfel-unknown-none)',
    );
  }
  if (type !== ET_REL) {
    throw wrong('it is not a relocatable object', 'give what `clang -c`, `bpftool gen object` or bpf-linker wrote');
  }
  try {
    const elf = readElf(bytes);
    if (hasClassicMaps(elf)) renewMaps(elf);
    return elf;
  } catch (error) {
    if (error instanceof NoSuchMap) throw wrong(error.message, 'define it in SEC(".maps") (aya: #[btf_map])');
    if (error instanceof RangeError) throw wrong(`the file is broken (${error.message})`, 'compile it again');
    throw error;
  }
}

function unreadable(
  { source }: ObjectFile,
  { clause, remedy }: { readonly clause: string | undefined; readonly remedy: string },
  detail?: string,
  cause?: unknown,
): KfaasError {
  const failure = {
    kind: 'build',
    message: `${source}: libbpf cannot read the compiled object${clause === undefined ? '' : `: ${clause}`}`,
    remedy,
    ...(detail === undefined ? {} : { detail }),
    location: { file: source },
  } as const;
  return new KfaasError(failure, { cause });
}
