import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { padded } from '../../../src/load/instructions.js';
import type { LoadedProgram } from '../../../src/load/object.js';
import { drawFrom } from '../../../src/measure/draw.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('a recorded load, made again behind padding', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  /** 1, 31 and some draws between. */
  const padCounts = [0, 1, 31, ...Array.from({ length: 8 }, (_, seed) => drawFrom(seed).integer(2, 30))];

  function again(program: LoadedProgram, padCount: number): number {
    const { insns, funcInfo } = padded(program.recorded, padCount);
    return engine.libbpf.reload(program.recorded.index, insns, funcInfo);
  }

  function run(fd: number, packet: Buffer) {
    const dataOut = Buffer.alloc(packet.length);
    const { retval } = engine.libbpf.testRun({ fd, repeat: 1, dataIn: packet, dataOut });
    return { retval, output: dataOut.toString('hex') };
  }

  it('of maps, globals, subprograms and callbacks gives what it gave without', async () => {
    const program = await engine.load('maps_and_calls.bpf.c', 'maps_and_calls');
    expect(program.recorded.funcInfo.length / program.recorded.funcInfoRecordBytes).toBe(4);
    const packets = [udpPacket(), Buffer.alloc(64), Buffer.from(udpPacket().toReversed())];
    const expected = packets.map((packet) => run(program.fd, packet));
    expect(new Set(expected.map(({ retval }) => retval)).size, 'different packets, different results').toBe(3);
    for (const padCount of padCounts) {
      const fd = again(program, padCount);
      expect(packets.map((packet) => run(fd, packet))).toEqual(expected);
      expect(engine.libbpf.programInfo(fd).xlatedBytes).toBe(program.info.xlatedBytes + 8 * padCount);
      closeSync(fd);
    }
    program.unload();
  });

  it('works with the same maps: what one load remembers, the other one knows', async () => {
    const program = await engine.load('thousand.bpf.c', 'thousand_tc');
    const fd = again(program, 7);
    const repeat = 600;
    expect(engine.libbpf.testRun({ fd: program.fd, repeat, dataIn: udpPacket() }).retval).toBe(7);
    expect(engine.libbpf.testRun({ fd, repeat, dataIn: udpPacket() }).retval).toBe(8);
    closeSync(fd);
    program.unload();
  });

  it.each(['on_xdp', 'on_tc', 'on_socket', 'on_syscall'])('keeps type, flags and licence: %s', async (name) => {
    const program = await engine.load('every_type.bpf.c', name);
    for (const padCount of padCounts) closeSync(again(program, padCount));
    program.unload();
  });

  it('is refused, as it should be, where func_info is not moved along', async () => {
    const program = await engine.load('maps_and_calls.bpf.c', 'maps_and_calls');
    const { insns } = padded(program.recorded, 5);
    expect(() => engine.libbpf.reload(program.recorded.index, insns, program.recorded.funcInfo)).toThrow('EINVAL');
    program.unload();
  });
});
