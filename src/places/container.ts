/** The worker as a sibling container, started from our own image through the Docker socket that the runner mounts. */
import { randomUUID } from 'node:crypto';
import { addAbortSignal } from 'node:stream';
import type { Probe } from '../domain/probe.js';
import { KfaasError, failureOf } from '../errors.js';
import { installationFolder } from '../installation.js';
import {
  archiveOf,
  attachContainer,
  createContainer,
  endingOf,
  isRunning,
  labelled,
  removeContainer,
  startContainer,
} from './containers.js';
import { timeLimitSeconds } from './deadline.js';
import { endedTooEarly, tookTooLong } from './ended.js';
import { connectEngine, defaultSocket, type Engine } from './engine.js';
import { standardOutput } from './frames.js';
import { saveOutput } from './output.js';
import type { Place } from './place.js';
import type { Job, WorkerEvent } from './protocol.js';
import { assertReadable } from './readable.js';
import { gitFoldersWithCredentials, sourceFolders } from './repositories.js';
import { findSelf, type Self } from './self.js';
import { readEvents } from './stream.js';
import { tail } from './tail.js';
import { orchestratorLabel, workerContainer } from './worker-container.js';

export interface ContainerOptions {
  readonly socketPath?: string;
  /** The script that is started as `node <entry> worker`, by its path in the image. Default: this process's own. */
  readonly entry?: string;
  /** Default: what the job may take. */
  readonly timeLimitSeconds?: number;
}

type Listener = (event: WorkerEvent) => void;

export function containerPlace(options: ContainerOptions = {}): Place {
  return {
    name: 'container',
    async run(job, onEvent, signal) {
      signal.throwIfAborted();
      const { engine, self } = await siblings(options.socketPath);
      await removeOrphans(engine);
      const seconds = options.timeLimitSeconds ?? timeLimitSeconds(job);
      const name = `kfaas-bench-worker-${randomUUID()}`;
      try {
        const container = await description(job, self, seconds, options.entry);
        const warnings = await createContainer(engine, name, container);
        for (const message of warnings) onEvent(warning('docker', `the Docker engine says: ${message}`));
        await converse(engine, name, job, seconds, onEvent, signal);
      } finally {
        await remove(engine, name, onEvent);
      }
    },
  };
}

/**
 * The engine, and this container as the engine knows it.
 * @throws KfaasError (environment) where no sibling could be started
 */
export async function siblings(socketPath = defaultSocket): Promise<{ engine: Engine; self: Self }> {
  const engine = await connectEngine(socketPath);
  const self = await findSelf(engine);
  if (self !== undefined) return { engine, self };
  throw new KfaasError({
    kind: 'environment',
    message: `this process runs in no container that the Docker engine at ${socketPath} knows`,
    remedy:
      'start it as root, by that engine and with a root file system that can be written to; or with --cap-add SYS_ADMIN',
  });
}

async function description(job: Job, self: Self, seconds: number, entry = process.argv[1] ?? '') {
  const sources = sourceFolders(job);
  const folders = job.kind === 'measure' ? job.trees.map(({ folder }) => folder) : [];
  await assertReadable([...sources, ...folders]);
  return workerContainer({
    self,
    job,
    command: [process.execPath, entry],
    installation: installationFolder(),
    sources,
    hidden: await gitFoldersWithCredentials(sources),
    timeLimitSeconds: seconds + 30, // ours is to come first, and to say so
  });
}

async function converse(
  engine: Engine,
  name: string,
  job: Job,
  seconds: number,
  onEvent: Listener,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(seconds * 1000);
  const said = tail();
  const attached = await attachContainer(engine, name);
  addAbortSignal(AbortSignal.any([signal, deadline]), attached);
  attached.end(JSON.stringify(job));
  let done: boolean;
  try {
    await startContainer(engine, name);
    done = await readEvents(
      job,
      standardOutput(attached, (chunk) => said.add(chunk)),
      onEvent,
    );
  } catch (error) {
    signal.throwIfAborted();
    throw deadline.aborted ? tookTooLong(seconds, said) : error;
  } finally {
    attached.destroy();
  }
  if (job.kind === 'measure') await saveOutput(await archiveOf(engine, name, job.folders.output), job.folders.output);
  if (!done) throw endedTooEarly(await endingOf(engine, name), said);
}

/** Never fails: what could not be removed is told with the command that does it. */
async function remove(engine: Engine, name: string, onEvent: Listener): Promise<void> {
  try {
    await removeContainer(engine, name);
  } catch (error) {
    const { message } = failureOf(error);
    onEvent(warning('leftover', `the worker's container is left (${message}): docker rm --force --volumes ${name}`));
  }
}

/** Workers whose orchestrator was killed before it could remove them: its container is gone, or has ended. */
async function removeOrphans(engine: Engine): Promise<void> {
  for (const { id, value } of await labelled(engine, orchestratorLabel)) {
    if (!(await isRunning(engine, value))) await removeContainer(engine, id);
  }
}

function warning(code: string, message: string): WorkerEvent {
  return { event: 'warning', warning: { code, message } };
}

/** For `doctor`: whether a Docker engine answers. Only the action needs one. */
export async function probeDocker(socketPath = defaultSocket): Promise<Probe> {
  try {
    const { version, api } = await connectEngine(socketPath);
    return { name: 'docker', answer: 'yes', detail: `Docker ${version}, API ${api}, at ${socketPath}`, optional: true };
  } catch (error) {
    const { message, remedy } = failureOf(error);
    return { name: 'docker', answer: 'no', detail: message, remedy, optional: true };
  }
}
