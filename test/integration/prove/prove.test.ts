import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/build/cache.js';
import type { Input } from '../../../src/domain/plan.js';
import type { ProgramType } from '../../../src/domain/words.js';
import type { Failure } from '../../../src/errors.js';
import { builtinPacket, type PacketName } from '../../../src/inputs/packet-set.js';
import type { Libbpf } from '../../../src/load/libbpf.js';
import { runOn } from '../../../src/load/run-inputs.js';
import { prove, type ProofRequest } from '../../../src/prove/prove.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('the proof', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const generic: Input = { name: 'udp', hex: udpPacket().toString('hex') };
  const numbers: Input = { name: '2+3', hex: '020000000300000000000000' };

  interface Request extends Partial<Pick<ProofRequest, 'inputs' | 'expectedRetval' | 'iterations'>> {
    /** Something between us and the kernel. */
    readonly libbpf?: Libbpf;
  }

  async function proveOf<T>(
    source: string,
    name: string,
    request: Request,
    use: (run: () => ReturnType<typeof prove>) => T,
  ) {
    const program = await engine.load(source, name);
    const [library = ''] = await engine.libraries(source, name);
    const user = engine.users.start(0, library, { pages: 0, stackBytes: 0 });
    const { libbpf = engine.libbpf, ...rest } = request;
    try {
      return use(() =>
        prove(libbpf, { program, user, inputs: [generic], expectedRetval: undefined, iterations: 1000, ...rest }),
      );
    } finally {
      user.end();
      program.unload();
    }
  }

  const proofOf = (source: string, name: string, request: Request = {}) =>
    proveOf(source, name, request, (run) => run());
  const failureOf = (source: string, name: string, request: Request = {}): Promise<Failure> =>
    proveOf(source, name, request, failureFrom);

  /** Without user space. */
  async function kernelProveOf<T>(
    source: string,
    name: string,
    inputs: readonly Input[],
    iterations: number,
    use: (run: () => ReturnType<typeof prove>) => T,
  ): Promise<T> {
    const program = await engine.load(source, name);
    try {
      return use(() => prove(engine.libbpf, { program, inputs, expectedRetval: undefined, iterations }));
    } finally {
      program.unload();
    }
  }

  const kernelProofOf = (source: string, name: string, inputs: readonly Input[]) =>
    kernelProveOf(source, name, inputs, 1000, (run) => run());
  const kernelFailureOf = (
    source: string,
    name: string,
    inputs: readonly Input[],
    iterations = 1000,
  ): Promise<Failure> => kernelProveOf(source, name, inputs, iterations, failureFrom);

  /** As test/fixtures/programs/every_type.bpf.c computes it. */
  function sum(bytes: Buffer): number {
    return bytes.subarray(0, 32).reduce((total, byte) => (Math.imul(total, 31) + byte) >>> 0, 0);
  }

  function written(at: number, value: number): Buffer {
    const packet = udpPacket();
    packet[at] = value;
    return packet;
  }

  const expectations: Partial<Record<ProgramType, { program: string; input: Input; retval: number; output: Buffer }>> =
    {
      xdp: { program: 'on_xdp', input: generic, retval: sum(udpPacket().subarray(14)), output: written(0, 0xd0) },
      tc: { program: 'on_tc', input: generic, retval: sum(udpPacket().subarray(14)), output: written(1, 0xc0) },
      socket_filter: {
        program: 'on_socket',
        input: generic,
        retval: sum(udpPacket().subarray(14)),
        output: udpPacket(),
      },
      syscall: {
        program: 'on_syscall',
        input: numbers,
        retval: 0x8000_0005,
        output: Buffer.from('020000000300000005000000', 'hex'),
      },
    };

  it.each(Object.entries(expectations))(
    'of %s: what both sides gave, and how often the kernel ran it',
    async (_, e) => {
      const { proof, inputs } = await proofOf('every_type.bpf.c', e.program, { inputs: [e.input], iterations: 777 });
      expect(proof).toEqual({
        inputs: [
          {
            input: e.input.name,
            bytes: e.input.hex.length / 2,
            retval: e.retval,
            outputBytes: e.output.length,
            outputSha256: sha256(e.output),
          },
        ],
        runCount: { asked: 777, counted: 777 },
      });
      expect(inputs[0]?.output).toEqual(e.output);
    },
  );

  it('has every input in it, also more than the harness holds at a time, and shares the runs among them', async () => {
    const inputs = Array.from({ length: 40 }, (_, i) => ({
      name: `flow ${i}`,
      hex: Buffer.concat([udpPacket().subarray(0, 40), Buffer.alloc(24, i)]).toString('hex'),
    }));
    const { proof } = await proofOf('every_type.bpf.c', 'on_tc', { inputs, iterations: 1000 });
    expect(proof.inputs.map(({ input }) => input)).toEqual(inputs.map(({ name }) => name));
    expect(new Set(proof.inputs.map(({ retval }) => retval)).size).toBe(40);
    expect(proof.runCount).toEqual({ asked: 1000, counted: 1000 });
  });

  it('finds the inputs whose packets have to be put back for every run', async () => {
    const { proof, inputs } = await proofOf('restless.bpf.c', 'lowers_ttl', { iterations: 5000 });
    expect(inputs[0]?.output[22]).toBe(63);
    expect(inputs[0]?.isAfresh).toBe(true);
    expect(proof.inputs[0]?.isAfresh).toBe(true);
    expect(proof.runCount).toEqual({ asked: 2000, counted: 2000 });
  });

  it('takes what a program gives when it has settled', async () => {
    const { proof, replay } = await proofOf('restless.bpf.c', 'knows_it');
    expect(proof.inputs[0]?.retval).toBe(1);
    expect(replay).toEqual({ inputs: [udpPacket()], runs: 16 });
    const late = await proofOf('restless.bpf.c', 'has_had_enough');
    expect(late.proof.inputs[0]?.retval).toBe(10);
    expect(late.replay?.runs).toBe(16);
  });

  it('counts at least one run for every input', async () => {
    const inputs = [generic, { ...generic, name: 'again' }, { ...generic, name: 'and again' }];
    const { proof } = await proofOf('every_type.bpf.c', 'on_tc', { inputs, iterations: 1 });
    expect(proof.runCount).toEqual({ asked: 3, counted: 3 });
  });

  it('runs a syscall program a bounded number of times: each is a system call', async () => {
    const { proof } = await proofOf('every_type.bpf.c', 'on_syscall', { inputs: [numbers], iterations: 100_000 });
    expect(proof.runCount).toEqual({ asked: 2000, counted: 2000 });
  });

  describe('fails', () => {
    it('where the sides return different values', async () => {
      const { kind, message, remedy } = await failureOf('twin_differs.bpf.c', 'twin_differs');
      expect(kind).toBe('proof');
      expect(message).toBe(
        'twin_differs: the two sides disagree on input udp: return value: 0x0000006a in the kernel, 0x00000069 in user space',
      );
      expect(remedy).toContain('#ifdef');
    });

    it('where they leave different packets', async () => {
      const { kind, message } = await failureOf('twin_differs.bpf.c', 'twin_writes');
      expect(kind).toBe('proof');
      expect(message).toMatch(/output \(106 and 106 bytes\) at byte 3: 40[0-9a-f]{30} in the kernel, 41/);
    });

    it('where the return value is not the expected one', async () => {
      const { kind, message } = await failureOf('crashes.bpf.c', 'lives', { expectedRetval: 2 });
      expect(kind).toBe('proof');
      expect(message).toBe('lives: returned 0x00000003 on input udp, expected 0x00000002');
    });

    it('where the same input gives something else the second time: it keeps state', async () => {
      const { kind, message, remedy } = await failureOf('restless.bpf.c', 'counts');
      expect(kind).toBe('proof');
      expect(message).toMatch(
        /^counts: the same input udp gives something else each time, and does not settle: return value: 0x[0-9a-f]{8} the first/,
      );
      expect(remedy).toContain('state that is kept between runs (globals, maps)');
    });

    it('where it returns something else when it has run often', async () => {
      const { kind, message } = await failureOf('restless.bpf.c', 'late_in_kernel', { iterations: 5000 });
      expect(kind).toBe('proof');
      expect(message).toBe('late_in_kernel: returned 0x00000001 in a later run on input udp, 0x00000000 in the first');
    });

    it('where the kernel ran it less often than it says', async () => {
      const testRun: Libbpf['testRun'] = (run) =>
        engine.libbpf.testRun({ ...run, repeat: run.repeat > 100 ? run.repeat - 1 : run.repeat });
      const { kind, message } = await failureOf('every_type.bpf.c', 'on_tc', { libbpf: { ...engine.libbpf, testRun } });
      expect(kind).toBe('proof');
      expect(message).toBe('on_tc: the kernel counted 999 runs of 1000');
    });
  });

  it('is taken again where a signal spoiled the count, and not for ever', async () => {
    let spoiled = 0;
    const until = (times: number): Libbpf => ({
      ...engine.libbpf,
      testRun: (run) => {
        const result = engine.libbpf.testRun(run);
        return { ...result, retries: run.repeat > 100 && spoiled++ < times ? 1 : 0 };
      },
    });
    const { proof } = await proofOf('every_type.bpf.c', 'on_tc', { libbpf: until(4) });
    expect(proof.runCount).toEqual({ asked: 1000, counted: 1000 });
    spoiled = 0;
    const { kind, message } = await failureOf('every_type.bpf.c', 'on_tc', { libbpf: until(5) });
    expect(kind).toBe('environment');
    expect(message).toContain('signals interrupted');
  });

  describe('of programs that only the kernel runs', () => {
    const packet = (name: PacketName): Input => builtinPacket(name);

    it('counts every look-up of a socket, and sees what it finds', async () => {
      const { context = Buffer.alloc(0) } = runOn('sk_lookup', Buffer.from(packet('tcp6').hex, 'hex'));
      const written = { name: 'written out', hex: context.toString('hex') };
      const inputs = [packet('tcp4'), packet('udp4'), packet('tcp6'), written, packet('geneve')];
      const { proof } = await kernelProofOf('kernel_only.bpf.c', 'documented', inputs);
      expect(proof.inputs.map(({ retval, outputBytes, isAfresh }) => [retval, outputBytes, isAfresh])).toEqual([
        ...[1, 0, 1, 1, 0].map((retval) => [retval, 0, undefined]),
      ]);
      expect(proof.runCount).toEqual({ asked: 1000, counted: 1000 });
    });

    it('counts every event of a raw tracepoint, and sees its arguments', async () => {
      const inputs = [
        { name: 'zeros', hex: '00'.repeat(96) },
        { name: '3, 2, 1', hex: '030000000000000002000000000000000100000000000000' },
      ];
      const { proof } = await kernelProofOf('kernel_only.bpf.c', 'weighed', inputs);
      expect(proof.inputs.map(({ retval, bytes }) => [retval, bytes])).toEqual([
        [0, 96],
        [123, 24],
      ]);
      expect(proof.runCount).toEqual({ asked: 1000, counted: 1000 });
    });

    it.each([
      ['thousand_lookups', 'tcp4', packet('tcp4').hex],
      ['thousand_events', 'zeros', '00'.repeat(96)],
    ])('does not hold where results change: %s', async (program, name, hex) => {
      const { kind } = await kernelFailureOf('kernel_only.bpf.c', program, [{ name, hex }], 2000);
      expect(kind).toBe('proof');
    });
  });

  it('leaves run statistics off behind it', async () => {
    const program = await engine.load('every_type.bpf.c', 'on_tc');
    await proofOf('every_type.bpf.c', 'on_tc');
    engine.libbpf.testRun({ fd: program.fd, repeat: 100, dataIn: udpPacket() });
    expect(engine.libbpf.programInfo(program.fd).runCount).toBe(0n);
    program.unload();
  });

  describe('asks for another input', () => {
    it.each(['on_xdp', 'on_tc', 'on_socket'])('where there is no Ethernet header in it: %s', async (program) => {
      const inputs = [{ name: 'short', hex: '00'.repeat(13) }];
      const { kind, message, remedy } = await failureOf('every_type.bpf.c', program, { inputs });
      expect(kind).toBe('usage');
      expect(message).toMatch(/^on_\w+: input short has 13 bytes, which a \w+ program cannot be run on$/);
      expect(remedy).toBe('give an input of 14 to 3520 bytes');
    });

    it.each([
      ['on_xdp', 3520],
      ['on_tc', 3520],
      ['on_socket', 3520],
      ['on_syscall', 4092],
    ] as const)('where it is too long, and takes the longest: %s', async (program, longest) => {
      const input = (bytes: number): Input[] => [{ name: 'long', hex: '01'.repeat(bytes) }];
      const { proof } = await proofOf('every_type.bpf.c', program, { inputs: input(longest) });
      expect(proof.inputs[0]?.outputBytes).toBe(longest);
      const failure = await failureOf('every_type.bpf.c', program, { inputs: input(longest + 1) });
      expect(failure.kind).toBe('usage');
    });

    it('where a syscall program reads behind it', async () => {
      const inputs = [{ name: 'half', hex: '0200000003000000' }];
      const { kind, message, remedy } = await failureOf('every_type.bpf.c', 'on_syscall', { inputs });
      expect(kind).toBe('usage');
      expect(message).toBe('on_syscall: the kernel does not run it on input half of 8 bytes (EINVAL)');
      expect(remedy).toContain('as long as the context');
    });

    it('and a netfilter program, where it is of no protocol that gets there', async () => {
      const inputs = [{ name: 'arp', hex: `${'00'.repeat(12)}0806${'00'.repeat(28)}` }];
      const { kind, message, remedy } = await kernelFailureOf('netfilter.bpf.c', 'ipv6_alone', inputs);
      expect(kind).toBe('usage');
      expect(message).toBe('ipv6_alone: input arp has EtherType 0x0806, which does not get to a netfilter program');
      expect(remedy).toContain('IPv4 or IPv6');
    });

    it.each([
      ['documented', 'icmp', builtinPacket('icmp4').hex, 'is a packet for which no socket is looked up', 'TCP or UDP'],
      ['documented', 'zeros', '00'.repeat(72), 'has family 0 in its struct bpf_sk_lookup', '2 (AF_INET)'],
      ['weighed', 'half', '00'.repeat(20), 'has 20 bytes, and arguments have 8 each', '64 bits'],
      ['weighed', 'many', '00'.repeat(104), 'has 104 bytes, which a raw_tracepoint program', '0 to 96 bytes'],
    ])('where it is nothing that %s could be given: %s', async (program, name, hex, clause, wanted) => {
      const { kind, message, remedy } = await kernelFailureOf('kernel_only.bpf.c', program, [{ name, hex }]);
      expect(kind).toBe('usage');
      expect(message).toContain(`${program}: input ${name} ${clause}`);
      expect(remedy).toContain(wanted);
    });

    it('where a raw tracepoint reads an argument that it does not have', async () => {
      const inputs = [{ name: 'two', hex: '00'.repeat(16) }];
      const { message, remedy } = await kernelFailureOf('kernel_only.bpf.c', 'weighed', inputs);
      expect(message).toBe('weighed: the kernel does not run it on input two of 16 bytes (EINVAL)');
      expect(remedy).toBe('give as many arguments as the program reads, 8 bytes each');
    });

    it('and another program, where the kernel has no test run for it', async () => {
      const { kind, message, remedy } = await failureOf('unsupported_type.bpf.c', 'on_device_map');
      expect(kind).toBe('usage');
      expect(message).toContain('on_device_map: the kernel does not run it');
      expect(remedy).toContain('SEC("xdp")');
    });
  });
});
