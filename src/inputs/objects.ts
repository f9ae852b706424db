/** Compiled programs that the user names: told from everything else by what is in the file, since not all have a suffix. */
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { fileKind, inPlan, problems } from './files.js';
import { usageError, type Given } from './values.js';

/** Whether the objects that are named are there by now, or are made later, or elsewhere. */
export type ObjectsAre = 'there' | 'later';

/** What a file is by its first bytes (elf(5)): EM_BPF is machine 247. */
type ObjectKind = 'bpf' | 'other-elf' | 'no-elf';

const elfMagic = Buffer.from('\x7fELF', 'latin1');
const bpfMachine = 247;

export function objectKind(file: string): ObjectKind {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (!header.subarray(0, 4).equals(elfMagic)) return 'no-elf';
  const isBigEndian = header[5] === 2;
  const machine = isBigEndian ? header.readUInt16BE(18) : header.readUInt16LE(18);
  return machine === bpfMachine ? 'bpf' : 'other-elf';
}

/** The plan's way to name an object. */
export function objectPath(value: Given, workingDirectory: string, objectsAre: ObjectsAre = 'there'): string {
  const file = path.resolve(workingDirectory, value.text);
  if (objectsAre === 'later') return inPlan(file, workingDirectory);
  const kind = fileKind(file);
  if (kind !== 'file') {
    throw usageError(value, problems[kind], `build it before, or by \`build:\`; paths start at ${workingDirectory}`);
  }
  const object = objectKind(file);
  if (object === 'no-elf') {
    throw usageError(
      value,
      ', which is no compiled object',
      'give an eBPF object (ELF); C source is named by `source`',
    );
  }
  if (object === 'other-elf') {
    throw usageError(value, ', which is an object for another machine than eBPF', 'compile it with -target bpf');
  }
  return inPlan(file, workingDirectory);
}

/** The plan's way to name what a project compiled for this machine itself. */
export function nativePath(value: Given, workingDirectory: string, objectsAre: ObjectsAre = 'there'): string {
  const file = path.resolve(workingDirectory, value.text);
  const kind = fileKind(file);
  if (objectsAre === 'later' || kind === 'file') return inPlan(file, workingDirectory);
  throw usageError(value, problems[kind], `build it before, or by \`build:\`; paths start at ${workingDirectory}`);
}
