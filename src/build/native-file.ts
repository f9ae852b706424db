/** What a project compiled for this machine itself, beside its eBPF object. */
import { closeSync, openSync, readSync } from 'node:fs';
import { KfaasError } from '../errors.js';
import { fileInTree } from './compile.js';

const archiveMagic = '!<arch>\n';
const elfMagic = '\x7fELF';

/** `e_machine` (elf(5)) by what Node calls a machine. */
const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };
const ET_REL = 1;

/**
 * Path of a static library or a relocatable object of this machine: what can be linked with the timed loop, in as many layouts as
 * are wanted. Throws a KfaasError of kind build.
 */
export function nativeFileInTree(tree: string, file: string, machine: string = process.arch): string {
  const path = fileInTree(tree, file);
  const header = Buffer.alloc(20);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (header.toString('latin1', 0, 8) === archiveMagic) return path;
  const problem =
    header.toString('latin1', 0, 4) !== elfMagic
      ? 'is neither a static library nor an object'
      : header.readUInt16LE(18) !== machines[machine]
        ? 'is compiled for another machine than this one'
        : header.readUInt16LE(16) !== ET_REL
          ? 'is linked already, so it cannot be laid out anew in each round'
          : undefined;
  if (problem === undefined) return path;
  throw new KfaasError({
    kind: 'build',
    message: `native ${file} ${problem}`,
    remedy:
      'give a static library (.a; Rust: crate-type = ["staticlib"]) or a relocatable object (.o) that defines the program',
  });
}
