/** The worker as a child process: for a process that may load BPF itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KfaasError } from '../errors.js';
import { timeLimitSeconds } from './deadline.js';
import { endedTooEarly, tookTooLong, type Ending } from './ended.js';
import type { Place } from './place.js';
import { groupGone, signalGroup } from './process-group.js';
import type { Job } from './protocol.js';
import { readEvents, streamLimits, type StreamLimits } from './stream.js';
import { tail, type Tail } from './tail.js';

export interface ProcessOptions {
  /** The script that is started as `node <entry> worker`. Default: this process's own. */
  readonly entry?: string;
  /** Milliseconds between SIGTERM and SIGKILL, and that a worker which is done has for its own way out. */
  readonly graceMs?: number;
  readonly limits?: StreamLimits;
  /** Default: what the job may take. */
  readonly timeLimitSeconds?: number;
}

export function processPlace(options: ProcessOptions = {}): Place {
  const { entry = process.argv[1] ?? '', graceMs = 2000, limits = streamLimits } = options;
  return {
    name: 'process',
    async run(job, onEvent, signal) {
      signal.throwIfAborted();
      const seconds = options.timeLimitSeconds ?? timeLimitSeconds(job);
      const deadline = AbortSignal.timeout(Math.min(seconds * 1000, 2 ** 31 - 1));
      const worker = await start(entry, job);
      addAbortSignal(AbortSignal.any([signal, deadline]), worker.output);
      let mayFinish = false;
      let done: boolean;
      try {
        done = await readEvents(job, worker.output, onEvent, limits);
        mayFinish = true;
      } catch (error) {
        signal.throwIfAborted();
        throw deadline.aborted ? tookTooLong(seconds, worker.said) : error;
      } finally {
        await end(worker, mayFinish, graceMs);
      }
      if (!done) throw endedTooEarly(await worker.ending, worker.said);
    },
  };
}

interface Worker {
  /** Of the worker, and of the process group that it leads. */
  readonly pid: number | undefined;
  readonly output: Readable;
  readonly said: Tail;
  readonly ending: Promise<Ending>;
}

async function start(entry: string, job: Job): Promise<Worker> {
  const child = spawn(process.execPath, [entry, 'worker'], {
    detached: true, // a process group of its own, so that one signal reaches whatever it started
    stdio: ['pipe', 'pipe', 'pipe'],
    env: withoutSecrets(process.env),
  });
  const ending = endingOf(child);
  const said = tail();
  child.stderr.on('data', (chunk: Buffer) => said.add(chunk));
  child.stdin.on('error', () => undefined); // a worker that died early is reported by its ending
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new KfaasError(
      {
        kind: 'environment',
        message: `the worker could not be started: ${error instanceof Error ? error.message : String(error)}`,
        remedy: `see that ${process.execPath} may be executed and that the machine has processes and memory left`,
      },
      { cause: error },
    );
  }
  child.stdin.end(JSON.stringify(job));
  return { pid: child.pid, output: child.stdout, said, ending };
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      // A descendant that outlives the worker would hold its output open, and be left.
      signalGroup(child.pid, 'SIGKILL');
      resolve({ code, signal });
    });
  });
}

/** Resolves when the worker and its whole group are gone. */
async function end(worker: Worker, mayFinish: boolean, graceMs: number): Promise<void> {
  if (mayFinish && (await endsWithin(worker, graceMs))) return groupGone(worker.pid);
  signalGroup(worker.pid, 'SIGTERM');
  if (!(await endsWithin(worker, graceMs))) signalGroup(worker.pid, 'SIGKILL');
  await worker.ending;
  await groupGone(worker.pid);
}

async function endsWithin(worker: Worker, milliseconds: number): Promise<boolean> {
  const clock = new AbortController();
  const late = sleep(milliseconds, false, { signal: clock.signal }).catch(() => false);
  const ended = await Promise.race([worker.ending.then(() => true), late]);
  clock.abort();
  return ended;
}

/** The worker builds and runs code under test: it gets nothing that speaks for the user elsewhere. */
export function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secret = /^(GITHUB|ACTIONS|INPUT|RUNNER|GH)_|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secret.test(name)));
}
