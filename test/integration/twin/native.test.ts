import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkVariants } from '../../../src/build/harness.js';
import { buildNativeTwin } from '../../../src/twin/native.js';
import { loadTwinned, readAllElements } from '../../../src/twin/object.js';
import { available } from '../../helpers/require.js';
import { eitherTwin, fixture, named, openTwinBench, type TwinBench } from '../../helpers/twin.js';
import { packet, packets } from '../../helpers/twin-packets.js';

const all = named(packets);

describe.skipIf(!available('kernel'))('a native twin', () => {
  let bench: TwinBench;
  let folder: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-native-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    bench.close();
  });

  it.each([
    ...eitherTwin,
    ['kernel_types.bpf.c', 'keeps_headers'],
    ['kernel_types.bpf.c', 'first_bytes'],
    ['native.bpf.c', 'reads'],
    ['native.bpf.c', 'reads_below'],
    ['native.bpf.c', 'arithmetic'],
    ['native.bpf.c', 'globals'],
    ['native.bpf.c', 'leaves'],
    ['native.bpf.c', 'weak'],
    ['native.bpf.c', 'barriers'],
    ['native.bpf.c', 'relocated'],
    ['native.bpf.c', 'narrow'],
    ['lacking.bpf.c', 'divides'],
  ])('equals the kernel after every packet: %s, %s', async (source, program) => {
    for (const inputs of [all, all.toReversed(), all.slice(0, 1)]) {
      const { verdict } = await bench.proveNative(source, program, inputs);
      expect(verdict.kind, JSON.stringify(verdict)).toMatch(/^equal/);
    }
  });

  it.each([
    ['its return value', 'return XDP_TX;', 'return XDP_PASS;', /^return value 0x00000003 in the kernel, 0x00000002 in/],
    ['a TTL that is not taken down', 'ip->ttl--;', '', /^output .* at byte 22: /],
    ['a counter off by two', '*count += 1;', '*count += 3;', /^map by_protocol, key 06000000, at byte 0: 01.* 03/],
    ["a map's value", 'known->bytes += end - data;', '', /^map by_source, key [0-9a-f]{8}, at byte 8: /],
    ['a global', 'seen += step;', '', /^map .*\.bss, key 00000000: 1c.* in the kernel, zeros in the twin$/],
    ['a crash', 'return XDP_TX;', 'return *(volatile int *)0;', /^the twin died \(SIGSEGV\)$/],
  ])('that is wrong in %s is caught', async (_, right, wrong, difference) => {
    const text = readFileSync(fixture('counting.bpf.c'), 'utf8');
    expect(text).toContain(right);
    writeFileSync(path.join(folder, 'wrong.bpf.c'), text.replace(right, wrong));
    const { verdict } = await bench.proveNative('counting.bpf.c', 'counting', all, {
      ...{ tree: folder, source: 'wrong.bpf.c', cflags: [] },
    });
    expect(verdict).toMatchObject({ kind: 'differs', difference: expect.stringMatching(difference) as string });
  });

  it('is never equal where it reached what user space lacks, and is where it did not', async () => {
    const reached = await bench.proveNative('lacking.bpf.c', 'routes', named([packet(), Buffer.alloc(64, 0x42)]));
    expect(reached.verdict).toEqual({ kind: 'unsupported', what: 'bpf_fib_lookup with these flags' });
    const not = await bench.proveNative('lacking.bpf.c', 'routes', named([packet()]));
    expect(not.verdict.kind).toBe('equal but shallow');
  });

  it('is proven without time and chance, and says so', async () => {
    const { verdict, replacedHelpers } = await bench.proveNative('lacking.bpf.c', 'chance', all);
    expect(verdict.kind).toBe('equal but shallow');
    expect(replacedHelpers).toEqual(['bpf_ktime_get_ns', 'bpf_get_prandom_u32']);
  });

  it('is not made of assembly for BPF, nor of what is not there, and says so in a clause', async () => {
    await expect(bench.proveNative('native.bpf.c', 'assembly', all)).rejects.toThrow('BPF assembly (in assembly)');
    const of = (text: string): Promise<unknown> => {
      writeFileSync(path.join(folder, 'other.bpf.c'), text);
      const unit = { tree: folder, source: 'other.bpf.c', cflags: [] };
      return bench.proveNative('native.bpf.c', 'barriers', all, unit);
    };
    await expect(of('int barriers(void *ctx) { return no_such_function(1); }')).rejects.toThrow(
      'the function no_such_function, which is not defined',
    );
    await expect(of('int barriers(void *ctx) { asm volatile("r0 = 1" ::: "r0"); return 0; }')).rejects.toThrow(
      /^BPF assembly \(other\.bpf\.c:1\)$/,
    );
    await expect(of('int barriers(int *ctx) { return __builtin_preserve_field_info(*ctx, 0); }')).rejects.toThrow(
      '__builtin_preserve_field_info(), which clang has for BPF alone',
    );
    await expect(of('int other(void *ctx) { return 0; }')).rejects.toThrow(
      'the function barriers is not in the source',
    );
    await expect(of('int barriers(void *ctx) { return 0 }')).rejects.toThrow(
      "does not compile for user space: expected ';'",
    );
  });

  it('runs in the harness that times user space, by the same entry', async () => {
    const object = loadTwinned(bench.tools.libbpf, await bench.object('counting.bpf.c'), 'counting');
    const unit = { tree: path.dirname(fixture('counting.bpf.c')), source: 'counting.bpf.c', cflags: [] };
    const initial = readAllElements(bench.tools.libbpf, object, bench.tools.cpu);
    const twin = await buildNativeTwin(bench.tools, unit, object, initial, { chance: true });
    object.close();
    const [library] = await linkVariants(bench.tools.workshop, twin.object, 'counting');
    const process = bench.engine.users.start(0, library!, { pages: 0, stackBytes: 0 });
    const { retval, output } = process.setInput(0, 'xdp', packet());
    expect(retval).toBe(3);
    expect(output.readUInt8(22)).toBe(packet().readUInt8(22) - 1);
    expect(process.batch(0, 'call', 10, 3)).toMatchObject({ good: 10 });
    process.end();
  });
});
