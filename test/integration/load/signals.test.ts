import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programTypeFacts } from '../../../src/load/program-types.js';
import { openEngine, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

/** `r0 = 0`, as often as keeps the verifier busy for milliseconds, and `exit`. */
const long = Buffer.concat([
  ...Array.from({ length: 50_000 }, () => Buffer.from('b700000000000000', 'hex')),
  Buffer.from('9500000000000000', 'hex'),
]);

describe.skipIf(!available('kernel'))('signals', () => {
  let engine: Engine;
  const ignored = () => undefined;
  beforeAll(async () => {
    engine = await openEngine();
    process.on('SIGUSR2', ignored);
  });
  afterAll(() => {
    process.off('SIGUSR2', ignored);
    engine.close();
  });

  // A compiler that ends sends SIGCHLD; it may do so while a program of another benchmark is loaded.
  it('that come while the verifier is at work refuse no program', async () => {
    const { kernelType, expectedAttachType, flags } = programTypeFacts.socket_filter;
    const sender = spawn('sh', ['-c', `for i in $(seq 25); do kill -USR2 ${process.pid}; sleep 0.1; done`]);
    const ended = once(sender, 'exit');
    const endMs = Date.now() + 3_000;
    expect(() => {
      while (Date.now() < endMs) {
        closeSync(engine.libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: long }));
      }
    }).not.toThrow();
    await ended;
  });
});
