/** One process of load (load.ts): does what it was told last, and ends with the process that tells it. */
import type { LoadKind } from './load.js';

/** Milliseconds of work between two looks at what it was told. */
const STINT_MS = 20;
const BLOCK_BYTES = 64 * 1024 * 1024;

const blocks = { here: Buffer.alloc(BLOCK_BYTES, 1), there: Buffer.alloc(BLOCK_BYTES, 2) };

function spin(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** A stint of each kind; returns milliseconds to sleep. */
const stints: { readonly [K in LoadKind]: () => number } = {
  busy: () => {
    spin(STINT_MS);
    return 0;
  },
  memory: () => {
    blocks.here.copy(blocks.there);
    blocks.there.copy(blocks.here);
    return 0;
  },
  bursts: () => {
    spin(1 + 29 * Math.random());
    return 1 + 99 * Math.random();
  },
};

let stint: (() => number) | undefined;

function work(): void {
  if (stint === undefined || !process.connected) return;
  const sleepMs = stint();
  if (sleepMs > 0) setTimeout(work, sleepMs);
  else setImmediate(work);
}

process.on('message', (kind: LoadKind | 'none') => {
  const wasIdle = stint === undefined;
  stint = kind === 'none' ? undefined : stints[kind];
  if (wasIdle) work();
  process.send?.(kind);
});
