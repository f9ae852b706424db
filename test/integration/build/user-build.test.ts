import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildEnvironment, buildInCopy } from '../../../src/build/user-build.js';
import { failureOf } from '../../../src/errors.js';
import { available } from '../../helpers/require.js';

const toolchain = { clang: 'clang-of-the-test', version: '' };

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-user-build-'));
  root = path.join(folder, 'project');
  mkdirSync(path.join(root, 'bpf'), { recursive: true });
  writeFileSync(path.join(root, 'bpf', 'a.txt'), 'a');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function build(command: string, rest: { treeName?: string; timeLimitSeconds?: number; copies?: string } = {}) {
  return buildInCopy({
    command,
    root,
    folder: path.join(root, 'bpf'),
    copies: path.join(folder, 'copies'),
    treeName: 'head',
    toolchain,
    timeLimitSeconds: 60,
    ...rest,
  });
}

function failureOfBuilding(...args: Parameters<typeof build>) {
  return build(...args).then(() => {
    throw new Error('it was built');
  }, failureOf);
}

/** Processes that carry a mark in their words. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}

describe.skipIf(!available('kernel'))('a build command', () => {
  it('writes into a copy of the whole tree, and nowhere else', async () => {
    writeFileSync(path.join(root, 'Makefile'), 'bpf/out: bpf/a.txt\n\tcp $< $@; echo built >> $@\n');
    execFileSync('touch', ['--date=2001-02-03', path.join(root, 'bpf', 'a.txt')]);
    const copy = await build('make -C .. bpf/out');
    expect(readFileSync(path.join(copy, 'out'), 'utf8')).toBe('abuilt\n');
    expect(statSync(path.join(copy, 'a.txt')).mtime).toEqual(statSync(path.join(root, 'bpf', 'a.txt')).mtime);
    expect(readdirSync(path.join(root, 'bpf'))).toEqual(['a.txt']);
    expect(readdirSync(path.join(folder, 'copies'))).toEqual(['head']);
  });

  it('builds every tree at the same path', async () => {
    const copies = [await build('pwd > where', { treeName: 'head' }), await build('pwd > where', { treeName: 'base' })];
    expect(copies[0]).not.toBe(copies[1]);
    const [head, base] = copies.map((copy) => readFileSync(path.join(copy, 'where'), 'utf8'));
    expect(head).toBe(base);
  });

  it('sees the repository that the tree is', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], { cwd: root });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    git('tag', '-a', '-m', 'first', 'v1.2');
    const copy = await build('git describe > version');
    expect(readFileSync(path.join(copy, 'version'), 'utf8')).toBe('v1.2\n');
  });

  it('that fails is told by the end of what it printed', async () => {
    const failure = await failureOfBuilding('echo to stdout; seq 100; echo to stderr >&2; exit 7');
    expect(failure).toMatchObject({
      kind: 'build',
      message:
        '`build: echo to stdout; seq 100; echo to stderr >&2; exit 7` ended with exit code 7 in the tree of head',
    });
    const lines = failure.detail!.split('\n');
    expect(lines).toHaveLength(40);
    expect(lines).toContain('to stderr');
    expect(lines).not.toContain('to stdout');
  });

  it('that takes too long is ended with all that it started', async () => {
    const mark = String(3_000_000 + process.pid);
    const failure = await failureOfBuilding(`echo begun; setsid sleep ${mark} & sleep ${mark}`, {
      timeLimitSeconds: 1,
    });
    expect(failure).toMatchObject({ kind: 'build', detail: 'begun' });
    expect(failure.message).toMatch(/` took more than 1 s in the tree of head$/);
    await sleep(50);
    expect(processesWith(mark)).toEqual([]);
  });

  it('leaves nothing running behind it', async () => {
    const mark = String(4_000_000 + process.pid);
    const copy = await build(`setsid sleep ${mark} & until pidof sleep >/dev/null; do :; done; touch done`);
    expect(existsSync(path.join(copy, 'done'))).toBe(true);
    await sleep(50);
    expect(processesWith(mark)).toEqual([]);
  });

  it('knows the compiler, and nothing of a make around it', async () => {
    const copy = await build('echo "$CLANG" > clang; echo "$TMPDIR" > temporary');
    expect(readFileSync(path.join(copy, 'clang'), 'utf8')).toBe('clang-of-the-test\n');
    expect(readFileSync(path.join(copy, 'temporary'), 'utf8')).toContain(folder);
    const environment = buildEnvironment({ PATH: '/bin', MAKEFLAGS: '-j', MAKELEVEL: '1', CC: 'gcc' }, toolchain, '/t');
    expect(environment).toEqual({ PATH: '/bin', CC: 'gcc', CLANG: 'clang-of-the-test', TMPDIR: '/t' });
    expect(buildEnvironment({}, toolchain, '/t')['CC']).toBe('clang-of-the-test');
  });

  it('needs a tree that can be copied', async () => {
    const failure = await failureOfBuilding('true', { copies: path.join(root, 'inside') });
    expect(failure).toMatchObject({ kind: 'environment' });
    expect(failure.message).toContain('cannot be copied for `build`');
  });
});
