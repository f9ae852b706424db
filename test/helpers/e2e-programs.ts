/** Workspaces of the end-to-end tests, and inputs that make a run short. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from './e2e-image.js';

/** The built-in `add`, as a user's own program. */
export const add = { 'bpf/add.bpf.c': sourceAt('bpf/functions/add.bpf.c') };

/** A program of test/fixtures/e2e under `bpf/`. */
export function program(name: string): Record<string, string> {
  return { [`bpf/${name}.bpf.c`]: sourceAt(`test/fixtures/e2e/${name}.bpf.c`) };
}

function sourceAt(file: string): string {
  return readFileSync(path.join(repositoryRoot, file), 'utf8');
}

/** Two little-endian u32, 10 and 20: what `add` and its like take. */
export const pair = '0a00000014000000';

/** Decided at the judge's first look, whatever the machine does meanwhile. */
export const quick = { packet: pair, iterations: '1000', threshold: '0.001' } as const;

/** Proved in seconds and measured for a minute, by whoever does not end it before. */
export const lengthy = { packet: pair, iterations: '100000000' } as const;
