import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countTwin, type InputCount } from '../../../src/twin/counts.js';
import { udpPacket } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';
import { fixture, named, openTwinBench, type TwinBench } from '../../helpers/twin.js';

const source = 'counted.bpf.c';
const text = readFileSync(fixture(source), 'utf8').split('\n');
const lineOf = (code: string): number => text.findIndex((line) => line.includes(code)) + 1;

function packetTo(source: number): Buffer {
  const bytes = Buffer.from(udpPacket());
  bytes.writeUInt32BE(source, 26);
  return bytes;
}

describe.skipIf(!available('kernel'))('executed instructions', () => {
  let bench: TwinBench;
  beforeAll(async () => {
    bench = await openTwinBench();
  });
  afterAll(() => bench.close());

  async function count(program: string, lengths: readonly number[], cflags: string[] = []): Promise<InputCount[]> {
    const inputs = named(lengths.map((length) => Buffer.alloc(length, length)));
    const counts = await countTwin(bench.tools, { object: await bench.object(source, cflags), program, inputs });
    return counts.map((each) => each!);
  }

  it('are what counting by hand gives', async () => {
    const lengths = [64, 65, 67, 71, 72];
    const counts = await count('turns', lengths);
    expect(counts.map(({ instructions }) => instructions)).toEqual(lengths.map((length) => 6 + 4 * (length & 7) + 2));
  });

  it('are the same on a hundred runs', async () => {
    const counts = await count('turns', Array<number>(100).fill(69));
    expect(new Set(counts.map(({ instructions }) => instructions))).toEqual(new Set([6 + 4 * 5 + 2]));
  });

  it('tell how often each helper was called', async () => {
    const inputs = named([packetTo(1), packetTo(1), packetTo(2), Buffer.alloc(64)]);
    const object = await bench.object('counting.bpf.c');
    const counts = await countTwin(bench.tools, { object, program: 'counting', inputs });
    const [look, put] = ['bpf_map_lookup_elem', 'bpf_map_update_elem'];
    expect(counts.map((each) => Object.fromEntries(each!.helperCalls))).toEqual([
      { [look]: 2, [put]: 1 },
      { [look]: 2 },
      { [look]: 2, [put]: 1 },
      {},
    ]);
  });

  it('belong to lines, and those that were not reached to theirs', async () => {
    const [short, long] = await count('lines', [64, 200]);
    for (const { lines, instructions } of [short!, long!]) {
      expect(lines.reduce((sum, line) => sum + line.instructions, 0)).toBe(instructions);
    }
    const at = (counts: InputCount, code: string) => counts.lines.find(({ line }) => line === lineOf(code));
    const callee = 'return number * 2;';
    expect(at(short!, callee)).toMatchObject({ file: expect.stringContaining(source) as string, instructions: 0 });
    expect(at(long!, callee)?.instructions).toBeGreaterThan(0);
  });

  it('tell the line that an instruction was added to', async () => {
    const [before] = await count('lines', [64]);
    const [after] = await count('lines', [64], ['-DMORE']);
    expect(after!.instructions - before!.instructions).toBe(1);
    const known = new Map(before!.lines.map(({ line, instructions }) => [line, instructions]));
    const grown = after!.lines.filter(({ line, instructions }) => instructions !== known.get(line));
    expect(grown.map(({ line, instructions }) => [line, instructions])).toEqual([[lineOf('WRITTEN_AS("r1 = r1")'), 1]]);
  });
});
