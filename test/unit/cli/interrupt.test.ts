import { once } from 'node:events';
import { expect, it } from 'vitest';
import { Interruption, interruptible } from '../../../src/cli/interrupt.js';

/** Work that ends some time after it was interrupted, as a worker does. */
async function untilAborted(signal: AbortSignal): Promise<string> {
  await once(signal, 'abort');
  await new Promise((resolve) => setTimeout(resolve, 10));
  return 'cleaned up';
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the work, waits for it and ends in %i', async (name, exitCode) => {
  let end = '';
  const work = interruptible(async (signal) => {
    end = await untilAborted(signal);
  });
  process.kill(process.pid, name);
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Interruption);
  expect(error).toMatchObject({ exitCode, message: `interrupted by ${name}` });
  expect(end).toBe('cleaned up');
});

it('says interrupted whatever the work says of it', async () => {
  const work = interruptible(async (signal) => {
    await untilAborted(signal);
    throw new Error('something of the work’s own');
  });
  process.kill(process.pid, 'SIGINT');
  await expect(work).rejects.toBeInstanceOf(Interruption);
});

it('leaves the signals to others afterwards', async () => {
  const before = process.listenerCount('SIGINT');
  await expect(interruptible(() => Promise.resolve(7))).resolves.toBe(7);
  await expect(interruptible(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(process.listenerCount('SIGINT')).toBe(before);
});
