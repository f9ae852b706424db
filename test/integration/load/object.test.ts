import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isRunnable, loadProgram, programIn, programNamesIn, type LoadRequest } from '../../../src/load/object.js';
import { openEngine, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('an object', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterEach(() => {
    for (const log of readdirSync(engine.logFolder)) rmSync(path.join(engine.logFolder, log));
  });
  afterAll(() => engine.close());

  async function request(source: string, program?: string): Promise<LoadRequest> {
    const { bpf } = await engine.compile(source);
    return { object: bpf, source, program, logFile: path.join(engine.logFolder, 'verifier.log') };
  }

  describe('and the program in it that is meant', () => {
    it('is the only one where none is named', async () => {
      expect(programIn(engine.libbpf, await request('proprietary.bpf.c')).name).toBe('proprietary');
    });

    it('is the named one of several', async () => {
      expect(programIn(engine.libbpf, await request('every_type.bpf.c', 'on_socket'))).toEqual({
        name: 'on_socket',
        type: 'socket_filter',
      });
    });

    it('has to be named where there are several: they are listed', async () => {
      const several = await request('every_type.bpf.c');
      const failure = failureFrom(() => programIn(engine.libbpf, several));
      expect(failure.kind).toBe('usage');
      expect(failure.message).toBe('every_type.bpf.c: 4 programs are in it');
      const list = 'on_xdp (xdp), on_tc (tc), on_socket (socket), on_syscall (syscall)';
      expect(failure.remedy).toBe(`choose by "program": ${list}`);
    });

    it('has to be one that is there: they are listed', async () => {
      const wrong = await request('every_type.bpf.c', 'on_xpd');
      const failure = failureFrom(() => loadProgram(engine.libbpf, wrong));
      expect(failure.kind).toBe('usage');
      expect(failure.message).toBe('every_type.bpf.c: there is no program named on_xpd');
      expect(failure.remedy).toContain('on_xdp (xdp)');
    });

    it('is one of those that are told in their order', async () => {
      const names = programNamesIn(engine.libbpf, await request('every_type.bpf.c'));
      expect(names).toEqual(['on_xdp', 'on_tc', 'on_socket', 'on_syscall']);
      expect(programNamesIn(engine.libbpf, await request('no_program.bpf.c'))).toEqual([]);
    });

    it('has to be one at all', async () => {
      const none = await request('no_program.bpf.c');
      for (const program of [undefined, 'helper']) {
        const failure = failureFrom(() => programIn(engine.libbpf, { ...none, program }));
        expect(failure.kind).toBe('usage');
        expect(failure.remedy).toContain('SEC("xdp")');
      }
    });

    it('may be of a type that no packet is given to', async () => {
      const loaded = loadProgram(engine.libbpf, await request('unsupported_type.bpf.c', 'on_sleep'));
      expect(loaded).toMatchObject({ name: 'on_sleep', type: 'kprobe', section: 'kprobe/do_nanosleep', stackBytes: 0 });
      expect(loaded.verifiedInsns).toBe(2);
      expect(isRunnable(loaded)).toBe(false);
      loaded.unload();
    });
  });

  it.each(['xdp', 'tc', 'socket_filter', 'syscall'] as const)(
    'is loaded with what the kernel knows of it: %s',
    async (type) => {
      const program = `on_${type.replace('_filter', '')}`;
      const loaded = await engine.load('every_type.bpf.c', program);
      expect(loaded).toMatchObject({ name: program, type });
      expect(loaded.info.tag).toMatch(/^[0-9a-f]{16}$/);
      expect(loaded.info.xlatedBytes).toBeGreaterThanOrEqual(loaded.recorded.insns.length);
      expect(loaded.info.jitedBytes).toBeGreaterThan(0);
      expect(loaded.verifiedInsns).toBeGreaterThan(2);
      expect(loaded.verifierStates).toBeGreaterThanOrEqual(0);
      expect(loaded.stackBytes).toBe(type === 'socket_filter' ? 40 : 0);
      expect(loaded.info.runCount).toBe(0n);
      loaded.unload();
      expect(() => engine.libbpf.programInfo(loaded.fd)).toThrow('errno 77'); /* EBADFD */
    },
  );

  it('that needs something nobody defines does not build', async () => {
    const broken = await request('broken/undefined_in_kernel.bpf.c');
    expect(() => engine.libbpf.openObject(Buffer.from('no ELF'), 'nonexistent')).toThrow('open nonexistent');
    const failure = failureFrom(() => programIn(engine.libbpf, broken));
    expect(failure.kind).toBe('build');
    expect(failure.detail).toContain('nowhere');
    expect(failure.detail, 'what was said of other objects').not.toContain('nonexistent');
  });

  it('that is none is told as the file that it is', () => {
    const object = path.join(engine.logFolder, 'text.o');
    writeFileSync(object, 'no object');
    const failure = failureFrom(() =>
      programIn(engine.libbpf, { object, source: 'text.bpf.c', program: undefined, logFile: `${object}.log` }),
    );
    expect(failure.kind).toBe('build');
    expect(failure.message).toBe('text.bpf.c: libbpf cannot read the compiled object: it is not an ELF file');
    expect(failure.location).toEqual({ file: 'text.bpf.c' });
  });

  it.each([
    [
      'no_such_kfunc',
      'on_tc',
      /\(E[A-Z]+\): this kernel has no function bpf_no_such_kfunc\(\) for programs \(kfunc\)$/,
    ],
    ['no_such_target', 'on_entry', /\(ESRCH\): this kernel has nothing named no_such_function_here to attach to$/],
  ])('that needs what this kernel has not is told with its name: %s', async (source, name, message) => {
    const lacking = await request(`lacking/${source}.bpf.c`, name);
    const failure = failureFrom(() => loadProgram(engine.libbpf, lacking));
    expect(failure.kind).toBe('verifier');
    expect(failure.message).toMatch(message);
    expect(readFileSync(lacking.logFile, 'utf8')).toContain('libbpf:');
  });

  it('that fills a program array with another program is loaded with that one', async () => {
    const loaded = await engine.load('tail_calls.bpf.c', 'first');
    expect(engine.libbpf.testRun({ fd: loaded.fd, repeat: 1, dataIn: Buffer.alloc(64) }).retval).toBe(2);
    loaded.unload();
  });

  // What this kernel says; test/unit/load/verifier-log.test.ts reads what another one said of the same programs.
  it.each([
    ['packet_bounds', /packet/, 9],
    ['endless', /loop/, 6],
    ['uninitialised', /R7 !read_ok/, 9],
    ['wrong_helper', /bpf_redirect/, 6],
    ['map_value', /unbounded|invalid access to map value/, 18],
    ['in_header', /packet/, undefined],
    ['in_subprogram', /invalid mem access/, 7],
    ['no_return_value', /R0 !read_ok/, undefined],
  ])('that the verifier refuses is told with its last word and its line: %s', async (name, message, line) => {
    const source = `rejected/${name}.bpf.c`;
    const refused = await request(source);
    const failure = failureFrom(() => loadProgram(engine.libbpf, refused));
    expect(failure.kind).toBe('verifier');
    expect(failure.message).toMatch(new RegExp(`^${name}: the verifier rejects it \\(E[A-Z]+\\): .*`));
    expect(failure.message).toMatch(message);
    const log = path.join(engine.logFolder, 'verifier.log');
    expect(failure.remedy).toContain(log);
    expect(existsSync(log) && readFileSync(log, 'utf8')).toContain(failure.message.split('): ')[1]);
    // Kernels name places from 6.9 on.
    const places = / @ \S+:\d+$/m.test(readFileSync(log, 'utf8'));
    expect(failure.location).toEqual({ file: source, ...(line === undefined || !places ? {} : { line }) });
    if (name === 'in_header' && places) expect(failure.detail).toContain('return data[0]; @ first_byte.h:5');
  });
});
