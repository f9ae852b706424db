/**
 * A client of the Docker Engine API, as thin as this project's use of it: https://docs.docker.com/reference/api/engine/.
 * Every answer is validated; every refusal is a KfaasError that ends in a remedy.
 */
import { once } from 'node:events';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { KfaasError } from '../errors.js';

/** Where the runner mounts the socket, and where a daemon listens unless told otherwise. */
export const defaultSocket = '/var/run/docker.sock';

/** The newest API that this client was written for; older engines get their own version, newer ones at least their oldest. */
const writtenForApi = '1.44';
const answerTimeoutMs = 60_000;

export interface Answer {
  /** The call that it answers, such as `GET /v1.41/containers/json`. */
  readonly to: string;
  readonly status: number;
  /** To be read, or let go by `resume`: until then the connection stays open. */
  readonly body: Readable;
}

export interface Engine {
  /** Such as `20.10.24`. */
  readonly version: string;
  /** The API version spoken, such as `1.41`. */
  readonly api: string;
  /** Any answer of the engine, whatever its status. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A connection that the engine hands over to a container's standard streams (API: ContainerAttach). */
  hijack(path: string): Promise<Duplex>;
}

const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string(), MinAPIVersion: z.string().optional() });

/** @throws KfaasError (environment) where there is no socket, nobody listens, or the engine refuses us. */
export async function connectEngine(socketPath = defaultSocket): Promise<Engine> {
  const versions = await json(versionSchema, await send({ socketPath, method: 'GET', path: '/version' }));
  const api = negotiate(versions.ApiVersion, versions.MinAPIVersion);
  const prefix = `/v${api}`;
  return {
    version: versions.Version,
    api,
    call: (method, path, body) => send({ socketPath, method, path: prefix + path, body }),
    hijack: (path) => upgrade(socketPath, prefix + path),
  };
}

/** The version to speak, between what the engine still knows and what it knows already. */
export function negotiate(newest: string, oldest = newest): string {
  if (compare(writtenForApi, newest) > 0) return newest;
  return compare(writtenForApi, oldest) < 0 ? oldest : writtenForApi;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

interface Request {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

function open({ socketPath, method, path, body, headers }: Request) {
  const outgoing = request({
    socketPath,
    method,
    path,
    agent: false, // a connection for each call: nothing is left open that would keep the process alive
    headers: { Host: 'docker', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
  });
  // Until it begins to answer; what comes over a hijacked connection may take its time.
  const clock = setTimeout(
    () => outgoing.destroy(new Error(`no answer in ${answerTimeoutMs / 1000} s`)),
    answerTimeoutMs,
  );
  for (const event of ['response', 'upgrade', 'error']) outgoing.once(event, () => clearTimeout(clock));
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return outgoing;
}

async function send(call: Request): Promise<Answer> {
  const outgoing = open(call);
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answerOf(call, response);
  } catch (error) {
    throw unreachable(call.socketPath, error);
  }
}

function answerOf({ method, path }: Request, response: IncomingMessage): Answer {
  return { to: `${method} ${path}`, status: response.statusCode ?? 0, body: response };
}

async function upgrade(socketPath: string, path: string): Promise<Duplex> {
  const call = { socketPath, method: 'POST', path, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } };
  const outgoing = open(call);
  return new Promise((resolve, reject) => {
    outgoing.once('upgrade', (_answer, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once('response', (response) => {
      refusal(answerOf(call, response)).then(reject, reject);
    });
    outgoing.once('error', (error) => reject(unreachable(socketPath, error)));
  });
}

/** The validated JSON of a good answer. */
export async function json<T>(schema: z.ZodType<T>, answer: Answer): Promise<T> {
  if (answer.status >= 300) throw await refusal(answer);
  const value: unknown = JSON.parse((await buffer(answer.body)).toString('utf8'));
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KfaasError({
    kind: 'environment',
    message: `the Docker engine answered ${answer.to} in a form that is not understood: ${z.prettifyError(parsed.error)}`,
    remedy: 'use Docker 20.10 or newer',
  });
}

/** What stands behind an answer that is not good. */
export async function refusal(answer: Answer): Promise<KfaasError> {
  const text = (await buffer(answer.body)).toString('utf8');
  const said = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  const reason = said === undefined ? text.trim() : (JSON.parse(said) as string);
  return new KfaasError({
    kind: 'environment',
    message: `the Docker engine refused ${answer.to}: ${answer.status} ${reason}`,
    remedy:
      answer.status === 403
        ? "the engine's policy forbids it: use a runner whose Docker engine is open to its jobs"
        : "the worker needs an engine that grants CAP_SYS_ADMIN and seccomp=unconfined; see the engine's own log for more",
  });
}

const runnerAdvice =
  'use a runner with a Docker engine, such as ubuntu-24.04 (ubuntu-slim and Kubernetes container hooks have none)';

function unreachable(socketPath: string, error: unknown): KfaasError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, [string, string]> = {
    ENOENT: [
      `there is no Docker socket at ${socketPath}`,
      `${runnerAdvice}; a container of your own needs -v ${socketPath}:${socketPath}, or --cap-add SYS_ADMIN instead`,
    ],
    ECONNREFUSED: [`no Docker engine listens at ${socketPath}`, `start it (dockerd), or ${runnerAdvice}`],
    EACCES: [`the Docker socket ${socketPath} may not be opened by this user`, 'run as root or in the group docker'],
  };
  const [what, remedy] = reasons[code ?? ''] ?? [
    `the Docker engine at ${socketPath} does not answer: ${message}`,
    `see the engine's own log, or ${runnerAdvice}`,
  ];
  return new KfaasError({ kind: 'environment', message: what, remedy }, { cause: error });
}
