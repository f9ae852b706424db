/** Files that the user names: they are looked at here, once, so that a slip is found before anything is built. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { usageError, type Given } from './values.js';

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
