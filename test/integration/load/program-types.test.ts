import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programTypes, type ProgramType } from '../../../src/domain/words.js';
import { empty } from '../../../src/load/instructions.js';
import { Errno } from '../../../src/load/libbpf.js';
import { packetRun, plainPacket, programTypeFacts } from '../../../src/load/program-types.js';
import { openEngine, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('what is known of the program types', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  function withProgram<T>(type: ProgramType, use: (fd: number) => T): T {
    const { kernelType, expectedAttachType, flags } = programTypeFacts[type];
    const fd = engine.libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) });
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  function runOn(fd: number, type: ProgramType, packet: Buffer): number | string {
    try {
      return engine.libbpf.testRun({ fd, repeat: 2, ...packetRun(type, packet) }).retval;
    } catch (error) {
      return error instanceof Errno ? error.code : String(error);
    }
  }

  const ofPackets = programTypes.filter((type) => type !== 'syscall');

  it.each(ofPackets)('is what the kernel makes of their inputs: %s', (type) => {
    const { minInputBytes, maxInputBytes } = programTypeFacts[type];
    const first = type === 'netfilter' ? plainPacket(type) : Buffer.alloc(0);
    const packet = Buffer.concat([first, Buffer.alloc(4096)]);
    withProgram(type, (fd) => {
      const answers = [13, minInputBytes - 1, minInputBytes, maxInputBytes].map((bytes) =>
        runOn(fd, type, packet.subarray(0, bytes)),
      );
      expect(answers).toEqual(['EINVAL', 'EINVAL', 0, 0]);
    });
  });

  it.each([
    ['IPv4', 0x0800, 0],
    ['IPv6', 0x86dd, 0],
    ['ARP', 0x0806, 'EINVAL'],
    ['a VLAN tag', 0x8100, 'EINVAL'],
  ])('lets netfilter programs see what netfilter does: %s', (_, etherType, answer) => {
    const packet = plainPacket('netfilter');
    packet.writeUInt16BE(etherType, 12);
    const { maxInputBytes } = programTypeFacts.netfilter;
    withProgram('netfilter', (fd) => {
      expect(runOn(fd, 'netfilter', packet)).toBe(answer);
      const tooLong = Buffer.concat([packet, Buffer.alloc(maxInputBytes + 1 - packet.length)]);
      expect(runOn(fd, 'netfilter', tooLong)).toBe('EINVAL');
    });
  });
});
