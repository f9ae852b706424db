import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findToolchain } from '../../../src/build/toolchain.js';
import { failureOfPromise } from '../../helpers/failure.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-path-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A command that says what a compiler would say of itself. */
function install(name: string, says: string): string {
  const command = path.join(folder, name);
  writeFileSync(command, `#!/bin/sh\necho '${says}'\necho 'Target: none'\n`);
  chmodSync(command, 0o755);
  return command;
}

describe('the compiler', () => {
  it("is this machine's own clang", async () => {
    const { clang, version } = await findToolchain({});
    expect(clang).toMatch(/^clang(-\d+)?$/);
    expect(version).toMatch(/clang version \d+/);
  });

  it('is the newest of those that are installed', async () => {
    vi.stubEnv('PATH', folder);
    install('clang', 'clang version 13.0.1');
    install('clang-14', 'Debian clang version 14.0.6');
    install('clang-17', 'clang version 17.0.6');
    expect(await findToolchain({})).toEqual({ clang: 'clang-17', version: 'clang version 17.0.6' });
  });

  it('is the plain one where no other is', async () => {
    vi.stubEnv('PATH', folder);
    install('clang', 'Ubuntu clang version 18.1.3 (1ubuntu1)');
    expect((await findToolchain({})).clang).toBe('clang');
  });

  it('is another one by CLANG, whatever else there is', async () => {
    const mine = install('my-clang', 'clang version 21.0.0git');
    expect(await findToolchain({ CLANG: mine })).toEqual({ clang: mine, version: 'clang version 21.0.0git' });
  });

  it('is chosen as ever where CLANG is empty', async () => {
    expect((await findToolchain({ CLANG: '' })).clang).toMatch(/^clang/);
  });

  it('is never something that CLANG names and that is no clang', async () => {
    for (const clang of ['/nonexistent/clang', install('cc', 'cc (GCC) 14.2.0'), folder]) {
      const failure = await failureOfPromise(findToolchain({ CLANG: clang }));
      expect(failure.kind).toBe('environment');
      expect(failure.message).toBe(`CLANG=${clang} cannot be run as a clang`);
      expect(failure.remedy).toContain('CLANG');
    }
  });

  it('is asked for where there is none', async () => {
    vi.stubEnv('PATH', folder);
    const failure = await failureOfPromise(findToolchain({}));
    expect(failure).toMatchObject({ kind: 'environment', message: 'no clang was found' });
    expect(failure.remedy).toContain('apt-get install clang');
  });
});
