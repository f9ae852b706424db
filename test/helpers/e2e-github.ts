/** The fake GitHub API, in a container of its own whose network the action's container joins: both have the same 127.0.0.1. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { e2eImage, repositoryRoot } from './e2e-image.js';
import type { startFakeGithub } from './fake-github/server.mjs';

export type Script = NonNullable<Parameters<typeof startFakeGithub>[0]>;
export type Call = Awaited<ReturnType<typeof startFakeGithub>>['calls'][number];

const port = 8080; // nothing else listens in a network of one container

export interface Github {
  /** As `docker run --network` takes it. */
  readonly network: string;
  readonly apiUrl: string;
  /** Every call so far, in order. */
  calls(): Call[];
}

/** Runs until the test ends. There is no way from it to any other network. */
export async function startGithub(script: Script = {}): Promise<Github> {
  const name = `kfaas-bench-e2e-github-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-e2e-github-'));
  const log = path.join(folder, 'calls.jsonl');
  onTestFinished(() => {
    execFileSync('docker', ['rm', '--force', name], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
  });
  const { git } = script;
  const served = git && { ...script, git: { ...git, folder: '/repositories' } };
  writeFileSync(path.join(folder, 'script.json'), JSON.stringify(served ?? script));
  writeFileSync(log, '');
  execFileSync('docker', [
    ...['run', '--detach', '--name', name, '--network', 'none'],
    ...['-v', `${path.join(repositoryRoot, 'test/helpers/fake-github')}:/fake-github:ro`, '-v', `${folder}:/data`],
    ...(git === undefined ? [] : ['-v', `${git.folder}:/repositories:ro`]),
    ...['--entrypoint', 'node', e2eImage, '/fake-github/server.mjs'],
    ...['--port', String(port), '--script', '/data/script.json', '--log', '/data/calls.jsonl'],
  ]);
  while (!execFileSync('docker', ['logs', name], { encoding: 'utf8' }).includes('listening')) await sleep(50);
  return {
    network: `container:${name}`,
    apiUrl: `http://127.0.0.1:${port}`,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Call),
  };
}

/** What became of the pull request's comments, told by the calls that succeeded: their texts by their ids. */
export function commentsAfter(calls: readonly Call[]): Map<number, string> {
  const comments = new Map<number, string>();
  let created = 1000; // as the fake numbers them, if none was there from the start
  for (const { method, path: target, body, status } of calls) {
    const text = (body as { body?: string } | null)?.body ?? '';
    if (method === 'POST' && status === 201) comments.set(++created, text);
    if (method === 'PATCH' && status === 200) comments.set(Number(target.split('/').at(-1)), text);
  }
  return comments;
}
