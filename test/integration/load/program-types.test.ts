import { closeSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programTypes, type ProgramType } from '../../../src/domain/words.js';
import { empty } from '../../../src/load/instructions.js';
import { Errno } from '../../../src/load/libbpf.js';
import { programTypeFacts } from '../../../src/load/program-types.js';
import { complaintAbout, isRepeated, plainInput, runOn } from '../../../src/load/run-inputs.js';
import { openEngine, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

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

  function answerTo(fd: number, type: ProgramType, input: Buffer): number | string {
    try {
      return engine.libbpf.testRun({ fd, repeat: isRepeated(type) ? 2 : 0, ...runOn(type, input) }).retval;
    } catch (error) {
      return error instanceof Errno ? error.code : String(error);
    }
  }

  const ofPackets = programTypes.filter((type) => programTypeFacts[type].given.endsWith('packet'));

  it.each(ofPackets)('is what the kernel makes of their inputs: %s', (type) => {
    const { minInputBytes, maxInputBytes } = programTypeFacts[type];
    const first = type === 'netfilter' ? plainInput(type) : Buffer.alloc(0);
    const packet = Buffer.concat([first, Buffer.alloc(4096)]);
    withProgram(type, (fd) => {
      const answers = [13, minInputBytes - 1, minInputBytes, maxInputBytes].map((bytes) =>
        answerTo(fd, type, packet.subarray(0, bytes)),
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
    const packet = plainInput('netfilter');
    packet.writeUInt16BE(etherType, 12);
    const { maxInputBytes } = programTypeFacts.netfilter;
    withProgram('netfilter', (fd) => {
      expect(answerTo(fd, 'netfilter', packet)).toBe(answer);
      const tooLong = Buffer.concat([packet, Buffer.alloc(maxInputBytes + 1 - packet.length)]);
      expect(answerTo(fd, 'netfilter', tooLong)).toBe('EINVAL');
    });
  });

  it.each(programTypes)('has an input for each of them that nothing is wrong with: %s', (type) => {
    withProgram(type, (fd) => {
      expect(answerTo(fd, type, plainInput(type))).toBe(0);
    });
  });

  it('is how many arguments a tracepoint has', () => {
    const { minInputBytes, maxInputBytes } = programTypeFacts.raw_tracepoint;
    withProgram('raw_tracepoint', (fd) => {
      const answers = [minInputBytes, maxInputBytes, maxInputBytes + 8].map((bytes) =>
        answerTo(fd, 'raw_tracepoint', Buffer.alloc(bytes)),
      );
      expect(answers).toEqual([0, 0, 'EINVAL']);
    });
  });

  it.each([
    ['a cookie', 0, 'EINVAL'],
    ['no known family', 8, 'EAFNOSUPPORT'],
    ['a port of more than 16 bits', 62, 'ERANGE'],
    ['an interface', 64, 'EINVAL'],
    ['padding', 71, 'EINVAL'],
  ])('complains of look-ups where the kernel would: %s', (_, offset, answer) => {
    const { context = Buffer.alloc(0) } = runOn('sk_lookup', plainInput('sk_lookup'));
    expect(complaintAbout('sk_lookup', context)).toBeUndefined();
    context.writeUInt8(1, offset);
    expect(complaintAbout('sk_lookup', context)).toBeDefined();
    withProgram('sk_lookup', (fd) => {
      expect(answerTo(fd, 'sk_lookup', context)).toBe(answer);
    });
  });

  describe('and of all others', () => {
    const highest = 32; // netfilter, the last of `enum bpf_prog_type` since Linux 6.4
    const measured = new Set<number>(programTypes.map((type) => programTypeFacts[type].kernelType));
    const others = Array.from({ length: highest }, (_, i) => i + 1).filter((kernelType) => !measured.has(kernelType));
    const attachTypes: ReadonlyMap<number, number> = new Map([
      [18, 8], // cgroup_sock_addr: BPF_CGROUP_INET4_BIND
      [25, 21], // cgroup_sockopt: BPF_CGROUP_GETSOCKOPT
    ]);

    function answerOf(kernelType: number): string {
      const expectedAttachType = attachTypes.get(kernelType) ?? 0;
      try {
        const fd = engine.libbpf.loadPlain({ type: kernelType, expectedAttachType, flags: 0, insns: empty(0) });
        try {
          return String(engine.libbpf.testRun({ fd, repeat: 0 }).retval);
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        return error instanceof Errno ? error.message : String(error);
      }
    }

    it('the kernel runs none, as the documentation says of each', () => {
      const page = readFileSync(path.join(root, 'docs/two-sides.md'), 'utf8');
      const [, listed = ''] = /^\| (.*) \| the kernel has no test run for such \|$/m.exec(page) ?? [];
      const refused = others.filter((kernelType) => answerOf(kernelType) === 'BPF_PROG_TEST_RUN: ENOTSUPP');
      const names = refused.map((kernelType) => engine.libbpf.programTypeName(kernelType));
      expect(listed.split(', ')).toEqual(expect.arrayContaining(names));
      // No plain program of these is loaded here, whatever it holds: they belong to a function, an operation or a device.
      const unknown = others.filter((kernelType) => !refused.includes(kernelType));
      expect(unknown.map((kernelType) => engine.libbpf.programTypeName(kernelType))).toEqual([
        ...['lirc_mode2', 'tracing', 'struct_ops', 'ext', 'lsm'],
      ]);
    });
  });
});
