import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/inputs/config.js';
import { runCommand } from '../../helpers/command-line.js';
import { elfHeader } from '../../helpers/elf.js';
import { available } from '../../helpers/require.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-init-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function give(name: string, content: string | Buffer = ''): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
}

const written = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const init = (...args: string[]) => runCommand(['init', ...args], { folder });

async function initAsJson(...args: string[]): Promise<unknown> {
  const { stdout, stderr } = await init('--json', ...args);
  return stderr === '' ? JSON.parse(stdout) : stderr;
}

const [config, workflow] = ['kfaas.yml', '.github/workflows/kfaas-bench.yml'];

describe('init', () => {
  it('says what it wrote, and what to do next', async () => {
    give('bpf/a.bpf.c');
    const { code, stdout, stderr } = await init();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^wrote {4}kfaas\.yml\nwrote {4}\.github\/workflows\/kfaas-bench\.yml\nmeasures a\n/);
    expect(stdout).toContain('sudo kfaas-bench run');
  });

  it('overwrites nothing, unless it is told to', async () => {
    give('a.bpf.c');
    give(workflow, 'mine');
    const { code, stderr } = await init();
    expect(code).toBe(2);
    expect(stderr).toContain(`${workflow} is there already`);
    expect(stderr).toContain('--force');
    expect(written(workflow)).toBe('mine');
    expect(() => written(config)).toThrow('ENOENT');
    expect((await init('--force')).code).toBe(0);
    expect(written(workflow)).toContain('uses: kiinitix/kfaas-bench@v1');
    expect((await init()).stderr).toContain(`${config} and ${workflow} are there already\n  → move them away`);
  });

  it('puts the workflow at the top of the checkout, and leaves out what git ignores', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    give('.gitmodules');
    give('.gitignore', 'build/\n');
    give('net/a.bpf.c');
    give('net/build/b.bpf.o', elfHeader(247));
    give('net/build/copy.bpf.c');
    expect(await initAsJson('-C', 'net')).toEqual({
      written: [`net/${config}`, workflow],
      benchmarks: ['a'],
      ignored: ['build/b.bpf.o'],
    });
    expect(written(`net/${config}`)).toContain('# - { name: b, object: build/b.bpf.o, every: true }');
    expect(written(workflow)).toContain('working-directory: net');
    expect(written(workflow)).toContain('submodules: recursive');
    rmSync(path.join(folder, 'net/a.bpf.c'));
    expect(await initAsJson('-C', 'net', '--force')).toContain('kfaas-bench init build/b.bpf.o');
  });

  it('takes what it is given', async () => {
    give('plain.c');
    give('target/xdp', elfHeader(247));
    expect(await initAsJson()).toContain('no *.bpf.c and no *.bpf.o is in');
    expect(await initAsJson('plain.c', 'target/xdp')).toMatchObject({ benchmarks: ['plain', 'xdp'] });
    const { benchmarks } = readConfig({ name: 'config', text: config }, folder);
    expect(benchmarks).toMatchObject([{ source: 'plain.c' }, { source: 'target/xdp', object: {} }]);
    expect(await initAsJson('missing.c')).toContain('SOURCE is `missing.c`, which does not exist');
  });
});

describe.skipIf(!available('kernel'))('what init writes', () => {
  it('runs', async () => {
    mkdirSync(path.join(folder, 'bpf'));
    copyFileSync('bpf/functions/fnv1a.bpf.c', path.join(folder, 'bpf/fnv1a.bpf.c'));
    await init();
    const { code, stdout } = await runCommand(['run', '--iterations', '1000', '--rounds', '5'], { folder });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^fnv1a\/fnv1a.* · tc · /m) as string,
    });
  });
});
