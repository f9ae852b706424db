import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryOf, gitFoldersWithCredentials } from '../../../src/places/repositories.js';

let tree = '';
beforeEach(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'kfaas-tree-'));
  git('init', '--quiet');
  git('remote', 'add', 'origin', 'https://github.com/octo/kit');
});
afterEach(() => rmSync(tree, { recursive: true }));

const git = (...args: string[]) => execFileSync('git', ['-C', tree, ...args]);

describe('a checkout', () => {
  it('is found from any folder in it', () => {
    mkdirSync(path.join(tree, 'a/b'), { recursive: true });
    expect(repositoryOf(path.join(tree, 'a/b'))).toBe(tree);
    expect(repositoryOf(tree)).toBe(tree);
  });

  it('is the folder itself where there is no checkout', () => {
    rmSync(path.join(tree, '.git'), { recursive: true });
    mkdirSync(path.join(tree, 'a'));
    expect(repositoryOf(path.join(tree, 'a'))).toBe(path.join(tree, 'a'));
  });

  it('keeps no token where the configuration holds none', async () => {
    expect(await gitFoldersWithCredentials([tree, path.join(tree, 'no-repository')])).toEqual([]);
  });

  it('keeps the token that the checkout step persisted', async () => {
    git('config', '--local', 'http.https://github.com/.extraheader', 'AUTHORIZATION: basic eDp5');
    expect(await gitFoldersWithCredentials([tree])).toEqual([path.join(tree, '.git')]);
  });

  it('keeps a token in the address of its remote', async () => {
    git('remote', 'set-url', 'origin', 'https://x-access-token:ghs_1@github.com/octo/kit');
    expect(await gitFoldersWithCredentials([tree])).toEqual([path.join(tree, '.git')]);
  });

  it('keeps a token in a submodule', async () => {
    const submodule = path.join(tree, '.git/modules/third_party/libbpf');
    mkdirSync(submodule, { recursive: true });
    writeFileSync(
      path.join(submodule, 'config'),
      '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eDp5\n',
    );
    expect(await gitFoldersWithCredentials([tree])).toEqual([path.join(tree, '.git')]);
  });
});
