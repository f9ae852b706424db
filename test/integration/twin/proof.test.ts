import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkVariants } from '../../../src/build/harness.js';
import { available } from '../../helpers/require.js';
import { udpPacket } from '../../helpers/engine.js';
import { eitherTwin, named, openTwinBench, type TwinBench } from '../../helpers/twin.js';
import { packet, packets } from '../../helpers/twin-packets.js';

const all = named(packets);

describe.skipIf(!available('kernel'))('a translated twin', () => {
  let bench: TwinBench;
  beforeAll(async () => {
    bench = await openTwinBench();
  });
  afterAll(() => bench.close());

  it.each([
    ...eitherTwin,
    ['packets.bpf.c', 'socket_bytes'],
    ['surroundings.bpf.c', 'tunnels'],
    ['surroundings.bpf.c', 'skb_asks'],
    ['surroundings.bpf.c', 'xdp_asks'],
    ['surroundings.bpf.c', 'encapsulations'],
    ['surroundings.bpf.c', 'translations'],
    ['surroundings.bpf.c', 'storages'],
    ['surroundings.bpf.c', 'socket_storages'],
    ['newer.bpf.c', 'of_today'],
    ['main.bpf.c', 'main'],
    ['edges.bpf.c', 'of_maps'],
    ['edges.bpf.c', 'of_texts'],
    ['edges.bpf.c', 'of_packets'],
    ['edges.bpf.c', 'of_links'],
    ['edges.bpf.c', 'of_tunnels'],
    ['edges.bpf.c', 'of_frames'],
    ['edges.bpf.c', 'of_pointers'],
    ['edges.bpf.c', 'of_pointers_to_read'],
    ['kfuncs.bpf.c', 'skb_pointers'],
    ['kfuncs.bpf.c', 'skb_pointers_to_read'],
    ['kfuncs.bpf.c', 'xdp_pointers'],
    ['kfuncs.bpf.c', 'memory_pointers'],
    ['kfuncs.bpf.c', 'sections'],
    ['kfuncs_newer.bpf.c', 'bits'],
    ['kfuncs_newer.bpf.c', 'locked'],
    ['kfuncs_newer.bpf.c', 'pointers'],
    ['kfuncs_newer.bpf.c', 'connections'],
    ['kfuncs_newer.bpf.c', 'connections_before'],
    ['kfuncs.bpf.c', 'throwing'],
    ['kfuncs.bpf.c', 'caught_behind_a_tail_call'],
  ])('equals the kernel after every packet: %s, %s', async (source, program) => {
    for (const inputs of [all, all.toReversed(), all.slice(0, 1)]) {
      const { verdict } = await bench.prove(source, program, inputs);
      expect(verdict.kind, JSON.stringify(verdict)).toMatch(/^equal/);
    }
  });

  it.each([
    ['its return value', 'r0 = 0x3u;', 'r0 = 0x2u;', /^return value 0x00000003 in the kernel, 0x00000002 in the twin$/],
    ['a TTL that is not taken down', 'AT(u8, r6 + 0x16ull) = (u8)r1;', '', /^output .* at byte 22: /],
    [
      'a counter off by two',
      'r1 = r1 + 0x1ull;',
      'r1 = r1 + 0x3ull;',
      /^map by_protocol, key 06000000, at byte 0: 01.* in the kernel, 03/,
    ],
    ["a map's value", 'AT(u64, r0 + 0x8ull) = (u64)r1;', '', /^map by_source, key [0-9a-f]{8}, at byte 8: /],
    [
      'a global',
      'AT(u64, r2 + 0x0ull) = (u64)r3;',
      '',
      /^map .*\.bss, key 00000000: 1c.* in the kernel, zeros in the twin$/,
    ],
    ['an element that is left out', 'r0 = kfaas_bpf_map_update_elem(r1, r2, r3, r4, r5);', 'r0 = 0;', /^map by_source/],
    ['a crash', 'r0 = 0x3u;', 'AT(u8, 0ull) = 1;', /^the twin died \(SIGSEGV\)$/],
  ])('that is wrong in %s is caught', async (_, right, wrong, difference) => {
    const { verdict } = await bench.prove('counting.bpf.c', 'counting', all, (text) => {
      expect(text).toContain(right);
      return text.replace(right, wrong);
    });
    expect(verdict).toMatchObject({ kind: 'differs', difference: expect.stringMatching(difference) as string });
  });

  it('names the packet that shows the difference first', async () => {
    const { verdict } = await bench.prove('counting.bpf.c', 'counting', all, (text) =>
      text.replace('r0 = 0x1u;', 'r0 = 0x4u;'),
    );
    expect(verdict).toMatchObject({ kind: 'differs', input: all[1] });
  });

  it('is never equal where it reached what user space lacks, and is where it did not', async () => {
    const reached = await bench.prove('lacking.bpf.c', 'routes', named([udpPacket(), Buffer.alloc(64, 0x42)]));
    expect(reached.verdict).toEqual({ kind: 'unsupported', what: 'bpf_fib_lookup with these flags' });
    const not = await bench.prove('lacking.bpf.c', 'routes', named([udpPacket()]));
    expect(not.verdict.kind).toBe('equal but shallow');
  });

  it.each(['packet_address', 'stack_address', 'stack_bytes'])(
    'is not told to differ where what comes out depends on places in memory: %s',
    async (program) => {
      const { verdict } = await bench.prove('places.bpf.c', program, all);
      const what = "the kernel's addresses, or what lies in memory that the program never wrote";
      expect(verdict).toEqual({ kind: 'unsupported', what });
    },
  );

  it('is proven without time and chance, and says so', async () => {
    const { verdict, replacedHelpers } = await bench.prove('lacking.bpf.c', 'chance', all);
    expect(verdict.kind).toBe('equal but shallow');
    expect(replacedHelpers).toEqual(['bpf_ktime_get_ns', 'bpf_get_prandom_u32']);
  });

  it('divides by zero as BPF does', async () => {
    const { verdict } = await bench.prove('lacking.bpf.c', 'divides', all);
    expect(verdict).toMatchObject({ kind: 'equal' });
  });

  it('names what was not compared', async () => {
    const { notCompared } = await bench.prove('maps.bpf.c', 'queues', all.slice(0, 1));
    expect(notCompared).toEqual(expect.arrayContaining(['queue', 'stack', 'ring', 'lru', 'events']));
    expect(notCompared).not.toContain('hash');
  });

  it('runs in the harness that times user space, by the same entry', async () => {
    const object = await bench.object('counting.bpf.c');
    const twin = await bench.twin(object, 'counting');
    const [library] = await linkVariants(bench.tools.workshop, twin.object, 'counting');
    const process = bench.engine.users.start(0, library!, { pages: 0, stackBytes: 0 });
    const { retval, output } = process.setInput(0, 'xdp', packet());
    expect(retval).toBe(3);
    expect(output.readUInt8(22)).toBe(packet().readUInt8(22) - 1);
    expect(process.batch(0, 'call', 10, 3)).toMatchObject({ good: 10 });
    process.end();
  });
});
