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

/** The built-in `fnv1a` as a user's own program, and changes of it. */
export const fnv1a = sourceAt('bpf/functions/fnv1a.bpf.c');
/** Half of the payload is hashed once more: real work, half as much again. */
export const fnv1aPlanted = fnv1a.replace(
  'return hash;',
  'for (int i = 0; i < PAYLOAD_BYTES / 2; i++)\n\t\thash = (hash ^ payload[i]) * 16777619u;\n\treturn hash;',
);
/** Another name, a comment, and a branch that no packet of ours takes. */
export const fnv1aNeutral = fnv1a
  .replaceAll('hash', 'sum')
  .replace('return sum;', 'if (skb->len > 60000) /* jumbo */\n\t\treturn 1;\n\treturn sum;');
export const fnv1aBroken = fnv1a.replace('return hash;', 'return hash');

/** A kfaas.yml with a benchmark of the program's name for each of these sources. */
export function config(limits: Readonly<Record<string, unknown>>, ...names: readonly string[]): Record<string, string> {
  const benchmarks = names.map((name) => ({ name, source: `bpf/${name}.bpf.c`, ...limits }));
  return { 'kfaas.yml': JSON.stringify({ version: 1, benchmarks }) };
}

/** The same program as a project has it that compiles it itself, without a header of ours. */
export function withoutOurHeader(source: string): string {
  return source
    .replace('#include <kfaas.h>', '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>')
    .replace('kfaas_data(skb)', '(void *)(long)skb->data')
    .replace('kfaas_data_end(skb)', '(void *)(long)skb->data_end');
}
