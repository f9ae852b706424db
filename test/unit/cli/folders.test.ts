import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder, defaultOutputFolder, makeFolder, withOutputFolder } from '../../../src/cli/folders.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-folders-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the cache', () => {
  it.each([
    [{ XDG_CACHE_HOME: '/var/cache' }, '/var/cache/kfaas-bench'],
    [{ XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/kfaas-bench'],
    [{ XDG_CACHE_HOME: '' }, '/home/me/.cache/kfaas-bench'],
    [{}, '/home/me/.cache/kfaas-bench'],
  ])('of %j', (environment, expected) => {
    expect(cacheFolder(environment, '/home/me')).toBe(expected);
  });
});

describe('the output folder', () => {
  it('exists meanwhile, and is gone where nothing was put in it', async () => {
    const used = await withOutputFolder(undefined, folder, (output) => {
      expect(existsSync(output)).toBe(true);
      return Promise.resolve(output);
    });
    expect(used).toBe(path.join(folder, defaultOutputFolder));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stays with what was put in it, also where the work failed', async () => {
    const output = path.join(folder, 'a', 'b');
    const work = withOutputFolder(output, folder, (made) => {
      writeFileSync(path.join(made, 'x.log'), '');
      return Promise.reject(new Error('the work failed'));
    });
    await expect(work).rejects.toThrow('the work failed');
    expect(readdirSync(output)).toEqual(['x.log']);
  });

  it('is a temporary one where the working directory takes none', async () => {
    writeFileSync(path.join(folder, defaultOutputFolder), 'in the way');
    const used = await withOutputFolder(undefined, folder, (output) => Promise.resolve(output));
    expect(path.dirname(used)).toBe(tmpdir());
    expect(existsSync(used)).toBe(false);
  });

  it('has to be writable where it was asked for', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    await expect(withOutputFolder(file, folder, () => Promise.resolve())).rejects.toThrow(
      `${file} cannot be written to: EEXIST`,
    );
    expect(() => {
      makeFolder(path.join(file, 'below'), 'x');
    }).toThrow('ENOTDIR');
  });
});
