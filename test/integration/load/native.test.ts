import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserProcess } from '../../../src/load/native.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

// libbpf is opened with the harness, which runs without privileges itself.
describe.skipIf(!available('kernel'))("the user-space harness's processes", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const layout = { pages: 0, stackBytes: 0 };

  async function start(slot: number, source: string, program: string, variant = 0): Promise<UserProcess> {
    const libraries = await engine.libraries(source, program);
    return engine.users.start(slot, libraries[variant] ?? '', layout);
  }

  it('run a program on an input, and again on what that left', async () => {
    const program = await start(0, 'restless.bpf.c', 'lowers_ttl');
    const packet = udpPacket();
    const ttl = (bytes: Buffer): number | undefined => bytes[22];
    const first = program.setInput(0, 'xdp', packet);
    expect(first.retval).toBe(3); // XDP_TX
    expect(ttl(first.output)).toBe(63);
    expect(ttl(program.runAgain(0).output)).toBe(62);
    expect(ttl(program.setInput(0, 'xdp', packet).output), 'the input anew').toBe(63);
    program.end();
  });

  it('hold up to sixteen inputs at a time', async () => {
    const program = await start(0, 'every_type.bpf.c', 'on_tc');
    const packets = Array.from({ length: 16 }, (_, i) => Buffer.concat([udpPacket().subarray(0, 45), Buffer.of(i)]));
    const retvals = packets.map((packet, index) => program.setInput(index, 'skb', packet).retval);
    expect(new Set(retvals).size).toBe(16);
    expect(packets.map((_, index) => program.runAgain(index).retval)).toEqual(retvals);
    program.end();
  });

  it.each(['call', 'syscall', 'wakeup'] as const)('run batches and count the good ones: %s', async (arm) => {
    const program = await start(0, 'every_type.bpf.c', 'on_tc');
    const { retval } = program.setInput(0, 'skb', udpPacket());
    const batch = program.batch(0, arm, 500, retval);
    expect(batch.good).toBe(500);
    expect(batch.ns).toBeGreaterThan(0);
    expect(program.batch(0, arm, 500, retval + 1).good).toBe(0);
    program.end();
  });

  it.each(['call', 'syscall'] as const)('tell a result that changes on the way: %s', async (arm) => {
    const program = await start(0, 'restless.bpf.c', 'late_in_user_space');
    program.setInput(0, 'skb', udpPacket());
    expect(program.batch(0, arm, 6000, 0).good).toBe(4999); // one of 5,000 was the first run
    program.end();
  });

  it('tell a packet that changes on the way from one with the same return value', async () => {
    const program = await start(0, 'restless.bpf.c', 'lowers_ttl');
    program.setInput(0, 'xdp', udpPacket());
    expect(program.batch(0, 'syscall', 10, 3).good, 'the input comes anew each time').toBe(10);
    expect(program.batch(0, 'wakeup', 10, 3).good).toBe(10);
    program.end();
  });

  it('take inputs of every length that the arms can hand over', async () => {
    const program = await start(0, 'twin_differs.bpf.c', 'twin_differs');
    const longest = program.setInput(0, 'skb', Buffer.alloc(4092, 1));
    expect(longest.output).toEqual(Buffer.alloc(4092, 1));
    for (const arm of ['syscall', 'wakeup'] as const) expect(program.batch(0, arm, 20, longest.retval).good).toBe(20);
    program.setInput(1, 'skb', Buffer.alloc(4093, 1));
    expect(failureFrom(() => program.batch(1, 'syscall', 1, 4092)).message).toContain('holds at most 4092 bytes');
    expect(program.setInput(2, 'raw', Buffer.alloc(0)).output).toHaveLength(0);
    program.end();
  });

  describe('that crash', () => {
    const crashes = [
      ['a wild pointer', 'strays', 'SIGSEGV'],
      ['a helper that user space does not have', 'calls_helper', 'SIGSEGV'],
      // arm64 divides by zero as eBPF does
      ...(process.arch === 'x64' ? [['a division by zero', 'divides', 'SIGFPE'] as const] : []),
    ] as const;

    it.each(crashes)('by %s are told with the signal, and end no other', async (_, program, signal) => {
      const other = await start(1, 'crashes.bpf.c', 'lives');
      const crashing = await start(0, 'crashes.bpf.c', program);
      const failure = failureFrom(() => crashing.setInput(0, 'skb', udpPacket()));
      expect(failure.kind).toBe('proof');
      expect(failure.message).toMatch(
        new RegExp(`^the program's user-space side died \\(${signal}\\) at "input 0 0 skb `),
      );
      expect(failure.remedy).toContain('bpf_skb_load_bytes');
      expect(other.setInput(0, 'skb', udpPacket()).retval).toBe(3);

      crashing.end(); // as if nothing had happened
      const next = await start(0, 'crashes.bpf.c', 'lives');
      expect(next.setInput(0, 'skb', udpPacket()).retval).toBe(3);
      next.end();
      other.end();
    });
  });

  it('can be started over in a slot that is taken', async () => {
    await start(0, 'crashes.bpf.c', 'lives');
    const second = await start(0, 'every_type.bpf.c', 'on_syscall');
    expect(second.setInput(0, 'raw', Buffer.from('020000000300000000000000', 'hex'))).toEqual({
      retval: 0x8000_0005,
      output: Buffer.from('020000000300000005000000', 'hex'),
    });
    second.end();
  });

  it('refuse a library that is none, by name', () => {
    const failure = failureFrom(() => engine.users.start(2, '/nonexistent/lib.so', layout));
    expect(failure.kind).toBe('environment');
    expect(failure.message).toContain('/nonexistent/lib.so');
  });

  it('run the program and no function of libc that has its name', async () => {
    for (const [name, retval] of [
      ['accept', 40],
      ['abs', 41],
    ] as const) {
      const program = await start(0, 'libc_names.bpf.c', name);
      expect(program.setInput(0, 'skb', udpPacket()).retval).toBe(retval);
      expect(program.batch(0, 'call', 10, retval).good).toBe(10);
      program.end();
    }
  });

  describe('are laid out as drawn', () => {
    async function placeOf(program: string, variant: number, pages: number, stackBytes: number): Promise<number> {
      const libraries = await engine.libraries('own_place.bpf.c', program);
      const process = engine.users.start(3, libraries[variant] ?? '', { pages, stackBytes });
      const { retval } = process.setInput(0, 'skb', udpPacket());
      process.end();
      return retval;
    }

    it('the same where nothing else is drawn', async () => {
      expect(await placeOf('own_code', 0, 100, 0)).toBe(await placeOf('own_code', 0, 100, 0));
    });

    it('code by pages', async () => {
      const none = await placeOf('own_code', 0, 0, 0);
      for (const pages of [1, 2, 100, 700, 4096]) {
        const place = await placeOf('own_code', 0, pages, 0);
        expect((none - place) >>> 0, `${pages} pages`).toBe(pages * 4096);
      }
    });

    it('code within its page by the variant of the library', async () => {
      const { length } = await engine.libraries('own_place.bpf.c', 'own_code');
      const places = await Promise.all(Array.from({ length }, (_, variant) => placeOf('own_code', variant, 0, 0)));
      expect(new Set(places.map((place) => place % 4096)).size).toBe(length);
    });

    it('the stack by its bytes', async () => {
      const places = await Promise.all([0, 64, 4000].map((bytes) => placeOf('own_stack', 0, 0, bytes)));
      expect(new Set(places).size).toBe(3);
    });
  });
});
