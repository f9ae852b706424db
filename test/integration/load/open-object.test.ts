import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForKernel } from '../../../src/build/compile.js';
import { loadProgram, programNamesIn, type LoadRequest } from '../../../src/load/object.js';
import { openObject } from '../../../src/load/open-object.js';
import { elfHeader } from '../../helpers/elf.js';
import { openEngine, programsFolder, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('a file that is opened as an object', () => {
  let engine: Engine;
  const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-objects-'));
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => {
    engine.close();
    rmSync(folder, { recursive: true });
  });

  async function request(source: string, program?: string, cflags: readonly string[] = []): Promise<LoadRequest> {
    const unit = { tree: programsFolder, source, cflags };
    const { bpf } = await compileForKernel(engine.workshop, unit);
    return { object: bpf, source, program, logFile: path.join(folder, 'verifier.log') };
  }

  function requestOf(name: string, bytes: Buffer): LoadRequest {
    const object = path.join(folder, name);
    writeFileSync(object, bytes);
    return { object, source: name, program: undefined, logFile: path.join(folder, 'verifier.log') };
  }

  const fails = (wrong: LoadRequest) => failureFrom(() => programNamesIn(engine.libbpf, wrong));

  it.each(['on_device', 'on_cpu'])('with a program for behind a redirect is test-run: %s', async (name) => {
    const loaded = loadProgram(engine.libbpf, await request('objects/behind_redirect.bpf.c', name));
    expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: Buffer.alloc(64) }).retval).toBe(2);
    loaded.unload();
  });

  describe('with maps of the old kind', () => {
    it.each([
      ['with BTF', ['-g']],
      ['without', ['-g0']],
    ])('is loaded with them, %s', async (_, cflags) => {
      const { libbpf } = engine;
      const classic = await request('objects/classic_maps.bpf.c', undefined, cflags);
      const loaded = loadProgram(libbpf, classic);
      const run = () => libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() }).retval;
      expect([run(), run(), run()]).toEqual([41, 42, 43]);
      loaded.unload();

      const object = openObject(libbpf, classic);
      libbpf.loadObject(object);
      const maps = libbpf.mapsOf(object).map((map) => libbpf.mapInfo(libbpf.mapFd(map)));
      libbpf.closeObject(object);
      expect(maps).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'counts', type: 2, keyBytes: 4, valueBytes: 8, maxEntries: 3, flags: 0 }),
          expect.objectContaining({ name: 'seen', type: 1, keyBytes: 6, valueBytes: 4, maxEntries: 1024, flags: 1 }),
        ]),
      );
    });

    it('is refused with the name of a map of maps', async () => {
      const failure = fails(await request('objects/map_of_maps.bpf.c'));
      expect(failure.kind).toBe('build');
      expect(failure.message).toMatch(/: its map outer is a map of maps/);
      expect(failure.remedy).toContain('SEC(".maps")');
    });
  });

  it('leaves nothing in bpffs where a map is to be pinned', async () => {
    const loaded = loadProgram(engine.libbpf, await request('objects/pinned.bpf.c'));
    expect(existsSync('/sys/fs/bpf/kfaas_test_pinned')).toBe(false);
    loaded.unload();
  });

  describe('whose SEC() libbpf itself reads no type in', () => {
    const source = 'objects/sections.bpf.c';

    it.each([
      ['numbered', 'xdp', 3],
      ['newer', 'tc', 3],
      ['classified', 'tc', 4],
      ['acting', 'sched_act', 5],
      ['tapped', 'socket_filter', 6],
      ['in_group', 'cgroup_skb', 1],
      ['routed', 'lwt_out', 0],
    ])('is read as earlier ones and other loaders read it: %s', async (program, type, answer) => {
      const loaded = loadProgram(engine.libbpf, await request(source, program));
      expect(loaded.type).toBe(type);
      expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() }).retval).toBe(answer);
      loaded.unload();
    });

    it('is read with what it is to be attached to', async () => {
      const loaded = loadProgram(engine.libbpf, await request(source, 'to_device'));
      const run = () => engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() });
      expect(run).toThrow('EINVAL'); // programs of device maps have no test run
      loaded.unload();
    });

    it.each([
      ['tcp', 'tcp_filter'],
      ['unknown', 'ingress'],
    ])('is refused where nobody reads one: %s', async (program, section) => {
      const nameless = await request(source, program);
      const failure = failureFrom(() => loadProgram(engine.libbpf, nameless));
      expect(failure.message).toContain(`SEC("${section}") names no program type`);
    });
  });

  it.each([
    ['text.o', Buffer.from('no object'), /text\.o: .*not an ELF file/, /not its source/],
    ['native.o', elfHeader(62), /made for machine 62/, /-target bpf/],
    ['big.o', elfHeader(247, 'big'), /big-endian/, /bpfel/],
    ['executable', typed(elfHeader(247), 2), /not a relocatable object/, /clang -c/],
  ])('is told as what it is: %s', (name, bytes, message, remedy) => {
    const failure = fails(requestOf(name, bytes));
    expect(failure).toMatchObject({ kind: 'build', location: { file: name } });
    expect(failure.message).toMatch(message);
    expect(failure.remedy).toMatch(remedy);
  });

  it('is told where it is cut off', async () => {
    const { object } = await request('proprietary.bpf.c');
    const failure = fails(requestOf('half.o', readFileSync(object).subarray(0, 700)));
    expect(failure.message).toMatch(/the file is broken \(.* cut off\)/);
  });

  it('needs BTF where it has maps', async () => {
    const failure = fails(await request('objects/pinned.bpf.c', undefined, ['-g0']));
    expect(failure.message).toMatch(/the object has no BTF$/);
    expect(failure.remedy).toMatch(/^compile it with -g/);
  });

  it.each([['-g'], ['-g0']])('with a panic of Rust in it says how to be rid of it (%s)', async (flag) => {
    const failure = fails(await request('broken/rust_panic.bpf.c', undefined, [flag]));
    expect(failure.message).toContain('panic_bounds_check');
    expect(failure.remedy).toMatch(/mask the index .*get\(\)/);
  });

  describe('whose programs call functions that this kernel has not', () => {
    const source = 'lacking/one_of_several.bpf.c';

    it('is loaded for the program that calls none', async () => {
      const loaded = loadProgram(engine.libbpf, await request(source, 'calls_none'));
      expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: udpPacket() }).retval).toBe(7);
      loaded.unload();
    });

    it.each([
      ['calls_one', 'bpf_no_such_kfunc'],
      ['calls_other', 'bpf_no_other_kfunc'],
    ])('is refused for the one that calls it: %s', async (program, kfunc) => {
      const lacking = await request(source, program);
      const failure = failureFrom(() => loadProgram(engine.libbpf, lacking));
      expect(failure.kind).toBe('verifier');
      expect(failure.message).toMatch(
        new RegExp(`this kernel has no function ${kfunc}\\(\\) for programs \\(kfunc\\)$`),
      );
      expect(failure.remedy).toContain('on a kernel that has it');
    });

    it('is refused for what is wrong with another one', async () => {
      const wrong = await request(source, 'is_wrong');
      const failure = failureFrom(() => loadProgram(engine.libbpf, wrong));
      expect(failure.message).toMatch(/^is_wrong: the verifier rejects it .*packet/);
    });
  });
});

function typed(header: Buffer, type: number): Buffer {
  header.writeUInt16LE(type, 16);
  return header;
}
