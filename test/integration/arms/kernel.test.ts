import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelFloor, kernelProgram, type KernelProgram } from '../../../src/arms/kernel-programs.js';
import { kernelSide } from '../../../src/arms/kernel.js';
import type { Side } from '../../../src/arms/side.js';
import { builtinPacket } from '../../../src/inputs/packet-set.js';
import type { Libbpf } from '../../../src/load/libbpf.js';
import type { LoadedProgram } from '../../../src/load/object.js';
import { drawFrom } from '../../../src/measure/draw.js';
import type { ProvedInput } from '../../../src/prove/input.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { holdingsOf } from '../../helpers/leftovers.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('the kernel arm', () => {
  let engine: Engine;
  const loaded: LoadedProgram[] = [];
  const sides: Side[] = [];
  const ignore = (): void => undefined;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => {
    for (const side of sides) side.dispose();
    for (const program of loaded) program.unload();
    engine.close();
  });

  function input(retval: number, bytes = udpPacket()): ProvedInput {
    return { name: 'udp', bytes, retval, output: bytes };
  }

  async function program(source: string, name: string, inputs: readonly ProvedInput[]): Promise<KernelProgram> {
    const object = await engine.load(source, name);
    loaded.push(object);
    return kernelProgram(engine.libbpf, object, 'head', inputs);
  }

  /** A side that is laid out. */
  function prepared(kernel: KernelProgram, libbpf: Libbpf = engine.libbpf, statisticsWereOn = ignore) {
    const side = kernelSide(libbpf, kernel, statisticsWereOn);
    sides.push(side);
    side.prepare(drawFrom(1));
    const batch = (invocations: number, index = 0) => side.arms[0]!.batch(index, invocations);
    return { side, batch };
  }

  const types = ['xdp', 'tc', 'socket', 'syscall'] as const;

  it.each(types)('runs the program, exactly as often as it says: %s', async (type) => {
    // The program returns 7 a thousand times and 8 from then on; the proof of a batch is its last return value.
    const { batch } = prepared(await program('thousand.bpf.c', `thousand_${type}`, [input(7), input(8)]));
    expect(batch(400).ns).toBeGreaterThan(0);
    batch(599);
    batch(1);
    expect(failureFrom(() => batch(1)).kind).toBe('proof');
    batch(100, 1);
  });

  it.each([
    ['thousand_lookups', 1, 0, Buffer.from(builtinPacket('tcp4').hex, 'hex')],
    ['thousand_events', 7, 8, Buffer.alloc(96)],
  ])('runs a program without a packet, exactly as often as it says: %s', async (name, first, then, bytes) => {
    const kernel = await program('kernel_only.bpf.c', name, [input(first, bytes), input(then, bytes)]);
    const { batch } = prepared(kernel);
    expect(batch(400).ns).toBeGreaterThan(0);
    batch(599);
    batch(1);
    expect(failureFrom(() => batch(1)).kind).toBe('proof');
    batch(100, 1);
    const floor = kernelFloor(engine.libbpf, kernel, input(first, bytes));
    expect(floor.canLoop).toBe(name === 'thousand_events');
    prepared(floor).batch(1000);
  });

  it('repeats events by a loop around the program, and by calls where the kernel takes none', async () => {
    const zeros = Buffer.alloc(96);
    const kernel = await program('kernel_only.bpf.c', 'thousand_events', [input(7, zeros)]);
    let calls = 0;
    const testRun: Libbpf['testRun'] = (run) => {
      calls += 1;
      return engine.libbpf.testRun(run);
    };
    const callsOf = (canLoop: boolean): number => {
      const { batch } = prepared({ ...kernel, canLoop }, { ...engine.libbpf, testRun });
      calls = 0;
      batch(100);
      return calls;
    };
    expect([callsOf(true), callsOf(false)]).toEqual([1, 100]);
  });

  it.each(types)('tells a result that was not proved, on which input: %s', async (type) => {
    const { batch } = prepared(await program('every_type.bpf.c', `on_${type}`, [input(99, Buffer.alloc(64))]));
    const failure = failureFrom(() => batch(100));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe(`on_${type}: in the kernel, a timed run did not give the proved result on input udp`);
    expect(failure.remedy).toContain('state');
  });

  it('tells when the dispatcher of XDP did not reach the program', async () => {
    const setProgArray: Libbpf['setProgArray'] = () => undefined;
    const { batch } = prepared(await program('thousand.bpf.c', 'thousand_xdp', [input(7)]), {
      ...engine.libbpf,
      setProgArray,
    });
    const failure = failureFrom(() => batch(10));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe('thousand_xdp: the dispatcher did not reach the program on input udp');
  });

  it.each(types)('notices that the kernel counts runs while they are timed, which costs time: %s', async (type) => {
    let noticed = 0;
    const kernel = await program('thousand.bpf.c', `thousand_${type}`, [input(7)]);
    const { side, batch } = prepared(kernel, engine.libbpf, () => noticed++);
    const statistics = engine.libbpf.enableRunStatistics();
    batch(10);
    closeSync(statistics);
    side.release();
    expect(noticed).toBe(1);

    side.prepare(drawFrom(2));
    batch(10);
    side.release();
    expect(noticed, 'in this round and no longer').toBe(1);
  });

  it.each(types)('has a floor, which is loaded and run like the program: %s', async (type) => {
    const kernel = await program('every_type.bpf.c', `on_${type}`, [input(99)]);
    const floor = kernelFloor(engine.libbpf, kernel, input(99));
    expect(floor).toMatchObject({ metric: 'floor', canLoop: type === 'syscall' });
    const { batch, side } = prepared(floor);
    expect(side.arms).toMatchObject([{ arm: 'kernel', metric: 'floor', inputCount: 1 }]);
    batch(1000);
  });

  it.each(types)('gives back all that it held: %s', async (type) => {
    const kernel = await program('thousand.bpf.c', `thousand_${type}`, [input(7)]);
    const before = holdingsOf([process.pid]);
    const side = kernelSide(engine.libbpf, kernel, ignore);
    side.prepare(drawFrom(2));
    side.arms[0]!.batch(0, 10);
    expect(holdingsOf([process.pid])).not.toEqual(before);
    side.release();
    side.dispose();
    expect(holdingsOf([process.pid])).toEqual(before);
  });

  it('measures what a call costs once, for all revisions alike', async () => {
    let calls = 0;
    const testRun: Libbpf['testRun'] = (run) => {
      calls += 1;
      return engine.libbpf.testRun(run);
    };
    const libbpf: Libbpf = { ...engine.libbpf, testRun };
    const kernel = await program('every_type.bpf.c', 'on_tc', [input(99)]);
    kernelSide(libbpf, kernel, ignore);
    const first = calls;
    expect(first).toBeGreaterThan(10);
    kernelSide(libbpf, kernel, ignore);
    expect(calls).toBe(first);
  });

  it("is dealt another of XDP's dispatchers in every layout, so that none is one revision's own", async () => {
    const maps: number[] = [];
    const setProgArray: Libbpf['setProgArray'] = (map, fd) => {
      maps.push(map);
      engine.libbpf.setProgArray(map, fd);
    };
    const libbpf: Libbpf = { ...engine.libbpf, setProgArray };
    const kernel = await program('thousand.bpf.c', 'thousand_xdp', [input(7)]);
    const two = [kernelSide(libbpf, kernel, ignore), kernelSide(libbpf, kernel, ignore)];
    const draw = drawFrom(4);
    for (let layout = 0; layout < 40; layout++) {
      for (const side of two) side.prepare(draw);
      for (const side of two) side.arms[0]!.batch(0, 5);
      for (const side of two) side.release();
    }
    for (const side of two) side.dispose();
    const ofFirst = maps.filter((_, index) => index % 2 === 0);
    expect(new Set(maps).size).toBe(2);
    expect(
      maps.every((map, index) => index % 2 === 0 || map !== maps[index - 1]),
      'two at once',
    ).toBe(true);
    const share = ofFirst.filter((map) => map === maps[0]).length;
    expect(share, 'of 40, on either').toBeGreaterThan(8);
    expect(share).toBeLessThan(32);
  });

  it('draws the pads of a stratum from its own share of them', async () => {
    const kernel = await program('every_type.bpf.c', 'on_tc', [input(99)]);
    const pads: number[] = [];
    const load: KernelProgram['load'] = (padCount) => {
      pads.push(padCount);
      return kernel.load(padCount);
    };
    const side = kernelSide(engine.libbpf, { ...kernel, load }, ignore);
    const draw = drawFrom(5);
    for (let layout = 0; layout < 64; layout++) {
      side.prepare(draw, { index: layout % 4, of: 4 });
      side.release();
    }
    expect(pads.map((pad) => Math.floor(pad / 16))).toEqual(pads.map((_, index) => index % 4));
    expect(new Set(pads).size).toBeGreaterThan(30);
  });

  describe('on fresh packets, by a call for each run', () => {
    const afresh = (bytes: number): ProvedInput => ({ ...input(99, Buffer.alloc(bytes)), isAfresh: true });

    /** A kernel whose calls cost so much; runs in one call cost 10 ns each. */
    function costing(own: ReadonlySet<number>, ownNs: number, emptyNs: (bytes: number) => number): Libbpf {
      return {
        ...engine.libbpf,
        testRun: (run) => ({ ...engine.libbpf.testRun(run), retval: 99, cpuNs: run.repeat * 10 }),
        testRunEach: ({ fd, dataIn = Buffer.alloc(0) }, calls) => ({
          ...{ retval: 99, retries: 0 },
          cpuNs: calls * (own.has(fd) ? ownNs : emptyNs(dataIn.length)),
        }),
      };
    }

    async function onTc(ownNs: number, ...inputs: ProvedInput[]) {
      const kernel = await program('every_type.bpf.c', 'on_tc', inputs);
      const own = new Set<number>();
      const load: KernelProgram['load'] = (padCount) => {
        const fd = kernel.load(padCount);
        own.add(fd);
        return fd;
      };
      return prepared(
        { ...kernel, load },
        costing(own, ownNs, (bytes) => 400 + bytes),
      );
    }

    it("costs what a call costs beyond the empty program's on the same packet, and tells what was taken off", async () => {
      const { batch } = await onTc(1000, afresh(64), afresh(128), input(99));
      for (const [index, bytes] of [64, 128].entries()) {
        const callNs = 400 + bytes - 10; // less the run in it
        const { ns, besideNs } = batch(50, index);
        expect(ns).toBeCloseTo(50 * (1000 - callNs));
        expect(besideNs).toBeCloseTo(50 * callNs);
      }
      expect(batch(50, 2)).toMatchObject({ besideNs: 0 }); // repeated in one call
    });

    it('is no figure where it drowns in the call', async () => {
      const { batch } = await onTc(400, afresh(64));
      const failure = failureFrom(() => batch(50));
      expect(failure.kind).toBe('environment');
      expect(failure.message).toMatch(/^on_tc: on input udp a call for each run takes no longer than .* empty program/);
    });

    it('tells a result that another one follows', async () => {
      const { batch } = prepared(await program('restless.bpf.c', 'slips_once', [{ ...afresh(64), retval: 0 }]));
      expect(failureFrom(() => batch(50)).kind).toBe('proof');
      expect(batch(50).retries).toBe(0); // from then on it is the same for ever
    });
  });

  describe('of syscall programs', () => {
    const five = (retval: number): ProvedInput => input(retval, Buffer.from('0500000003000000', 'hex'));

    it('runs a loop around the program in one system call', async () => {
      const kernel = await program('every_type.bpf.c', 'on_syscall', [
        input(0x8000_0005, Buffer.from('020000000300000000000000', 'hex')),
      ]);
      expect(kernel.canLoop).toBe(true);
      let calls = 0;
      const testRun: Libbpf['testRun'] = (run) => {
        calls += 1;
        return engine.libbpf.testRun(run);
      };
      const { batch } = prepared(kernel, { ...engine.libbpf, testRun });
      calls = 0;
      batch(10_000);
      expect(calls).toBe(1);
    });

    it.each([
      ['a licence that the kernel does not let call its iterators', 'proprietary.bpf.c', 'proprietary', 15],
      ['a callback', 'maps_and_calls.bpf.c', 'with_callback', undefined],
    ])('with %s runs them one system call at a time, and checks each', async (_, source, name, retval) => {
      const object = await engine.load(source, name);
      const context = Buffer.from('0500000003000000', 'hex');
      const seen = engine.libbpf.testRun({ fd: object.fd, repeat: 0, context: Buffer.from(context) }).retval;
      object.unload();
      if (retval !== undefined) expect(seen).toBe(retval);
      const kernel = await program(source, name, [five(seen), five(seen + 1)]);
      expect(kernel.canLoop).toBe(false);
      const { batch } = prepared(kernel);
      expect(batch(50).ns).toBeGreaterThan(0);
      expect(failureFrom(() => batch(50, 1)).kind).toBe('proof');
      expect(kernelFloor(engine.libbpf, kernel, five(seen)).canLoop, 'nor is the floor looped then').toBe(false);
    });

    it('tells a wrong result between right ones, where there is no loop', async () => {
      const kernel = await program('proprietary.bpf.c', 'proprietary', [five(15)]);
      let runs = 0;
      const testRun: Libbpf['testRun'] = (run) => {
        const result = engine.libbpf.testRun(run);
        return ++runs === 7 ? { ...result, retval: 0 } : result;
      };
      const { batch } = prepared(kernel, { ...engine.libbpf, testRun });
      runs = 0;
      expect(failureFrom(() => batch(50)).kind).toBe('proof');
      expect(batch(50).ns).toBeGreaterThan(0);
    });

    it('tells how many of a loop were good by failing where one was not', async () => {
      const { batch } = prepared(await program('thousand.bpf.c', 'thousand_syscall', [input(7)]));
      expect(failureFrom(() => batch(1001)).kind).toBe('proof');
    });
  });

  describe('in every round', () => {
    it('loads the program afresh, behind 0 to 63 pads, and lets go of it', async () => {
      const kernel = await program('every_type.bpf.c', 'on_tc', [input(99)]);
      const padCounts: number[] = [];
      const fds: number[] = [];
      const load: KernelProgram['load'] = (padCount) => {
        padCounts.push(padCount);
        fds.push(kernel.load(padCount));
        return fds.at(-1)!;
      };
      const side = kernelSide(engine.libbpf, { ...kernel, load }, ignore);
      const draw = drawFrom(3);
      const tag = (): string => engine.libbpf.programInfo(fds.at(-1)!).tag;
      const tags = Array.from({ length: 60 }, () => {
        side.prepare(draw);
        const loadedTag = tag();
        side.release();
        expect(tag).toThrow();
        return loadedTag;
      });
      side.dispose();
      expect(Math.min(...padCounts)).toBeLessThan(4);
      expect(Math.max(...padCounts)).toBeGreaterThan(56);
      expect(Math.max(...padCounts)).toBeLessThanOrEqual(63);
      expect(new Set(tags).size, 'the tag is a hash of the instructions').toBe(new Set(padCounts).size);
    });

    it('lays the same out again for the same seed', async () => {
      const kernel = await program('every_type.bpf.c', 'on_tc', [input(99)]);
      const layouts = (seed: number): string[] => {
        const drawn: string[] = [];
        const libbpf: Libbpf = {
          ...engine.libbpf,
          loadPlain: (plain, log) => {
            drawn.push(`filler ${plain.insns.length}`);
            return engine.libbpf.loadPlain(plain, log);
          },
        };
        const load: KernelProgram['load'] = (padCount) => {
          drawn.push(`pads ${padCount}`);
          return kernel.load(padCount);
        };
        const side = kernelSide(libbpf, { ...kernel, load }, ignore);
        const draw = drawFrom(seed);
        for (let round = 0; round < 10; round++) {
          side.prepare(draw);
          side.release();
        }
        side.dispose();
        return drawn;
      };
      expect(layouts(5)).toEqual(layouts(5));
      expect(layouts(5)).not.toEqual(layouts(6));
      expect(layouts(5).some((line) => line.startsWith('filler'))).toBe(true);
    });
  });
});
