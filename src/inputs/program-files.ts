/** The eBPF programs of a tree, by the names that their files go by: `*.bpf.c` and `*.bpf.o`. */
import { readdirSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { KfaasError } from '../errors.js';
import { programName } from './programs.js';

export interface ProgramFile {
  /** Unique: the file's name, with its folders where another file has the same. */
  readonly name: string;
  /** From the folder that was searched. */
  readonly file: string;
  readonly isObject: boolean;
}

/** Other people's code, which no change of the project's own makes slower. */
export const foreignFolders = ['node_modules', 'vendor', 'third_party'] as const;

/** A home folder or a root file system is no project. */
const MOST_ENTRIES = 200_000;

/**
 * Every program file below a folder, sorted. Not searched are hidden folders, those of other people's code, other checkouts
 * (submodules among them) and what may not be read; links are not followed. An object whose source (`x.bpf.c`
 * for `x.bpf.o`) is in the tree as well is what that compiles to, and is left out.
 * @throws KfaasError (usage) where there is too much to look through
 */
export function findProgramFiles(folder: string): ProgramFile[] {
  const files = [...filesBelow(folder)].filter((file) => /[^/]\.bpf\.[co]$/.test(file)).sort();
  const nameOf = (file: string): string => programName(path.basename(file));
  const sources = new Set(files.filter((file) => file.endsWith('.c')).map(nameOf));
  const programs = files.filter((file) => file.endsWith('.c') || !sources.has(nameOf(file)));
  return programs.map((file) => {
    const isAlone = programs.filter((other) => nameOf(other) === nameOf(file)).length === 1;
    return { name: isAlone ? nameOf(file) : programName(file), file, isObject: file.endsWith('.o') };
  });
}

/** Paths from `top`, breadth first. */
function* filesBelow(top: string): Generator<string> {
  const folders = ['.'];
  let seen = 0;
  for (const folder of folders) {
    const entries = entriesOf(path.join(top, folder));
    seen += entries.length;
    if (seen > MOST_ENTRIES) throw tooMuch(top);
    if (folder !== '.' && entries.some(({ name }) => name === '.git')) continue;
    for (const entry of entries) {
      const file = path.join(folder, entry.name);
      if (entry.isFile()) yield file;
      if (entry.isDirectory() && isSearched(entry.name)) folders.push(file);
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // closed to us, or gone since
  }
}

function isSearched(name: string): boolean {
  return !name.startsWith('.') && !foreignFolders.some((foreign) => foreign === name);
}

function tooMuch(folder: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `${folder} holds more than ${MOST_ENTRIES.toLocaleString('en-US')} files, too many to look for programs in`,
    remedy: 'start in the folder of a project, name a source, or write a kfaas.yml',
  });
}
