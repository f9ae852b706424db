import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, type Failure } from '../../../src/errors.js';
import { chooseBase, type BaseChoice, type Trigger } from '../../../src/trees/choose-base.js';
import { openRepository, readHead } from '../../../src/trees/repository.js';
import { resolveBase, type BaseTree, type Workplace } from '../../../src/trees/resolve.js';
import { checkoutOf, clone, commit, git, makeScratch, pullRequest, write } from './scratch.js';

let scratch: ReturnType<typeof makeScratch>;
let made: ReturnType<typeof pullRequest>;
beforeEach(() => {
  scratch = makeScratch();
  made = pullRequest(scratch.folder);
});
afterEach(() => scratch.remove());

const at = (...names: string[]) => path.join(scratch.folder, ...names);
const left = () => readdirSync(scratch.temporary);

function resolve(choice: BaseChoice, workingDirectory: string, more: Partial<Workplace> = {}): Promise<BaseTree> {
  return resolveBase(choice, { workingDirectory, temporaryFolder: scratch.temporary, ...more });
}

async function asked(setting: string, workingDirectory: string): Promise<BaseTree> {
  return resolve(chooseBase({ setting }), workingDirectory);
}

async function byEvent(trigger: Trigger, workspace: string, more?: Partial<Workplace>): Promise<BaseTree> {
  const repository = openRepository(workspace);
  const head = repository === undefined ? undefined : await readHead(repository);
  return resolve(chooseBase({ trigger, ...(head === undefined ? {} : { head }) }), workspace, more);
}

function treeOf(base: BaseTree) {
  if (base.kind !== 'tree') throw new Error(base.sentence);
  return base;
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => failureOf(error),
  );
}

describe('a pull request', () => {
  const event = (): Trigger => ({
    eventName: 'pull_request',
    ref: 'refs/pull/2/merge',
    sha: made.merge,
    payload: {
      action: 'synchronize',
      number: 2,
      pull_request: { number: 2, head: { ref: 'feature', sha: made.head }, base: { ref: 'main', sha: made.fork } },
      repository: { default_branch: 'main' },
    },
  });

  it.each([1, 2])('is compared with what it would be merged into, from a checkout of depth %i', async (depth) => {
    const workspace = checkoutOf(made.upstream, at('workspace'), 'refs/pull/2/merge', depth);
    const base = treeOf(await byEvent(event(), workspace));
    expect(base).toMatchObject({
      commit: made.main,
      dirty: false,
      root: base.folder,
      notes: [],
      sentence: `the base is ${made.main.slice(0, 7)}, the first parent of the merge commit of pull request #2 into main`,
    });
    expect(readFileSync(path.join(base.folder, 'bpf/a.bpf.c'), 'utf8')).toBe('int a = 1;\n');
    expect(readdirSync(path.join(base.folder, 'bpf'))).toEqual(['a.bpf.c', 'b.bpf.c']);
    await base.dispose();
    expect(left()).toEqual([]);
  });

  it('is compared with the merge base that history has, where its head is checked out', async () => {
    const workspace = clone(made.upstream, at('workspace'));
    git(workspace, 'checkout', '--quiet', '--detach', made.head);
    git(workspace, 'branch', '--force', 'main', made.head); // a local branch may say anything
    const notAsked = () => Promise.reject(new Error('asked'));
    const base = treeOf(await byEvent(event(), workspace, { mergeBaseByApi: notAsked }));
    expect(base.commit).toBe(made.fork);
    expect(readdirSync(path.join(base.folder, 'bpf'))).toEqual(['a.bpf.c']);
  });

  it('is compared with the merge base that the server tells, where history is cut off', async () => {
    const workspace = checkoutOf(made.upstream, at('workspace'), 'refs/pull/2/head');
    const mergeBaseByApi = (...of: string[]) => {
      expect(of).toEqual(['main', made.head]);
      return Promise.resolve(made.fork);
    };
    const base = treeOf(await byEvent(event(), workspace, { mergeBaseByApi }));
    expect(base.commit).toBe(made.fork);
    expect(base.sentence).toBe(
      `the base is ${made.fork.slice(0, 7)}, the merge base of main and the commit ${made.head.slice(0, 7)} of pull request #2`,
    );
  });

  it('is an error where nobody can tell the merge base', async () => {
    const workspace = checkoutOf(made.upstream, at('workspace'), 'refs/pull/2/head');
    const { kind, message, remedy } = await failure(byEvent(event(), workspace));
    expect(kind).toBe('environment');
    expect(message).toContain('the merge base of main and the commit');
    expect(remedy).toContain('fetch-depth: 0');
  });

  it('has no base where what is checked out is on the base branch', async () => {
    const workspace = clone(made.upstream, at('workspace'));
    git(workspace, 'checkout', '--quiet', '--detach', made.fork);
    const base = await byEvent(event(), workspace);
    const sentence = `no base: ${made.fork.slice(0, 7)} is on main already, there is nothing to compare`;
    expect(base).toEqual({ kind: 'none', sentence });
    expect(left()).toEqual([]);
  });
});

describe('a push', () => {
  it('is compared with what was there before, fetched where the checkout lacks it', async () => {
    const workspace = checkoutOf(made.upstream, at('workspace'), 'refs/heads/main');
    const payload = { ref: 'refs/heads/main', before: made.fork, after: made.main, forced: false };
    const base = treeOf(await byEvent({ eventName: 'push', payload, ref: payload.ref, sha: made.main }, workspace));
    expect(base.commit).toBe(made.fork);
  });
});

describe('a ref', () => {
  it('is laid out whole, and the folder in it is the working directory’s counterpart', async () => {
    symlinkSync(path.join(made.upstream, 'bpf'), at('link'));
    for (const workingDirectory of [path.join(made.upstream, 'bpf'), at('link')]) {
      const base = treeOf(await asked('feature', workingDirectory));
      expect(base).toMatchObject({ commit: made.head, folder: path.join(base.root, 'bpf') });
      expect(base.sentence).toBe(`the base is ${made.head.slice(0, 7)}, feature, as \`base\` says`);
      expect(readdirSync(base.root)).toEqual(['bpf']);
      await base.dispose();
    }
    expect(left()).toEqual([]);
  });

  it('is no base where it has no such folder', async () => {
    mkdirSync(path.join(made.upstream, 'new/er'), { recursive: true });
    const base = await asked('main', path.join(made.upstream, 'new/er'));
    const sentence = `no base: ${made.main.slice(0, 7)}, main, as \`base\` says, has no folder new/er`;
    expect(base).toEqual({ kind: 'none', sentence });
    expect(left()).toEqual([]);
  });

  it('must be there', async () => {
    const workspace = clone(made.upstream, at('workspace'));
    const { kind, message, remedy } = await failure(asked('mian', workspace));
    expect(kind).toBe('usage');
    expect(message).toContain('the base mian is not in this checkout and cannot be fetched');
    expect(remedy).toContain('starts with ./ or /');
    expect(left()).toEqual([]);
  });

  it('needs a repository', async () => {
    const { kind, message } = await failure(asked('main', scratch.temporary));
    expect(kind).toBe('usage');
    expect(message).toBe(`the base is main, as \`base\` says, but ${scratch.temporary} is in no git repository`);
  });
});

describe('a folder', () => {
  it('is taken as it is, with its commit and whether it differs from it', async () => {
    const other = clone(made.upstream, at('other tree'));
    const workingDirectory = path.join(made.upstream, 'bpf');
    const clean = treeOf(await asked('../../other tree/bpf', workingDirectory));
    expect(clean).toMatchObject({ folder: path.join(other, 'bpf'), root: other, commit: made.main, dirty: false });
    write(other, 'bpf/a.bpf.c', 'int a = 3;\n');
    const changed = treeOf(await asked(path.join(other, 'bpf'), workingDirectory));
    expect(changed).toMatchObject({ commit: made.main, dirty: true });
    await changed.dispose();
    expect(readFileSync(path.join(other, 'bpf/a.bpf.c'), 'utf8')).toBe('int a = 3;\n');
  });

  it('needs no repository', async () => {
    write(scratch.folder, 'plain/a.bpf.c', '');
    const base = treeOf(await asked('../plain', made.upstream));
    expect(base).toMatchObject({ folder: at('plain'), root: at('plain'), dirty: false });
    expect(base.commit).toBeUndefined();
    expect(base.sentence).toBe('the base is the folder ../plain');
  });

  it.each(['./bpf/a.bpf.c', './none-such'])('is no %s', async (name) => {
    const { kind, message, remedy } = await failure(asked(name, made.upstream));
    expect(kind).toBe('usage');
    expect(message).toBe(`the base ${name} is no folder`);
    expect(remedy).toContain(made.upstream);
  });
});

describe('a record, and none', () => {
  it('is a file that is there', async () => {
    write(made.upstream, 'out/record.json', '{}');
    expect(await asked('../out/record.json', path.join(made.upstream, 'bpf'))).toEqual({
      kind: 'record',
      path: path.join(made.upstream, 'out/record.json'),
      sentence: 'the base is the record ../out/record.json',
    });
    const { kind, message, remedy } = await failure(asked('record.json', made.upstream));
    expect(kind).toBe('usage');
    expect(message).toBe('the base record.json is no record');
    expect(remedy).toContain(made.upstream);
  });

  it('is what was chosen', async () => {
    expect(await asked('none', scratch.folder)).toEqual({ kind: 'none', sentence: 'no base: `base` is `none`' });
  });
});

describe('an interrupted run', () => {
  it('ends with the interruption and leaves nothing', async () => {
    commit(made.upstream);
    const controller = new AbortController();
    const reason = new Error('interrupted by SIGINT');
    const work = resolve(chooseBase({ setting: 'feature' }), made.upstream, { signal: controller.signal });
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(left()).toEqual([]);
  });
});
