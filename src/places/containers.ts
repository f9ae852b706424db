/** What is asked of the engine about one container: create, attach, start, bring back, remove. */
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Ending } from './ended.js';
import { json, refusal, type Engine } from './engine.js';

const createdSchema = z.object({ Warnings: z.array(z.string()).nullish() });
const stateSchema = z.object({
  State: z.object({ Running: z.boolean(), ExitCode: z.int(), OOMKilled: z.boolean().optional() }),
});
const listSchema = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) }));

/** Resolves to the engine's warnings, such as a limit that its kernel does not know. */
export async function createContainer(engine: Engine, name: string, body: unknown): Promise<string[]> {
  const created = await json(createdSchema, await engine.call('POST', `/containers/create?name=${name}`, body));
  return created.Warnings ?? [];
}

/** The container's three streams over one connection. To be had before the start, or its first words are lost. */
export async function attachContainer(engine: Engine, name: string): Promise<Duplex> {
  const attached = await engine.hijack(`/containers/${name}/attach?stream=1&stdin=1&stdout=1&stderr=1`);
  attached.on('error', () => undefined); // whoever reads it is told; a container that ends early breaks the writing side
  return attached;
}

export async function startContainer(engine: Engine, name: string): Promise<void> {
  await expectGood(engine, 'POST', `/containers/${name}/start`);
}

/** How a container ended; waits until it did. */
export async function endingOf(engine: Engine, name: string): Promise<Ending> {
  await expectGood(engine, 'POST', `/containers/${name}/wait`);
  const { State } = await json(stateSchema, await engine.call('GET', `/containers/${name}/json`));
  const outOfMemory = State.OOMKilled ?? false;
  // An exit code above 128 is the signal that ended it: the shell's convention, and that of `timeout`.
  const signal = Object.entries(constants.signals).find(([, number]) => number === State.ExitCode - 128)?.[0];
  if (signal === undefined) return { code: State.ExitCode, signal: null, outOfMemory };
  return { code: null, signal: signal as NodeJS.Signals, outOfMemory };
}

/** A folder of the container as a tar archive, whose names begin with the folder's own. */
export async function archiveOf(engine: Engine, name: string, folder: string): Promise<Readable> {
  const answer = await engine.call('GET', `/containers/${name}/archive?path=${encodeURIComponent(folder)}`);
  if (answer.status !== 200) throw await refusal(answer);
  return answer.body;
}

/** Kills it where it runs, and takes its volumes along. Nothing happens where it does not exist. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  const answer = await engine.call('DELETE', `/containers/${name}?force=1&v=1`);
  if (answer.status === 409) return removed(engine, name); // somebody else is removing it
  if (answer.status !== 204 && answer.status !== 404) throw await refusal(answer);
  answer.body.resume();
}

async function removed(engine: Engine, name: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += 100) {
    const answer = await engine.call('GET', `/containers/${name}/json`);
    answer.body.resume();
    if (answer.status === 404) return;
    await sleep(100);
  }
}

/** Containers that carry a label, running or not, with its value. */
export async function labelled(engine: Engine, label: string): Promise<{ id: string; value: string }[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const list = await json(listSchema, await engine.call('GET', `/containers/json?all=1&filters=${filters}`));
  return list.map(({ Id, Labels }) => ({ id: Id, value: Labels[label] ?? '' }));
}

export async function isRunning(engine: Engine, id: string): Promise<boolean> {
  const answer = await engine.call('GET', `/containers/${id}/json`);
  if (answer.status !== 404) return (await json(stateSchema, answer)).State.Running;
  answer.body.resume();
  return false;
}

async function expectGood(engine: Engine, method: string, path: string): Promise<void> {
  const answer = await engine.call(method, path);
  if (answer.status >= 300) throw await refusal(answer);
  await buffer(answer.body); // that of `wait` ends when the container does
}
