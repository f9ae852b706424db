import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  commitOf,
  holdsTree,
  mergeBase,
  openRepository,
  readHead,
  remoteOf,
  type Repository,
} from '../../../src/trees/repository.js';
import { available } from '../../helpers/require.js';
import { checkoutOf, clone, commit, git, makeRepository, makeScratch, pullRequest, stateOf, write } from './scratch.js';

let scratch: ReturnType<typeof makeScratch>;
beforeEach(() => {
  scratch = makeScratch();
});
afterEach(() => {
  vi.unstubAllEnvs();
  scratch.remove();
});

const at = (...names: string[]) => path.join(scratch.folder, ...names);

function opened(folder: string): Repository {
  const repository = openRepository(folder);
  expect(repository).toBeDefined();
  return repository!;
}

describe('a repository', () => {
  it('is found from a folder in it, through a link, too', () => {
    const top = makeRepository(at('a'));
    mkdirSync(at('a/b/c'), { recursive: true });
    symlinkSync(at('a/b'), at('link'));
    for (const folder of [top, at('a/b/c'), at('link'), at('link/c')]) expect(opened(folder).top).toBe(top);
  });

  it('is not there where no folder above has one', () => {
    expect(openRepository(scratch.folder)).toBeUndefined();
  });

  it('is not a folder of the tree that only looks like one', () => {
    const top = makeRepository(at('a'));
    git(top, 'init', '--quiet', '--bare', 'b');
    expect(opened(at('a/b')).top).toBe(top);
    expect(openRepository(clone(top, at('bare'), '--bare'))).toBeUndefined();
  });
});

describe('HEAD', () => {
  it('is told with its parents', async () => {
    const { upstream, head, main, merge } = pullRequest(scratch.folder);
    git(upstream, 'checkout', '--quiet', merge);
    expect(await readHead(opened(upstream))).toEqual({ commit: merge, parents: [main, head], dirty: false });
  });

  it('is told with its parents where a shallow clone does not hold them', async () => {
    const { upstream, head, main, merge } = pullRequest(scratch.folder);
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    expect(await commitOf(opened(workspace), main)).toBeUndefined();
    expect(await readHead(opened(workspace))).toEqual({ commit: merge, parents: [main, head], dirty: false });
  });

  it('has no parents made up by its message', async () => {
    const top = makeRepository(at('a'));
    const first = commit(top, 'first');
    const id = commit(top, `subject\n\nparent ${'1'.repeat(40)}`);
    expect(await readHead(opened(top))).toEqual({ commit: id, parents: [first], dirty: false });
  });

  it('is dirty where a tracked file differs, and only then', async () => {
    const top = makeRepository(at('a'));
    write(top, 'file', 'one\n');
    commit(top);
    write(top, 'new', 'untracked\n');
    utimesSync(at('a/file'), 0, 0);
    expect(await readHead(opened(top))).toMatchObject({ dirty: false });
    write(top, 'file', 'two\n');
    expect(await readHead(opened(top))).toMatchObject({ dirty: true });
  });

  it('is not there before the first commit', async () => {
    expect(await readHead(opened(makeRepository(at('a'))))).toBeUndefined();
  });

  it('is read without touching the repository', async () => {
    const top = makeRepository(at('a'));
    write(top, 'file', 'one\n');
    commit(top);
    utimesSync(at('a/file'), 0, 0); // git would like to write this into the index
    const before = stateOf(top);
    await readHead(opened(top));
    expect(stateOf(top)).toEqual(before);
  });

  it('runs no program that the repository names', async () => {
    const top = makeRepository(at('a'));
    write(top, 'file', 'one\n');
    commit(top);
    const ran = at('ran');
    git(top, 'config', 'core.fsmonitor', `touch '${ran}'; false`);
    await readHead(opened(top));
    expect(() => execFileSync('ls', [ran], { stdio: 'pipe' })).toThrow();
  });

  it('is that of the folder, and not of the hook that we run in', async () => {
    const top = makeRepository(at('a'));
    const id = commit(top);
    vi.stubEnv('GIT_DIR', at('elsewhere'));
    vi.stubEnv('GIT_INDEX_FILE', at('elsewhere/index'));
    expect(await readHead(opened(top))).toMatchObject({ commit: id });
  });
});

describe('a revision', () => {
  it('names a commit, or nothing', async () => {
    const top = makeRepository(at('a'));
    const first = commit(top);
    git(top, 'tag', '--annotate', '--message', 'a tag', 'v1');
    const second = commit(top);
    const repository = opened(top);
    const names = ['main', 'HEAD~1', 'v1', first.slice(0, 9), 'none-such', '--git-dir', '1'.repeat(40), 'main:bpf'];
    const found = await Promise.all(names.map((name) => commitOf(repository, name)));
    expect(found).toEqual([second, first, first, first, undefined, undefined, undefined, undefined]);
  });

  it('may be a commit without its files', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    git(upstream, 'config', 'uploadpack.allowFilter', 'true');
    expect(await holdsTree(opened(clone(upstream, at('whole'))), main)).toBe(true);
    const blobless = opened(clone(upstream, at('blobless'), '--filter=blob:none', '--no-checkout'));
    const treeless = opened(clone(upstream, at('treeless'), '--filter=tree:0', '--no-checkout'));
    for (const partial of [blobless, treeless]) {
      expect(await commitOf(partial, main)).toBe(main);
      expect(await holdsTree(partial, main)).toBe(false);
    }
  });

  it('has a merge base with another', async () => {
    const { upstream, fork, head } = pullRequest(scratch.folder);
    expect(await mergeBase(opened(upstream), 'main', head)).toBe(fork);
    expect(await mergeBase(opened(upstream), 'none-such', head)).toBeUndefined();
  });

  it('has no merge base that is sure where history is cut off', async () => {
    const top = makeRepository(at('a'));
    const oldest = commit(top, 'oldest');
    const base = commit(top, 'where the branch starts');
    git(top, 'branch', 'feature');
    const edge = commit(top, 'only on main');
    git(top, 'checkout', '--quiet', '-b', 'side', oldest);
    commit(top, 'beside');
    git(top, 'checkout', '--quiet', 'main');
    git(top, 'merge', '--quiet', '--no-edit', 'side');
    expect(await mergeBase(opened(top), 'main', 'feature')).toBe(base);
    write(top, '.git/shallow', `${edge}\n`);
    expect(git(top, 'merge-base', 'main', 'feature')).toBe(oldest);
    expect(await mergeBase(opened(top), 'main', 'feature')).toBeUndefined();
  });
});

describe('the remote', () => {
  it('is origin, or the only one', async () => {
    const top = makeRepository(at('a'));
    expect(await remoteOf(opened(top))).toBeUndefined();
    git(top, 'remote', 'add', 'theirs', 'https://example.com/theirs');
    expect(await remoteOf(opened(top))).toEqual({ name: 'theirs', url: 'https://example.com/theirs' });
    git(top, 'remote', 'add', 'more', 'https://example.com/more');
    expect(await remoteOf(opened(top))).toBeUndefined();
    git(top, 'remote', 'add', 'origin', 'https://example.com/origin');
    expect(await remoteOf(opened(top))).toEqual({ name: 'origin', url: 'https://example.com/origin' });
  });
});

describe.skipIf(!available('kernel'))('a repository of another user', () => {
  const stranger = 65_534;
  const give = (folder: string) => execFileSync('chown', ['-R', `${stranger}:${stranger}`, folder]);

  it('is read where it was named', async () => {
    const top = makeRepository(at('a'));
    write(top, 'bpf/file', 'one\n');
    const id = commit(top);
    give(top);
    expect(() => git(top, 'rev-parse', 'HEAD')).toThrow('dubious ownership');
    expect(await readHead(opened(top))).toEqual({ commit: id, parents: [], dirty: false });
    expect(await readHead(opened(at('a/bpf')))).toMatchObject({ commit: id });
  });

  it('is not trusted where it lies in wait above a folder of somebody else’s', async () => {
    makeRepository(at('a'));
    commit(at('a'));
    mkdirSync(at('a/mine'));
    give(at('a/.git'));
    await expect(readHead(opened(at('a/mine')))).rejects.toMatchObject({
      failure: {
        kind: 'environment',
        message: expect.stringContaining('dubious ownership') as string,
        remedy: `tell git to trust it: git config --global --add safe.directory ${at('a')}`,
      },
    });
    chownSync(at('a'), stranger, stranger);
    await expect(readHead(opened(at('a/mine')))).rejects.toThrow('dubious ownership');
    chownSync(at('a/.git'), 0, 0);
    await expect(readHead(opened(at('a/mine')))).rejects.toThrow('dubious ownership');
  });
});
