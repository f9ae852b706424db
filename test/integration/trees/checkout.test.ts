import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOut, type Checkout } from '../../../src/trees/checkout.js';
import { openRepository } from '../../../src/trees/repository.js';
import { available } from '../../helpers/require.js';
import { checkoutOf, clone, commit, git, makeRepository, makeScratch, pullRequest, stateOf, write } from './scratch.js';

let scratch: ReturnType<typeof makeScratch>;
beforeEach(() => {
  scratch = makeScratch();
});
afterEach(() => scratch.remove());

const at = (...names: string[]) => path.join(scratch.folder, ...names);
const checkOutOf = (folder: string, revision: string): Promise<Checkout> =>
  checkOut(openRepository(folder)!, revision, scratch.temporary);
const read = (tree: Checkout, file: string) => readFileSync(path.join(tree.folder, file), 'utf8');

/** Files and links of a tree, sorted. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

describe('the tree of a commit', () => {
  it('is that commit’s, as git lays it out, and the repository stays as it was', async () => {
    const top = makeRepository(at('a'));
    write(top, 'bpf/a b.bpf.c', 'old\n');
    write(top, 'bpf/ü.h', 'header\n');
    write(top, 'build.sh', '#!/bin/sh\n');
    chmodSync(at('a/build.sh'), 0o755);
    symlinkSync('bpf/ü.h', at('a/link.h'));
    symlinkSync('/etc/hostname', at('a/outside'));
    write(top, 'left-out', 'of archives\n');
    write(top, '.gitattributes', 'left-out export-ignore\n');
    const base = commit(top);
    git(top, 'rm', '--quiet', 'left-out');
    write(top, 'bpf/a b.bpf.c', 'new\n');
    commit(top);
    write(top, 'bpf/a b.bpf.c', 'newer, and not committed\n');
    write(top, 'untracked', '');
    git(top, 'add', 'untracked');
    for (const name of ['post-checkout', 'post-index-change', 'reference-transaction']) {
      write(top, `.git/hooks/${name}`, `#!/bin/sh\ntouch '${at('ran')}'\n`);
      chmodSync(at('a/.git/hooks', name), 0o755);
    }
    git(top, 'config', 'core.splitIndex', 'true');
    const before = stateOf(top);

    const tree = await checkOutOf(top, base);
    expect(tree).toMatchObject({ commit: base, notes: [] });
    const names = ['.gitattributes', 'bpf/a b.bpf.c', 'bpf/ü.h', 'build.sh', 'left-out', 'link.h', 'outside'];
    expect(namesIn(tree.folder)).toEqual(names);
    expect(read(tree, 'bpf/a b.bpf.c')).toBe('old\n');
    expect(read(tree, 'link.h')).toBe('header\n');
    expect(readlinkSync(path.join(tree.folder, 'outside'))).toBe('/etc/hostname');
    expect(lstatSync(path.join(tree.folder, 'build.sh')).mode & 0o111).toBe(0o111);
    expect(lstatSync(path.join(tree.folder, 'left-out')).mode & 0o111).toBe(0);
    expect(readdirSync(path.dirname(tree.folder))).toEqual(['tree']);
    expect(stateOf(top)).toEqual(before);
    expect(existsSync(at('ran'))).toBe(false);

    await tree.dispose();
    expect(readdirSync(scratch.temporary)).toEqual([]);
  });

  it('has the line ends of its own attributes, and not of the working copy’s', async () => {
    const top = makeRepository(at('a'));
    write(top, '.gitattributes', '*.c text eol=crlf\n*.h text eol=lf\n');
    write(top, 'a.c', 'int a;\n');
    write(top, 'a.h', 'int h;\n');
    const base = commit(top);
    write(top, '.gitattributes', '*.c text eol=lf\n*.h text eol=crlf\n');
    commit(top);
    const tree = await checkOutOf(top, base);
    expect([read(tree, 'a.c'), read(tree, 'a.h')]).toEqual(['int a;\r\n', 'int h;\n']);
  });

  it('comes from the remote where a shallow checkout lacks it, with the settings of the checkout', async () => {
    const { upstream, main, merge } = pullRequest(scratch.folder);
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    git(workspace, 'config', 'core.autocrlf', 'true');
    const before = stateOf(workspace);
    const tree = await checkOutOf(workspace, main);
    expect(tree.commit).toBe(main);
    expect(namesIn(tree.folder)).toEqual(['bpf/a.bpf.c', 'bpf/b.bpf.c']);
    expect(read(tree, 'bpf/a.bpf.c')).toBe('int a = 1;\r\n');
    expect(readdirSync(path.dirname(tree.folder))).toEqual(['tree']);
    expect(stateOf(workspace)).toEqual(before);
    expect(git(workspace, 'rev-parse', 'HEAD')).toBe(merge);
    expect(git(workspace, 'worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('is as sparse as the working copy is', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    git(upstream, 'checkout', '--quiet', 'main');
    write(upstream, 'docs/a.md', 'words\n');
    write(upstream, 'README', 'words\n');
    const base = commit(upstream);
    git(upstream, 'config', 'uploadpack.allowFilter', 'true');
    const workspace = clone(upstream, at('workspace'), '--filter=blob:none', '--no-checkout');
    git(workspace, 'sparse-checkout', 'set', 'bpf');
    git(workspace, 'checkout', '--quiet', '--detach', main);
    const before = stateOf(workspace);
    const tree = await checkOutOf(workspace, base);
    expect(namesIn(tree.folder)).toEqual(['README', 'bpf/a.bpf.c', 'bpf/b.bpf.c']);
    expect(stateOf(workspace)).toEqual(before);
  });

  it('keeps the pointers of Git LFS where it is required and not installed', async () => {
    const top = makeRepository(at('a'));
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    write(top, 'capture.pcap', pointer);
    write(top, '.gitattributes', '*.pcap filter=lfs diff=lfs merge=lfs -text\n');
    const base = commit(top);
    git(top, 'config', 'filter.lfs.process', 'no-such-git-lfs filter-process');
    git(top, 'config', 'filter.lfs.smudge', 'no-such-git-lfs smudge -- %f');
    git(top, 'config', 'filter.lfs.required', 'true');
    expect(read(await checkOutOf(top, base), 'capture.pcap')).toBe(pointer);
  });

  it('is had from a linked working tree', async () => {
    const top = makeRepository(at('a'));
    write(top, 'file', 'old\n');
    const base = commit(top);
    write(top, 'file', 'new\n');
    commit(top);
    git(top, 'worktree', 'add', '--quiet', '--detach', at('linked'));
    expect(read(await checkOutOf(at('linked'), base), 'file')).toBe('old\n');
    expect(git(top, 'worktree', 'list').split('\n')).toHaveLength(2);
  });

  it('leaves nothing behind where it cannot be had', async () => {
    const { upstream } = pullRequest(scratch.folder);
    await expect(checkOutOf(upstream, 'none-such')).rejects.toThrow('none-such');
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    await expect(checkOutOf(workspace, 'none-such')).rejects.toThrow('none-such');
    expect(readdirSync(scratch.temporary)).toEqual([]);
  });
});

describe('submodules', () => {
  /** A project whose base has the library at `old`, and whose head has it at `bumped`. */
  function project() {
    const inner = makeRepository(at('inner'));
    write(inner, 'deep.h', 'deep\n');
    commit(inner);
    const library = makeRepository(at('library'));
    write(library, 'lib.h', 'old\n');
    git(library, 'submodule', '--quiet', 'add', `file://${inner}`, 'inner');
    const old = commit(library);
    write(library, 'lib.h', 'bumped\n');
    const bumped = commit(library);
    const top = makeRepository(at('project'));
    write(top, 'a.c', '#include "lib.h"\n');
    git(top, 'submodule', '--quiet', 'add', `file://${library}`, 'third party/lib');
    git(path.join(top, 'third party/lib'), 'checkout', '--quiet', old);
    const base = commit(top);
    git(path.join(top, 'third party/lib'), 'checkout', '--quiet', bumped);
    commit(top);
    return { top, base, old };
  }
  const files = [
    '.gitmodules',
    'a.c',
    'third party/lib/.gitmodules',
    'third party/lib/inner/deep.h',
    'third party/lib/lib.h',
  ];

  it.each([
    ['whole', []],
    ['shallow', ['--depth=1', '--shallow-submodules', '--no-local']],
  ])('are laid out as the base has them, from a %s checkout', async (_how, options) => {
    const { top, base } = project();
    const workspace = clone(top, at('workspace'), '--recurse-submodules', ...options);
    git(workspace, 'config', 'submodule.recurse', 'true');
    const before = stateOf(workspace);
    const tree = await checkOutOf(workspace, base);
    expect(tree.notes).toEqual([]);
    expect(namesIn(tree.folder)).toEqual(files);
    expect(read(tree, 'third party/lib/lib.h')).toBe('old\n');
    expect(readdirSync(path.dirname(tree.folder))).toEqual(['tree']);
    expect(stateOf(workspace)).toEqual(before);
  });

  it('stay away where the checkout has none, and the tree says so', async () => {
    const { top, base, old } = project();
    const tree = await checkOutOf(clone(top, at('workspace')), base);
    expect(namesIn(tree.folder)).toEqual(['.gitmodules', 'a.c']);
    expect(tree.notes).toEqual([
      `the base lacks its submodule third party/lib (${old.slice(0, 7)}): it is not checked out here; actions/checkout with \`submodules: recursive\` does that`,
    ]);
  });

  it('stay away where their commit cannot be had, and the tree says so', async () => {
    const { top, base } = project();
    const workspace = clone(
      top,
      at('workspace'),
      '--recurse-submodules',
      '--shallow-submodules',
      '--depth=1',
      '--no-local',
    );
    git(path.join(workspace, 'third party/lib'), 'remote', 'set-url', 'origin', `file://${at('gone')}`);
    const { notes } = await checkOutOf(workspace, base);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('third party/lib');
    expect(notes[0]).toContain('cannot be fetched');
  });
});

describe.skipIf(!available('kernel'))('the workspace of another user', () => {
  it('is checked out from, and no file of ours is left in it', async () => {
    const { upstream, main } = pullRequest(scratch.folder);
    const workspace = checkoutOf(upstream, at('workspace'), 'refs/pull/2/merge');
    execFileSync('chown', ['-R', '65534:65534', workspace]);
    const before = stateOf(workspace);
    const tree = await checkOutOf(path.join(workspace, 'bpf'), main);
    expect(read(tree, 'bpf/b.bpf.c')).toBe('int b = 1;\n');
    expect(stateOf(workspace)).toEqual(before);
  });
});
