/** Git servers on the loopback: one that asks for a token, and bad ones. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerGit } from '../../helpers/fake-github/git.mjs';

export interface GitServer {
  readonly url: string;
  /** The Authorization header of every request, empty where it had none. */
  readonly authorizations: readonly string[];
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** @param allowed the one token that may read the repositories in the folder */
export function serveGit(folder: string, allowed: string): Promise<GitServer> {
  return serve((request, response) => answerGit(folder, allowed, request, response));
}

/** Refuses everything, and repeats what it was told as its reason, which git prints. */
export function serveIndiscretion(): Promise<GitServer> {
  return serve((request, response) => {
    const told = request.headers.authorization ?? '';
    const plain = Buffer.from(told.replace('basic ', ''), 'base64').toString();
    response.writeHead(403, { 'Content-Type': 'text/plain' }).end(`refused: ${told} is ${plain}`);
  });
}

/** Takes requests and never answers. */
export function serveSilence(): Promise<GitServer> {
  return serve(() => undefined);
}

async function serve(answer: Answer): Promise<GitServer> {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
