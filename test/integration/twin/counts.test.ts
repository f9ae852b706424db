import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executed } from '../../../src/domain/record.js';
import { countTwin, type TwinCounts } from '../../../src/twin/counts.js';
import { builtinPacket } from '../../../src/inputs/packet-set.js';
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

  async function count(program: string, lengths: readonly number[], cflags: string[] = []): Promise<Executed> {
    const inputs = named(lengths.map((length) => Buffer.alloc(length, length)));
    return executedOf(
      await countTwin(bench.tools, { object: await bench.object(source, cflags), program, inputsFor: () => inputs }),
    );
  }

  function executedOf(counts: TwinCounts): Executed {
    if ('notCounted' in counts) throw new Error(counts.notCounted);
    return counts.executed;
  }

  const instructionsOf = ({ inputs }: Executed) => inputs.map(({ instructions }) => instructions);

  it('are what counting by hand gives', async () => {
    const lengths = [64, 65, 67, 71, 72];
    const executed = await count('turns', lengths);
    expect(instructionsOf(executed)).toEqual(lengths.map((length) => 6 + 4 * (length & 7) + 2));
    expect(executed.coverage).toEqual({ reached: 11, instructions: 11 });
  });

  it('end where the program is left by a load from behind its packet, and go on in another that it leaves for', async () => {
    const loading = await count('loads', [99, 100]);
    expect(instructionsOf(loading)).toEqual([2, 4]);
    expect((await count('loads', [99])).coverage).toEqual({ reached: 2, instructions: 4 });
    const leaving = await count('leaves', [64, 65]);
    expect(instructionsOf(leaving)).toEqual([4 + 3, 4 + 2]);
    expect(leaving.inputs.map(({ helperCalls }) => helperCalls)).toEqual([{ bpf_tail_call: 1 }, { bpf_tail_call: 1 }]);
    // What it may leave for counts as executed, and is nothing that it could fail to reach.
    expect(leaving.coverage).toEqual({ reached: 6, instructions: 6 });
    expect((await count('leaves', [64])).coverage).toEqual({ reached: 4, instructions: 6 });
    const functionsOf = ({ lines }: Executed) => new Set(lines.map((line) => line.function));
    expect(functionsOf(leaving)).toEqual(new Set(['leaves', 'ends']));
    expect(functionsOf(await count('leaves', [65]))).toEqual(new Set(['leaves']));
  });

  it('are told of a line for each function that it became part of; calls of functions are no calls of helpers', async () => {
    const { lines, inputs } = await count('inlined', [64]);
    const shared = lines.filter(({ line }) => line === lineOf('return number * 2654435761u;'));
    expect(shared.map((line) => line.function).sort()).toEqual(['first', 'second']);
    expect(inputs[0]!.helperCalls).toEqual({});
  });

  it('are the same on a hundred runs', async () => {
    const executed = await count('turns', Array<number>(100).fill(69));
    expect(new Set(instructionsOf(executed))).toEqual(new Set([6 + 4 * 5 + 2]));
  });

  it('tell how often each helper was called', async () => {
    const inputs = named([packetTo(1), packetTo(1), packetTo(2), Buffer.alloc(64)]);
    const object = await bench.object('counting.bpf.c');
    const executed = executedOf(await countTwin(bench.tools, { object, program: 'counting', inputsFor: () => inputs }));
    const [look, put] = ['bpf_map_lookup_elem', 'bpf_map_update_elem'];
    expect(executed.inputs.map(({ helperCalls }) => helperCalls)).toEqual([
      { [look]: 2, [put]: 1 },
      { [look]: 2 },
      { [look]: 2, [put]: 1 },
      {},
    ]);
  });

  it('belong to lines, and those that were not reached to theirs', async () => {
    const { inputs, lines, coverage } = await count('lines', [64, 200]);
    for (const [i, { instructions }] of inputs.entries()) {
      expect(lines.reduce((sum, { counts }) => sum + counts[i]!, 0)).toBe(instructions);
    }
    const callee = lines.find(({ line }) => line === lineOf('return number * 2;'))!;
    expect(callee).toMatchObject({ function: 'doubled', text: 'return number * 2;' });
    expect(callee.file).toContain(source);
    expect(callee.counts).toEqual([0, expect.toSatisfy((count: number) => count > 0)]);
    expect(coverage.reached).toBe(coverage.instructions);
    const short = await count('lines', [64]);
    expect(short.coverage.reached).toBeLessThan(coverage.instructions);
    expect(short.coverage.instructions).toBe(coverage.instructions);
  });

  it('tell how often a loop goes round', async () => {
    const { lines } = await count('summing', [64, 69]);
    const looping = lines.filter(({ loopTrips }) => loopTrips !== undefined);
    expect(looping.map(({ loopTrips }) => loopTrips)).toEqual([[64 - 1, 69 - 1]]);
    expect(looping[0]!.line).toBe(lineOf('for (__u32 i = 0;'));
    const byHand = await count('rounds', [64, 69]);
    expect(instructionsOf(byHand)).toEqual([1, 6].map((turns) => 4 + 3 * turns + 1));
    expect(byHand.lines.flatMap(({ loopTrips = [] }) => [loopTrips])).toEqual([[0, 5]]);
  });

  it('are of maps as they are filled', async () => {
    const object = await bench.object('filled.bpf.c');
    const inputsFor = () => [{ name: 'udp4', bytes: Buffer.from(builtinPacket('udp4').hex, 'hex') }];
    const element = { key: { hex: '20000000c000020a' }, value: { typed: 1 } };
    const filling = { contents: [{ map: 'routes', elements: [element] }], mayLack: false };
    const [bare, filled] = [{}, { filling }].map((more) =>
      countTwin(bench.tools, { object, program: 'deeper', inputsFor, ...more }),
    );
    const [before] = instructionsOf(executedOf(await bare!));
    expect(instructionsOf(executedOf(await filled!))[0]).toBeGreaterThan(before!);
  });

  it.each([
    [
      'reaches what user space lacks',
      'lacking.bpf.c',
      'routes',
      /^user space does not have bpf_fib_lookup with these flags$/,
    ],
    ['differs from the kernel', 'in_order.bpf.c', 'in_order', /^its translated twin differs from the kernel on /],
  ])('are not believed of a twin that %s', async (_, file, program, reason) => {
    const inputs = named([Buffer.alloc(64, 0x42)]);
    const counts = await countTwin(bench.tools, { object: await bench.object(file), program, inputsFor: () => inputs });
    expect(counts).toEqual({ notCounted: expect.stringMatching(reason) as string });
  });

  it('tell the line that an instruction was added to', async () => {
    const before = await count('lines', [64]);
    const after = await count('lines', [64], ['-DMORE']);
    expect(instructionsOf(after)[0]! - instructionsOf(before)[0]!).toBe(1);
    const known = new Map(before.lines.map(({ line, counts }) => [line, counts[0]]));
    const grown = after.lines.filter(({ line, counts }) => counts[0] !== known.get(line));
    expect(grown.map(({ line, counts }) => [line, counts[0]])).toEqual([[lineOf('WRITTEN_AS("r5 = 7")'), 1]]);
  });
});
