import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileUnit } from '../../../src/build/compile.js';
import { loadTwinned } from '../../../src/twin/object.js';
import { proveTwin } from '../../../src/twin/proof.js';
import { udpPacket } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';
import { named, openTwinBench, type TwinBench } from '../../helpers/twin.js';

const MAPS = 40;
/** About 8 instructions each. */
const STEPS = 800;

/** A program that goes through 40 maps and does arithmetic of thousands of instructions between. */
function source(): string {
  const map = (
    i: number,
  ): string => `struct { __uint(type, BPF_MAP_TYPE_${i % 2 ? 'ARRAY' : 'HASH'}); __uint(max_entries, 8);
__type(key, __u32); __type(value, __u64); } map_${String(i)} SEC(".maps");`;
  const put = (i: number): string =>
    `key = ${String(i % 8)}; bpf_map_update_elem(&map_${String(i)}, &key, &sum, BPF_ANY);`;
  const step = (i: number): string =>
    `sum = (sum ^ ${String(i * 7919)}) * data[${String(i % 60)}]; sum += sum >> ${String(1 + (i % 9))};`;
  const every = <T>(count: number, text: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => text(i));
  return `#include <kfaas.h>
${every(MAPS, map).join('\n')}
SEC("xdp") int large(struct xdp_md *ctx)
{
	__u8 *data = kfaas_data(ctx);
	__u64 sum = 1;
	__u32 key;

	if ((void *)(data + 60) > kfaas_data_end(ctx))
		return XDP_PASS;
	${every(STEPS, step).join('\n')}
	${every(MAPS, put).join('\n')}
	data[0] = sum;
	return sum;
}
char LICENSE[] SEC("license") = "GPL";
`;
}

describe.skipIf(!available('kernel'))('a twin of a large program', () => {
  let bench: TwinBench;
  let tree: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    tree = mkdtempSync(path.join(tmpdir(), 'kfaas-twin-'));
    writeFileSync(path.join(tree, 'large.bpf.c'), source());
  });
  afterAll(() => {
    rmSync(tree, { recursive: true });
    bench.close();
  });

  it('of 5,000 instructions and 40 maps equals the kernel', async () => {
    const unit = { tree, source: 'large.bpf.c', cflags: [] };
    const { bpf } = await compileUnit(bench.tools.workshop, unit);
    const inputs = named([udpPacket(), Buffer.from(udpPacket().toReversed()), Buffer.alloc(20)]);
    const request = { object: bpf, program: 'large', inputs };
    const { verdict } = await proveTwin(bench.tools, request);
    expect(verdict).toMatchObject({ kind: 'equal', changedPackets: 2 });
    const object = loadTwinned(bench.tools.libbpf, bpf, 'large');
    expect(object.programs[0]!.recorded.insns.length / 8).toBeGreaterThan(5000);
    expect(object.maps).toHaveLength(MAPS);
    object.close();
  });
});
