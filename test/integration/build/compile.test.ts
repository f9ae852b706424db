import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileUnit, type SourceUnit, type Workshop } from '../../../src/build/compile.js';
import { linkVariants } from '../../../src/build/harness.js';
import { openWorkshop, programsFolder } from '../../helpers/engine.js';
import { failureOfPromise } from '../../helpers/failure.js';

let scratch: string;
let tree: string;
let workshop: Workshop;
beforeEach(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-build-'));
  tree = path.join(scratch, 'tree');
  mkdirSync(tree);
  workshop = await countingWorkshop();
  give('port.h', '#define PORT 53\n');
  give('filter.bpf.c', source('return skb->len == PORT + EXTRA;'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

function give(name: string, text: string): void {
  writeFileSync(path.join(tree, name), text);
}

function source(body: string): string {
  const parts = ['#include <kfaas.h>', '#include "port.h"', '#ifndef EXTRA', '#define EXTRA 0', '#endif'];
  parts.push('SEC("tc") int filter(struct __sk_buff *skb) {', body, '}', 'char LICENSE[] SEC("license") = "GPL";', '');
  return parts.join('\n');
}

/** Of this machine's own clang, with a cache of its own; every call of it is written down. */
async function countingWorkshop(): Promise<Workshop> {
  const opened = await openWorkshop(path.join(scratch, 'cache'));
  const clang = path.join(scratch, 'clang');
  writeFileSync(clang, `#!/bin/sh\necho "$@" >>${path.join(scratch, 'calls')}\nexec ${opened.toolchain.clang} "$@"\n`);
  chmodSync(clang, 0o755);
  writeFileSync(path.join(scratch, 'calls'), '');
  return { ...opened, toolchain: { ...opened.toolchain, clang } };
}

/** How often something was compiled, not only preprocessed. */
function compilations(): number {
  return readFileSync(path.join(scratch, 'calls'), 'utf8').match(/ -c /g)?.length ?? 0;
}

function compile(unit: Partial<SourceUnit> = {}) {
  return compileUnit(workshop, { tree, source: 'filter.bpf.c', cflags: [], ...unit });
}

const elfMachine = (file: string): number => readFileSync(file).readUInt16LE(18);

describe('one source', () => {
  it('becomes an eBPF object and a native one', async () => {
    const { bpf, native, bpfSha256, nativeSha256 } = await compile();
    expect(elfMachine(bpf)).toBe(247); // EM_BPF
    expect(elfMachine(native)).toBe({ x64: 62, arm64: 183 }[process.arch as string]);
    expect(bpfSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(nativeSha256).not.toBe(bpfSha256);
    expect(compilations()).toBe(2);
  });

  it('may be named by an absolute path', async () => {
    const { bpfSha256 } = await compile({ tree: scratch, source: path.join(tree, 'filter.bpf.c') });
    expect(bpfSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that is not there is told with the tree that it is missing in', async () => {
    const failure = await failureOfPromise(compile({ source: 'gone.bpf.c' }));
    expect(failure.kind).toBe('build');
    expect(failure.message).toBe(`gone.bpf.c does not exist in ${tree}`);
  });
});

describe('the cache', () => {
  it('hits where nothing changed, also where a file was only touched', async () => {
    const first = await compile();
    const { ino } = statSync(first.bpf);
    give('port.h', '#define PORT 53\n');
    expect(await compile()).toEqual(first);
    expect(statSync(first.bpf).ino).toBe(ino);
    expect(compilations()).toBe(2);
  });

  it.each([
    ['a header', () => give('port.h', '#define PORT 54\n'), {}],
    ['the source', () => give('filter.bpf.c', source('return skb->len == PORT + 1;')), {}],
    ['a flag', () => undefined, { cflags: ['-DEXTRA=2'] }],
  ])('misses where %s changed, and hits again when it changed back', async (_, change, unit) => {
    const first = await compile();
    const before = ['port.h', 'filter.bpf.c'].map(
      (name) => [name, readFileSync(path.join(tree, name), 'utf8')] as const,
    );
    change();
    const second = await compile(unit);
    expect(second.bpf).not.toBe(first.bpf);
    expect(second.bpfSha256).not.toBe(first.bpfSha256);
    expect(second.nativeSha256).not.toBe(first.nativeSha256);
    expect(compilations()).toBe(4);
    for (const [name, text] of before) give(name, text);
    expect(await compile()).toEqual(first);
    expect(compilations()).toBe(4);
  });

  it('misses for a flag that changes nothing before the optimiser', async () => {
    const first = await compile();
    const second = await compile({ cflags: ['-O1'] });
    expect(second.bpf).not.toBe(first.bpf);
    expect(second.native).not.toBe(first.native);
  });

  it('misses for another compiler', async () => {
    const first = await compile();
    workshop = { ...workshop, toolchain: { ...workshop.toolchain, version: 'clang version 99' } };
    expect((await compile()).bpf).not.toBe(first.bpf);
  });

  it('serves two that make the same file at once', async () => {
    const [one, other] = await Promise.all([compile(), compile()]);
    expect(one).toEqual(other);
    expect(readdirSync(workshop.cacheFolder)).toHaveLength(2);
    expect(elfMachine(one.bpf)).toBe(247);
  });

  it('keeps nothing of what does not compile', async () => {
    give('filter.bpf.c', source('return skb->len'));
    await failureOfPromise(compile());
    expect(readdirSync(workshop.cacheFolder)).toEqual([]);
  });

  it('keeps nothing of what was half written', async () => {
    writeFileSync(
      path.join(scratch, 'clang'),
      '#!/bin/sh\nfor last; do :; done\ncase "$*" in *" -E "*) ;; *) echo half >"$last"; kill -9 $$ ;; esac\n',
    );
    const failure = await failureOfPromise(compile());
    expect(failure.kind).toBe('build');
    expect(failure.message).toMatch(/clang gave no reason$/);
    expect(readdirSync(workshop.cacheFolder)).toEqual([]);
  });
});

describe('what does not compile', () => {
  it('is told with its place, by a path from the tree', async () => {
    give('filter.bpf.c', source('return skb->len'));
    const failure = await failureOfPromise(compile());
    expect(failure.kind).toBe('build');
    expect(failure.location).toMatchObject({ file: 'filter.bpf.c', line: 7 });
    expect(failure.detail).toContain('filter.bpf.c:7');
  });

  it.each([
    ['#ifdef __bpf__', 'the kernel (-target bpf)'],
    ['#ifndef __bpf__', 'user space'],
  ])('on one side only (%s) is told of that side', async (condition, side) => {
    give('port.h', `#define PORT 53\n${condition}\n#error not here\n#endif\n`);
    const failure = await failureOfPromise(compile());
    expect(failure.message).toBe(`filter.bpf.c does not compile for ${side}: not here`);
    expect(failure.location).toEqual({ file: 'port.h', line: 3, column: 2 });
  });

  it('for a missing function in user space is the program, not the machine', async () => {
    const unit = { tree: programsFolder, source: 'broken/undefined_in_user_space.bpf.c', cflags: [] };
    const { native } = await compileUnit(workshop, unit);
    const failure = await failureOfPromise(linkVariants(workshop, native, 'broken'));
    expect(failure.kind).toBe('build');
    expect(failure.message).toBe('broken does not link for user space: nowhere is not defined');
    expect(failure.location?.file).toMatch(/undefined_in_user_space\.bpf\.c$/);
  });
});

describe('the variants of a library', () => {
  it('are several, and made once', async () => {
    const { native } = await compile();
    const first = await linkVariants(workshop, native, 'filter');
    expect(new Set(first.map((library) => readFileSync(library, 'hex'))).size).toBeGreaterThanOrEqual(8);
    const calls = readFileSync(path.join(scratch, 'calls'), 'utf8');
    expect(await linkVariants(workshop, native, 'filter')).toEqual(first);
    expect(readFileSync(path.join(scratch, 'calls'), 'utf8')).toBe(calls);
  });
});
