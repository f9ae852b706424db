/** What names a program's code: C source, or an object that is compiled already. */
import path from 'node:path';
import type { BenchmarkPlan } from '../domain/plan.js';
import { fileKind, inPlan, problems } from './files.js';
import { objectKind, objectPath } from './objects.js';
import { usageError, type Given } from './values.js';

export type Code = Pick<BenchmarkPlan, 'source' | 'object'>;

/** The plan's way to name a C source. */
export function sourcePath(value: Given, workingDirectory: string): string {
  const file = existing(value, workingDirectory);
  if (!file.endsWith('.c')) {
    throw usageError(
      value,
      ', which is not a C file',
      'give C source, named *.c; a compiled object is named by `object`',
    );
  }
  return inPlan(file, workingDirectory);
}

/** C source by its suffix, an object by what is in it. */
export function sourceOrObject(value: Given, workingDirectory: string): Code {
  const file = existing(value, workingDirectory);
  if (file.endsWith('.c')) return { source: inPlan(file, workingDirectory) };
  if (objectKind(file) === 'no-elf' && !file.endsWith('.o')) {
    throw usageError(
      value,
      ', which is neither C source nor a compiled object',
      'give the eBPF program as C source, named *.c, or as an eBPF object (ELF)',
    );
  }
  return { source: objectPath(value, workingDirectory), object: {} };
}

function existing(value: Given, workingDirectory: string): string {
  const file = path.resolve(workingDirectory, value.text);
  const kind = fileKind(file);
  if (kind === 'file') return file;
  throw usageError(value, problems[kind], `give C source or an eBPF object; paths start at ${workingDirectory}`);
}

/** A file's name without what every such file has: `parse.bpf.c` → `parse`. */
export function programName(file: string): string {
  return file.replace(/(\.bpf)?\.[co]$/, '');
}
