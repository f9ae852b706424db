import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failureOf, type Failure } from '../../../src/errors.js';
import { obtain, type Access } from '../../../src/trees/fetch.js';
import { git as runGit, tryGit } from '../../../src/trees/git.js';
import { openRepository } from '../../../src/trees/repository.js';
import { checkoutOf, clone, commit, git, makeRepository, makeScratch, pullRequest, stateOf } from './scratch.js';
import { serveGit, serveIndiscretion, serveSilence, type GitServer } from './server.js';

let scratch: ReturnType<typeof makeScratch>;
beforeEach(() => {
  scratch = makeScratch();
});
afterEach(() => {
  vi.unstubAllEnvs();
  scratch.remove();
});

const at = (...names: string[]) => path.join(scratch.folder, ...names);

const get = (workspace: string, revision: string, access?: Access) =>
  obtain(openRepository(workspace)!, revision, path.join(scratch.temporary, 'fetched'), access);

async function failure(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => failureOf(error),
  );
}

describe('a commit that the checkout holds', () => {
  it('is taken from there', async () => {
    const { upstream, fork, main, merge } = pullRequest(scratch.folder);
    expect(await get(upstream, fork)).toEqual({ commit: fork });
    expect(await get(upstream, 'main')).toEqual({ commit: main });
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge', 2);
    expect(await get(workspace, main)).toEqual({ commit: main });
    expect(await get(workspace, 'HEAD^1')).toEqual({ commit: main });
    expect(await get(workspace, 'HEAD')).toEqual({ commit: merge });
    expect(readdirSync(scratch.temporary)).toEqual([]);
  });

  it('is the remote’s branch where there is no local one', async () => {
    const { upstream, head } = pullRequest(scratch.folder);
    expect(await get(clone(upstream, at('clone')), 'feature')).toEqual({ commit: head });
  });
});

describe('a commit that the checkout lacks', () => {
  it.each([
    ['its id', (made: ReturnType<typeof pullRequest>) => made.main],
    ['a branch', () => 'main'],
    ['a branch of the remote', () => 'origin/main'],
    ['a full ref', () => 'refs/heads/main'],
    ['an annotated tag', () => 'v1'],
  ])('is fetched by %s, and the checkout stays as it was', async (_what, revision) => {
    const made = pullRequest(scratch.folder);
    git(made.upstream, 'tag', '--annotate', '--message', 'a tag', 'v1', made.main);
    const workspace = checkoutOf(made.upstream, at('workspace'), 'refs/pull/2/merge');
    const before = stateOf(workspace);
    const objects = path.join(scratch.temporary, 'fetched', 'objects');
    expect(await get(workspace, revision(made))).toEqual({ commit: made.main, objects });
    expect(stateOf(workspace)).toEqual(before);
    expect(git(path.dirname(objects), 'rev-list', '--count', 'refs/base')).toBe('1');
    expect(git(path.dirname(objects), 'show', 'refs/base:bpf/a.bpf.c')).toBe('int a = 1;');
  });

  it('is fetched whole where a partial clone has the commit alone', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    git(upstream, 'config', 'uploadpack.allowFilter', 'true');
    const workspace = clone(upstream, at('workspace'), '--filter=blob:none', '--no-checkout');
    const before = stateOf(workspace);
    expect(await get(workspace, main)).toMatchObject({ commit: main, objects: expect.any(String) as string });
    expect(stateOf(workspace)).toEqual(before);
  });

  it('is an error that names it and says what to do', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    for (const revision of ['none-such', '1'.repeat(40), main.slice(0, 8)]) {
      const { kind, message, remedy } = await failure(get(workspace, revision));
      expect(kind).toBe('usage');
      expect(message).toContain(`the base ${revision} is not in this checkout and cannot be fetched from file://`);
      expect(remedy).toContain('a branch, a tag or a full commit id');
    }
  });

  it.each(['HEAD~1', 'main@{yesterday}', '--upload-pack=touch /tmp/x', 'main:refs/heads/x', 'a b', 'refs/*'])(
    'is not asked of the remote as %s',
    async (revision) => {
      const { upstream } = pullRequest(scratch.folder);
      const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
      const { kind, message, remedy } = await failure(get(workspace, revision));
      expect(kind).toBe('usage');
      expect(message).toBe(`the base ${revision} names no commit in ${workspace}`);
      expect(remedy).toContain('fetch-depth: 0');
    },
  );

  it('cannot be had without a remote', async () => {
    const top = makeRepository(at('a'));
    commit(top);
    const { kind, message } = await failure(get(top, 'main~1'));
    expect(kind).toBe('usage');
    expect(message).toBe(`the base main~1 is not in ${top}, which has no remote \`origin\` to fetch it from`);
  });

  it('is not fetched where it is no commit', async () => {
    const { upstream } = pullRequest(scratch.folder);
    git(upstream, 'tag', 'file', 'main:bpf/a.bpf.c');
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    expect((await failure(get(workspace, 'file'))).message).toContain('is not a commit');
  });
});

describe('a remote that asks for a token', () => {
  const token = 'ghs_Secret0123456789abcdefABCDEF';
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  let server: GitServer;
  let made: ReturnType<typeof pullRequest>;
  let workspace: string;
  beforeEach(async () => {
    made = pullRequest(scratch.folder);
    workspace = checkoutOf(made.upstream, at('workspace'), 'refs/pull/2/merge');
    server = await serveGit(scratch.folder, token);
    git(workspace, 'remote', 'set-url', 'origin', `${server.url}/upstream`);
  });
  afterEach(() => server.close());

  it('gets it, and nobody else does', async () => {
    vi.stubEnv('GIT_TRACE', at('trace')); // every command line, those of git's own helpers included
    vi.stubEnv('INPUT_GITHUB-TOKEN', token);
    expect(await get(workspace, made.main, { serverUrl: server.url, token })).toMatchObject({ commit: made.main });
    expect(server.authorizations).not.toContain('');
    const trace = readFileSync(at('trace'), 'utf8');
    expect(trace).toContain('remote-http');
    for (const text of [trace, ...filesIn(scratch.temporary), ...filesIn(workspace)]) {
      expect(text.includes(token) || text.includes(basic)).toBe(false);
    }
  });

  it('is asked without a prompt where there is none', async () => {
    vi.stubEnv('GIT_ASKPASS', 'echo');
    vi.stubEnv('SSH_ASKPASS', 'echo');
    const { kind, message, remedy } = await failure(get(workspace, made.main));
    expect(kind).toBe('environment');
    expect(message).toContain(`cannot be fetched from ${server.url}/upstream: `);
    expect(message).toMatch(/could not read Username|unable to get password from user/); // git up to 2.46, from 2.47 on
    expect(remedy).toContain('permissions: contents: read');
    expect(server.authorizations).toEqual(['']);
  });

  it('does not get one that was meant for another server', async () => {
    await failure(get(workspace, made.main, { serverUrl: 'https://github.com', token }));
    expect(server.authorizations).toEqual(['']);
  });

  it.each(['wrong'.repeat(4), token])('is not told in an error, nor is a password of the address: %s', async (used) => {
    const address = new URL(`${server.url}/none-such`);
    address.username = 'x-access-token';
    address.password = token;
    git(workspace, 'remote', 'set-url', 'origin', address.href);
    const told = JSON.stringify(await failure(get(workspace, made.main, { serverUrl: server.url, token: used })));
    expect(told).toContain(`${server.url.replace('//', '//***@')}/none-such`);
    for (const secret of [token, basic, used, Buffer.from(`x-access-token:${used}`).toString('base64')])
      expect(told).not.toContain(secret);
  });

  it('is not told in an error that the server makes of it', async () => {
    const indiscreet = await serveIndiscretion();
    git(workspace, 'remote', 'set-url', 'origin', `${indiscreet.url}/upstream`);
    const { kind, message, detail, remedy } = await failure(
      get(workspace, made.main, { serverUrl: indiscreet.url, token }),
    ).finally(() => indiscreet.close());
    expect(kind).toBe('environment');
    expect(message).toContain('403');
    expect(detail).toContain('remote: refused: basic *** is x-access-token:***');
    expect(remedy).toContain('permissions: contents: read');
  });

  it('is reached by https where the checkout was made by ssh', async () => {
    const port = new URL(server.url).port;
    for (const address of [
      'git@127.0.0.1:upstream',
      `ssh://git@127.0.0.1/upstream`,
      'ssh://git@127.0.0.1:22/upstream',
    ]) {
      git(workspace, 'remote', 'set-url', 'origin', address);
      const access = { serverUrl: `http://127.0.0.1:${port}`, token };
      const { commit: id } = await obtain(openRepository(workspace)!, made.main, at(`f${address.length}`), access);
      expect(id).toBe(made.main);
    }
  });
});

describe('a remote that does not answer', () => {
  let server: GitServer;
  beforeEach(async () => {
    server = await serveSilence();
  });
  afterEach(() => server.close());

  it('is left when the time is over', async () => {
    const call = { folder: scratch.folder, network: true, timeLimitMs: 300 };
    const { kind, message, remedy } = await failure(runGit(call, 'ls-remote', server.url));
    expect(kind).toBe('environment');
    expect(message).toBe(`git ls-remote in ${scratch.folder} was not done after 0.3 s and was ended`);
    expect(remedy).toContain('fetch-depth: 0');
  });

  it('is left when the run is interrupted, with the interruption as the error', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    git(workspace, 'remote', 'set-url', 'origin', server.url);
    const reason = new Error('interrupted by SIGINT');
    const controller = new AbortController();
    const work = obtain(openRepository(workspace, controller.signal)!, main, scratch.temporary);
    await vi.waitUntil(() => server.authorizations.length > 0, { timeout: 20_000 });
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
  });

  it('is not asked at all where git may not use the network', async () => {
    const { code, stderr } = await tryGit({ folder: scratch.folder }, 'ls-remote', server.url);
    expect(code).not.toBe(0);
    expect(stderr).toContain("transport 'http' not allowed");
    expect(server.authorizations).toEqual([]);
  });
});

describe('git', () => {
  it('says what failed, and where', async () => {
    const { kind, message, remedy } = await failure(runGit({ folder: scratch.folder }, 'rev-parse', '--git-dir'));
    expect(kind).toBe('environment');
    expect(message).toContain(`git rev-parse failed in ${scratch.folder}: not a git repository`);
    expect(remedy).toContain(`git -C ${scratch.folder} status`);
  });

  it('is asked for where it is not installed', async () => {
    mkdirSync(at('empty'));
    vi.stubEnv('PATH', at('empty'));
    const { message, remedy } = await failure(runGit({ folder: scratch.folder }, 'version'));
    expect(message).toContain('git cannot be run: ');
    expect(remedy).toContain('apt-get install git');
  });

  it('is not blamed for a folder that is not there', async () => {
    const { message } = await failure(runGit({ folder: at('gone') }, 'version'));
    expect(message).toBe(`git cannot be run in ${at('gone')}, which does not exist`);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
}
