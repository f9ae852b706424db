/** What a busy neighbour does, two of it, one for each CPU of a small runner. */
import { spawn } from 'node:child_process';
import type { Condition } from './recording.js';

const programs: { readonly [C in Exclude<Condition, 'quiet'>]: string } = {
  loops: 'for (;;);',
  memory: 'const a = Buffer.alloc(1 << 26), b = Buffer.alloc(1 << 26); for (;;) a.copy(b);',
  // Busy for 1 to 40 ms, then away for 1 to 120 ms.
  bursts: `const rest = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const end = performance.now() + 1 + 39 * Math.random();
      while (performance.now() < end);
      Atomics.wait(rest, 0, 0, 1 + 119 * Math.random());
    }`,
};

/** Starts it; the returned function ends it. */
export function startLoad(condition: Condition): () => void {
  if (condition === 'quiet') return () => undefined;
  const processes = [0, 1].map(() => spawn(process.execPath, ['-e', programs[condition]], { stdio: 'ignore' }));
  return () => {
    for (const child of processes) child.kill();
  };
}
