import { describe, expect, it } from 'vitest';
import type { Job, WorkerEvent } from '../../../src/places/protocol.js';
import { readEvents } from '../../../src/places/stream.js';
import { measureJob } from '../../helpers/measure-job.js';

const probeJob: Job = { protocol: 1, kind: 'probe' };
const addJob = measureJob();

const progress = (benchmark: string) => ({ event: 'progress', benchmark, stage: 'build', fraction: 0.5 });
const done = { event: 'done' };
const said = (...events: unknown[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function read(text: string, job: Job = addJob, limits?: { lineBytes: number; totalBytes: number }, size = 7) {
  const events: WorkerEvent[] = [];
  const ended = await readEvents(job, chunksOf(text, size), (event) => events.push(event), limits);
  return { ended, events };
}

describe('reading a worker', () => {
  it.each([1, 7, 1000])(
    'puts lines together from chunks of %i bytes, and characters from their bytes',
    async (size) => {
      const note = { ...progress('add'), note: 'größer → ∞' };
      const { ended, events } = await read(said(note, note, done), addJob, undefined, size);
      expect(ended).toBe(true);
      expect(events).toEqual([note, note, done]);
    },
  );

  it('believes nothing after done', async () => {
    const { ended, events } = await read(said(done) + 'garbage\n');
    expect(ended).toBe(true);
    expect(events).toEqual([done]);
  });

  it('tells an end without done', async () => {
    expect(await read(said(progress('add')))).toEqual({ ended: false, events: [progress('add')] });
    expect(await read('')).toEqual({ ended: false, events: [] });
  });

  it('takes a last line without its line feed', async () => {
    expect((await read(JSON.stringify(done))).ended).toBe(true);
  });

  it.each([
    ['an empty line', '\n', 'not JSON: ""'],
    ['a command to the runner', '::add-mask::a\n', 'not JSON: "::add-mask::a"'],
    ['terminal codes, quoted', '\u001b[2J\n', 'not JSON: "\\u001b[2J"'],
    ['an unknown event', said({ event: 'hello' }), 'no event (event: '],
    ['a key too many', said({ event: 'done', verdict: 'pass' }), 'no event'],
    ['a fraction beyond 1', said({ ...progress('add'), fraction: 2 }), 'no event (fraction: '],
    ['another benchmark', said(progress('sub')), 'not in its job: "sub"'],
    ['probes', said({ event: 'probes', probes: [] }), 'nobody asked for'],
    ['bytes that are no UTF-8', '\u0000\n', 'not JSON'],
  ])('refuses %s', async (_what, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('refuses a benchmark in answer to a probe', async () => {
    await expect(read(said(progress('add')), probeJob)).rejects.toThrow('not in its job');
  });

  it('takes what every program of an object is told by, and nothing else for it', async () => {
    const every: Job = { ...addJob, benchmarks: addJob.benchmarks.map((plan) => ({ ...plan, every: true })) };
    const vanished = (benchmark: string) => said({ event: 'vanished', benchmark });
    const { events } = await read(said(progress('add/one')) + vanished('add/two') + said(done), every);
    expect(events).toHaveLength(3);
    await expect(read(said(progress('sub/one')), every)).rejects.toThrow('not in its job: "sub/one"');
    await expect(read(vanished('other'), every)).rejects.toThrow('not in its job: "other"');
    await expect(read(said(progress('add/one')))).rejects.toThrow('not in its job: "add/one"');
  });

  it('refuses rows of another benchmark', async () => {
    const row = {
      benchmark: 'sub',
      revision: 'head',
      arm: 'kernel',
      environment: 'here',
      metric: { name: 'time', unit: 'ns', better: 'lower', kind: 'sampled' },
      values: [1],
      rounds: [0],
      evidence: { invocations: 1, batches: 1, retries: 0 },
    };
    const benchmark = { plan: addJob.benchmarks[0], programs: [], rounds: 1, seconds: 1 };
    const event = (name: string) => ({ event: 'benchmark', benchmark, rows: [{ ...row, benchmark: name }] });
    await expect(read(said(event('sub')))).rejects.toThrow('a row of "sub" among those of "add"');
    expect((await read(said(event('add')))).events).toHaveLength(1);
  });

  it('bounds a line and the whole', async () => {
    const limits = { lineBytes: 100, totalBytes: 300 };
    await expect(read('x'.repeat(200), addJob, limits)).rejects.toThrow('a line of more than 100 bytes');
    const line = said(progress('add'));
    await expect(read(line.repeat(10), addJob, limits)).rejects.toThrow('more than 300 bytes');
  });
});
