import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discoverBenchmarks } from '../../../src/inputs/discovery.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-discovery-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), '');
  }
}

function discovered() {
  const { benchmarks, demo } = discoverBenchmarks(undefined, folder);
  return demo ? 'the demo' : benchmarks.map(({ name, source, object }) => [name, source, object !== undefined]);
}

describe('without a config file', () => {
  it('takes every program of every file, with packets and limits that nobody gave', () => {
    write('bpf/filter.bpf.c', 'bpf/filter.h', 'bpf/plain.c', 'build/parse.bpf.o', 'bpf/native.o');
    const { benchmarks, demo } = discoverBenchmarks(undefined, folder);
    expect(demo).toBe(false);
    const inputs = allBuiltinPackets();
    const growth = {
      'verified-insns': { percent: 10, slack: 100 },
      'xlated-bytes': { percent: 10, slack: 512 },
      'jited-bytes': { percent: 10, slack: 512 },
      'stack-bytes': { percent: 0, slack: 64 },
    };
    const common = { cflags: [], every: true, inputs, genericInputs: true, expect: {}, limits: { growth } };
    expect(benchmarks).toEqual([
      { name: 'filter', source: 'bpf/filter.bpf.c', ...common },
      { name: 'parse', source: 'build/parse.bpf.o', object: {}, ...common },
    ]);
  });

  it('leaves out what a source that is there compiles to', () => {
    write('a.bpf.c', 'a.bpf.o', 'build/a.bpf.o', 'build/b.bpf.o');
    expect(discovered()).toEqual([
      ['a', 'a.bpf.c', false],
      ['b', 'build/b.bpf.o', true],
    ]);
  });

  it('tells files of one name apart by their folders', () => {
    write('x/a.bpf.c', 'y/a.bpf.c', 'z/b.bpf.c');
    expect(discovered()).toEqual([
      ['x/a', 'x/a.bpf.c', false],
      ['y/a', 'y/a.bpf.c', false],
      ['b', 'z/b.bpf.c', false],
    ]);
  });

  it('passes over what is hidden, not of the project, or behind a link', () => {
    write('.hidden/a.bpf.c', 'deep/.git/b.bpf.c', 'deep/c.bpf.c', '.bpf.c', 'src/link.h');
    for (const foreign of ['node_modules', 'vendor', 'third_party']) write(`src/${foreign}/d.bpf.c`);
    symlinkSync(folder, path.join(folder, 'src/round'));
    symlinkSync(path.join(folder, 'deep/c.bpf.c'), path.join(folder, 'src/e.bpf.c'));
    expect(discovered()).toBe('the demo');
    write('.git/config', 'src/f.bpf.c');
    expect(discovered()).toEqual([['f', 'src/f.bpf.c', false]]);
  });

  it('passes over what may not be read', () => {
    write('closed/a.bpf.c', 'b.bpf.c');
    chmodSync(path.join(folder, 'closed'), 0);
    expect(discovered()).toContainEqual(['b', 'b.bpf.c', false]);
  });

  it('takes the built-in functions where it finds nothing', () => {
    write('main.c', 'notes.o');
    expect(discovered()).toBe('the demo');
  });

  it('does not pass over a config file by another name', () => {
    write('a.bpf.c', 'kfaas.yaml');
    expect(discovered).toThrow('config is `kfaas.yaml`, which is not looked for');
  });
});
