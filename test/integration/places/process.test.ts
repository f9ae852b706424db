import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { KfaasError, type Failure } from '../../../src/errors.js';
import { processPlace, type ProcessOptions } from '../../../src/places/process.js';
import type { WorkerEvent } from '../../../src/places/protocol.js';

const entry = fileURLToPath(new URL('../../fixtures/workers/worker.js', import.meta.url));
const job = { protocol: 1, kind: 'probe' } as const;

afterEach(() => {
  delete process.env.KFAAS_WORKER;
});

interface Options extends ProcessOptions {
  onEvent?: (event: WorkerEvent) => void;
  signal?: AbortSignal;
}

async function run(manner: string, { onEvent, signal, ...options }: Options = {}): Promise<WorkerEvent[]> {
  process.env.KFAAS_WORKER = manner;
  const events: WorkerEvent[] = [];
  const place = processPlace({ entry, ...options });
  await place.run(
    job,
    (event) => {
      events.push(event);
      onEvent?.(event);
    },
    signal ?? new AbortController().signal,
  );
  return events;
}

async function failure(run: Promise<unknown>): Promise<Failure> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KfaasError) return error.failure;
  throw new Error('not a KfaasError', { cause: error });
}

function detailOf(event: WorkerEvent | undefined): string {
  return event?.event === 'warning' ? event.warning.message : '';
}

/** False for a zombie, too: it holds nothing and waits for its new parent. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Runs a worker that tells a process id, and aborts as soon as it did. */
async function abortAfterFirstEvent(manner: string): Promise<number> {
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  let pid = 0;
  const running = run(manner, {
    graceMs: 200,
    signal: controller.signal,
    onEvent: (event) => {
      pid = Number(detailOf(event));
      expect(isAlive(pid)).toBe(true);
      controller.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  return pid;
}

describe('a worker in a child process', () => {
  it('gets the job and hands on its events, the last of them done', async () => {
    const events = await run('good');
    expect(events.map(({ event }) => event)).toEqual(['warning', 'done']);
    expect(detailOf(events[0])).toBe('probe');
  });

  it('gets no secrets in its environment', async () => {
    process.env.INPUT_GITHUB_TOKEN = 'x';
    process.env.ACTIONS_RUNTIME_URL = 'x';
    process.env.MY_API_KEY = 'x';
    try {
      const names = detailOf((await run('secrets'))[0]).split(' ');
      expect(names).toContain('PATH');
      expect(names).not.toEqual(expect.arrayContaining([expect.stringMatching(/INPUT|ACTIONS|API_KEY/)]));
    } finally {
      delete process.env.INPUT_GITHUB_TOKEN;
      delete process.env.ACTIONS_RUNTIME_URL;
      delete process.env.MY_API_KEY;
    }
  });

  it('is ended at its first line that is no event, which is quoted and not believed', async () => {
    const { kind, message } = await failure(run('garbage'));
    expect(kind).toBe('internal');
    expect(message).toBe('the worker sent a line that is not JSON: "make: Entering directory"');
  });

  it('that dies is reported with its exit code and its last words, harmless for terminal and runner', async () => {
    const { kind, message, remedy, detail } = await failure(run('dies'));
    expect(kind).toBe('internal');
    expect(message).toBe('the worker ended with exit code 7 before it was done');
    expect(remedy).toContain('report');
    expect(detail).toBe('| something broke\n| ::error::not for the runner\n| ## [error]nor this');
  });

  it('that is killed is reported with the signal', async () => {
    const { kind, message, remedy } = await failure(run('killed'));
    expect(kind).toBe('environment');
    expect(message).toContain('SIGKILL');
    expect(remedy).toContain('memory');
  });

  it('that ends without done has failed, though its exit code is 0', async () => {
    expect((await failure(run('mute'))).message).toContain('exit code 0 before it was done');
  });

  it('that is done but lingers is ended, and the run is good', async () => {
    expect(await run('lingers', { graceMs: 200 })).toEqual([{ event: 'done' }]);
  });

  it('that hangs is ended at its time limit', async () => {
    let pid = 0;
    const running = run('hangs', {
      timeLimitSeconds: 1,
      graceMs: 200,
      onEvent: (event) => (pid = Number(detailOf(event))),
    });
    expect((await failure(running)).message).toBe('the worker was not done after 1 s and was ended');
    expect(isAlive(pid)).toBe(false);
  });

  it.each(['hangs', 'stubborn', 'family'])(
    '%s: leaves nothing when aborted, and rejects with the reason',
    async (manner) => {
      expect(isAlive(await abortAfterFirstEvent(manner))).toBe(false);
    },
  );

  it('leaves no child of its own behind when it is done', async () => {
    const events = await run('orphans');
    expect(isAlive(Number(detailOf(events[0])))).toBe(false);
  });

  it('that floods is stopped at the limit of a line', async () => {
    const limits = { lineBytes: 1_000_000, totalBytes: 10_000_000 };
    expect((await failure(run('floods', { limits }))).message).toContain('a line of more than 1000000 bytes');
  });

  it('is not started where the run was aborted before', async () => {
    const reason = new Error('too late');
    await expect(run('good', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('reports an entry that does not exist', async () => {
    const { message, detail } = await failure(run('good', { entry: '/nonexistent/index.js' }));
    expect(message).toContain('exit code 1');
    expect(detail).toContain('/nonexistent/index.js');
  });
});
