/** Files that the user names: they are looked at here, once, so that a slip is found before anything is built. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { hexSchema, type Input } from '../domain/plan.js';
import { usageError, type Given } from './values.js';

/** Contexts of syscall programs end at U16_MAX (kernel, net/bpf/test_run.c), IP packets too; other types take less still. */
const largestInputBytes = 0xffff;

type FileKind = 'file' | 'folder' | 'other' | 'unreadable' | 'missing';

/** Whatever stat(2) says of a path that leads nowhere; hex digits are often too long to be a name at all. */
const leadsNowhere = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP']);

export function fileKind(file: string): FileKind {
  try {
    const stats = statSync(file);
    accessSync(file, constants.R_OK);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return leadsNowhere.has((error as NodeJS.ErrnoException).code ?? '') ? 'missing' : 'unreadable';
  }
}

/** What is wrong with such a path where a file is wanted, behind its value. */
export const problems: { readonly [K in FileKind]: string } = {
  file: '',
  folder: ', which is a folder',
  other: ', which is not a regular file',
  unreadable: ', which may not be read',
  missing: ', which does not exist',
};

/** Where the working directory is, absolute; the process's own where none was given. */
export function workingDirectoryOf(value: Given | undefined, processDirectory: string): string {
  if (value === undefined) return processDirectory;
  const folder = path.resolve(processDirectory, value.text);
  const kind = fileKind(folder);
  if (kind === 'folder') return folder;
  const problem = kind === 'file' ? ', which is not a folder' : problems[kind];
  throw usageError(value, problem, `give a folder that exists; it is looked for from ${processDirectory}`);
}

/** The plan's way to name a file: relative inside of the working directory, absolute outside. */
export function inPlan(file: string, workingDirectory: string): string {
  const relative = path.relative(workingDirectory, file);
  return relative.split(path.sep)[0] === '..' ? file : relative;
}

/** A file's bytes as an input that is named after it. */
export function fileInput(value: Given, workingDirectory: string): Input {
  const file = path.resolve(workingDirectory, value.text);
  const kind = fileKind(file);
  if (kind !== 'file') {
    throw usageError(
      value,
      problems[kind],
      `give a file with the packet's raw bytes; paths start at ${workingDirectory}`,
    );
  }
  const bytes = statSync(file).size;
  if (bytes === 0) throw usageError(value, ', which is empty', "give a file with the packet's raw bytes");
  if (bytes > largestInputBytes) {
    throw usageError(
      value,
      `, which has ${bytes.toLocaleString('en-US')} bytes`,
      `give one packet of at most ${largestInputBytes.toLocaleString('en-US')} bytes`,
    );
  }
  return { name: path.basename(file), hex: readFileSync(file).toString('hex') };
}

/** Hex digits as an input. */
export function hexInput(value: Given): Input {
  const hex = hexSchema.min(2).safeParse(value.text.toLowerCase());
  if (!hex.success) throw usageError(value, '', 'give an even number of hex digits and nothing else, such as 0a0b0c');
  if (hex.data.length / 2 > largestInputBytes) {
    throw usageError(
      value,
      `, ${(hex.data.length / 2).toLocaleString('en-US')} bytes`,
      `give one packet of at most ${largestInputBytes.toLocaleString('en-US')} bytes`,
    );
  }
  return { name: 'hex', hex: hex.data };
}

/** A file's bytes where such a file exists, else hex digits. */
export function packetInput(value: Given, workingDirectory: string): Input {
  if (fileKind(path.resolve(workingDirectory, value.text)) !== 'missing') return fileInput(value, workingDirectory);
  if (/^[0-9a-f]+$/i.test(value.text)) return hexInput(value);
  throw usageError(
    value,
    ', which is neither a file that exists nor hex digits',
    `give a file with the packet's raw bytes (paths start at ${workingDirectory}) or its bytes as hex digits, such as 0a0b0c`,
  );
}

/** Names that are unique: the second `udp.bin` becomes `udp.bin (2)`. */
export function withUniqueNames<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const taken = new Set<string>();
  return items.map((item) => {
    let name = item.name;
    for (let number = 2; taken.has(name); number += 1) name = `${item.name} (${number})`;
    taken.add(name);
    return { ...item, name };
  });
}
