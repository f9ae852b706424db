import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url).pathname;

describe('the closing line of a test run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'closing-line-'));
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(tests: string, required = '') {
    writeFileSync(path.join(folder, 'a.test.js'), `import { expect, it } from 'vitest';\n${tests}`);
    const reporter = path.join(root, 'scripts/closing-line.ts');
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const environment = { ...process.env, KFAAS_REQUIRE: required };
    const ended = spawnSync(
      process.execPath,
      [vitest, 'run', '--no-cache', '--root', folder, '--reporter=default', `--reporter=${reporter}`],
      { encoding: 'utf8', env: environment },
    );
    return { status: ended.status, line: ended.stdout.trimEnd().split('\n').at(-1) };
  }

  const pass = `it('passes', () => {});\n`;
  const skip = `it.skip('is skipped', () => {});\n`;
  const fail = `it('fails', () => expect(1).toBe(2));\n`;

  it('counts what passed, failed and was skipped', () => {
    expect(run(pass + pass + skip + fail)).toEqual({ status: 1, line: '2 passed, 1 failed, 1 skipped' });
  });

  it('lets a skip pass on a laptop, and not where something is required', () => {
    expect(run(pass + skip)).toEqual({ status: 0, line: '1 passed, 0 failed, 1 skipped' });
    expect(run(pass + skip, 'kernel')).toEqual({ status: 1, line: '1 passed, 0 failed, 1 skipped' });
  });

  it('counts a file that does not load', () => {
    expect(run(`throw new Error('at import');`)).toEqual({ status: 1, line: '0 passed, 1 failed, 0 skipped' });
  });

  it('counts an error outside of any test', () => {
    const late = `it('passes', async () => { setTimeout(() => { throw new Error('late'); }); await new Promise((r) => setTimeout(r, 50)); });`;
    expect(run(late)).toEqual({ status: 1, line: '1 passed, 1 failed, 0 skipped' });
  });
});
