import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileForKernel, compileUnit } from '../../../src/build/compile.js';
import { run } from '../../../src/build/run.js';
import { declaring, kernelTypes, withVmlinux } from '../../../src/build/vmlinux.js';
import { loadProgram } from '../../../src/load/object.js';
import { openEngine, openWorkshop, programsFolder, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureOfPromise } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel') || !existsSync(kernelTypes))('a source that includes vmlinux.h', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  it.each([
    ['kernel_types', 'passes_ipv4', 2],
    ['relocated', 'relocated', 1],
  ])('gets this kernel’s types: %s', async (name, program, retval) => {
    const source = `objects/${name}.bpf.c`;
    const { bpf } = await compileForKernel(engine.workshop, { tree: programsFolder, source, cflags: [] });
    const logFile = path.join(engine.logFolder, 'log');
    const loaded = loadProgram(engine.libbpf, { object: bpf, source, program, logFile });
    expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() }).retval).toBe(retval);
    loaded.unload();
  });

  it('has the kernel’s functions declared where it calls them and does not declare them itself', async () => {
    const source = 'objects/kernel_functions.bpf.c';
    const { bpf } = await compileForKernel(engine.workshop, { tree: programsFolder, source, cflags: [] });
    const logFile = path.join(engine.logFolder, 'log');
    const loaded = loadProgram(engine.libbpf, { object: bpf, source, program: 'first_byte', logFile });
    expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() }).retval).toBe(udpPacket()[0]);
    loaded.unload();
  });

  it('gets them in user space, too', async () => {
    expect(await engine.libraries('objects/kernel_types.bpf.c', 'passes_ipv4')).toHaveLength(8);
  });
});

describe('vmlinux.h', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-types-'));
    mkdirSync(path.join(scratch, 'tree'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  const give = (name: string, text: string) => writeFileSync(path.join(scratch, 'tree', name), text);

  it('is the tree’s own where it has one', async () => {
    const workshop = await openWorkshop(path.join(scratch, 'cache'));
    give('vmlinux.h', 'struct __sk_buff { int len; };\n#define SEC(name) __attribute__((section(name)))\n');
    give('own.bpf.c', '#include "vmlinux.h"\nSEC("tc") int own(struct __sk_buff *skb) { return skb->len; }\n');
    const unit = { tree: path.join(scratch, 'tree'), source: 'own.bpf.c', cflags: [] };
    await expect(compileUnit(workshop, unit)).resolves.toHaveProperty('bpf');
  });

  it('is asked for nothing but itself', async () => {
    const workshop = await openWorkshop(path.join(scratch, 'cache'));
    const { result, flags } = await withVmlinux(workshop, () => run('sh', ['-c', 'echo "x.h not found" >&2; exit 1']));
    expect([result.code, result.stderr, flags]).toEqual([1, 'x.h not found\n', []]);
  });

  it('cannot be made of what holds no types: the file is named', async () => {
    const workshop = await openWorkshop(path.join(scratch, 'cache'));
    const lacking = (types: string) =>
      withVmlinux(workshop, () => run('sh', ['-c', `echo "'vmlinux.h' file not found" >&2; exit 1`]), types);
    for (const types of [path.join(scratch, 'none'), path.join(programsFolder, 'restless.bpf.c')]) {
      const failure = await failureOfPromise(lacking(types));
      expect(failure.kind).toBe('build');
      expect(failure.message).toContain(`cannot be made from ${types}: `);
    }
  });

  it.skipIf(!existsSync(kernelTypes))('leaves a function to the source that declares it otherwise', async () => {
    const workshop = await openWorkshop(path.join(scratch, 'cache'));
    const otherwise = 'extern int bpf_dynptr_size(void *packet) __attribute__((section(".ksyms")));';
    give(
      'other.bpf.c',
      `#include "vmlinux.h"\n${otherwise}\nint size(void *packet) { return bpf_dynptr_size(packet); }\n`,
    );
    for (const first of ['source', 'header'] as const) {
      const clang = ['-target', 'bpf', '-fsyntax-only', path.join(scratch, 'tree/other.bpf.c')];
      const { result } = await withVmlinux(workshop, (flags) =>
        declaring(flags, first, (added) => run(workshop.toolchain.clang, [...clang, ...added])),
      );
      expect([result.code, result.stderr]).toEqual([0, '']);
    }
  });

  it.skipIf(!existsSync(kernelTypes))('is made once for a kernel', async () => {
    const workshop = await openWorkshop(path.join(scratch, 'cache'));
    const folders: string[] = [];
    const compile = (flags: readonly string[]) => {
      folders.push(...flags.slice(1, 2));
      return run('sh', ['-c', `echo "'vmlinux.h' file not found" >&2; exit ${flags.length === 0 ? '1' : '0'}`]);
    };
    await withVmlinux(workshop, compile);
    const header = path.join(folders[0]!, 'vmlinux.h');
    expect(readFileSync(header, 'utf8')).toMatch(/^#ifndef __VMLINUX_H__\n[^]*struct sk_buff \{[^]*#endif\n$/);
    expect(readFileSync(header, 'utf8')).toMatch(/^extern .*\bbpf_dynptr_from_xdp\(.*\) __weak __ksym;$/m);
    writeFileSync(header, 'kept');
    await withVmlinux(workshop, compile);
    expect(folders[1]).toBe(folders[0]);
    expect(readFileSync(header, 'utf8')).toBe('kept');
  });
});
