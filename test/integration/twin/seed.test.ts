import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinPacket } from '../../../src/inputs/packet-set.js';
import { proveTwin } from '../../../src/twin/proof.js';
import { seedsFor, withSeeds } from '../../../src/twin/seed.js';
import type { ProofInput } from '../../../src/twin/verdict.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

describe.skipIf(!available('kernel'))('keys that a dry run looked up in vain', () => {
  let bench: TwinBench;
  let object: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    object = await bench.object('filled.bpf.c');
  });
  afterAll(() => {
    bench.close();
  });

  const inputs = (['udp4', 'tcp4', 'arp'] as const).map((name) => ({
    name,
    bytes: Buffer.from(builtinPacket(name).hex, 'hex'),
  }));
  const route = { key: { hex: '20000000c000020a' }, value: { hex: '00000000' } };

  it('are put in with zeros, pass by pass: also those that the first ones lead to', async () => {
    const request = { object, program: 'deeper', inputs };
    const seeds = await seedsFor(bench.tools, request);
    expect(seeds).toEqual([
      { map: 'routes', elements: [route] },
      { map: 'plains', elements: [{ key: { hex: '0700000000000000' }, value: { hex: '00'.repeat(32) } }] },
    ]);
    expect(await seedsFor(bench.tools, request)).toEqual(seeds);
    const { verdict } = await proveTwin(bench.tools, { ...request, filling: withSeeds(undefined, seeds) });
    expect(verdict).toMatchObject({ kind: 'equal', returnValues: 2 });
  });

  it('come behind what was given', async () => {
    const contents = [{ map: 'routes', elements: [{ ...route, value: { typed: 1 } }] }];
    const request = { object, program: 'deeper', inputs, filling: { contents, mayLack: false } };
    const seeds = await seedsFor(bench.tools, request);
    expect(seeds.map(({ map, elements }) => [map, elements[0]!.key])).toEqual([
      ['plains', { hex: '0800000000000000' }],
    ]);
    expect(withSeeds(request.filling, seeds).contents).toEqual([...contents, ...seeds]);
  });

  it('are no more than a map has room for, and no more than a report can show', async () => {
    const to = (last: number) => ({ name: String(last), bytes: Buffer.from(inputs[0]!.bytes).fill(last, 33, 34) });
    const six = [1, 2, 3, 4, 5, 6].map(to);
    const counts = async (request: Omit<Parameters<typeof seedsFor>[1], 'inputs'>, packets: readonly ProofInput[]) =>
      Object.fromEntries(
        (await seedsFor(bench.tools, { ...request, inputs: packets })).map(({ map, elements }) => [
          map,
          elements.length,
        ]),
      );
    const bare = { object, program: 'deeper' };
    expect(await counts(bare, six)).toEqual({ routes: 4, plains: 1 });
    const contents = [{ map: 'routes', elements: [{ ...route, value: { typed: 1 } }] }];
    expect(await counts({ ...bare, filling: { contents, mayLack: false } }, six)).toEqual({ routes: 3, plains: 1 });
    const from = (last: number) => ({ name: String(last), bytes: Buffer.from(inputs[0]!.bytes).fill(last, 29, 30) });
    const many = { object, program: 'from_many' };
    expect(
      await counts(
        many,
        Array.from({ length: 70 }, (_, i) => from(i)),
      ),
    ).toMatchObject({ sources: 64 });
  });

  it('are not put where there is no place for them', async () => {
    const request = { object: await bench.object('packets.bpf.c'), program: 'xdp_redirects', inputs };
    const devices = (await seedsFor(bench.tools, request)).find(({ map }) => map === 'devices');
    expect(devices?.elements.map(({ key }) => key)).toEqual([{ hex: '01000000' }]); // and not 9 of 4
  });

  it('of a base are for the maps that it has', () => {
    expect(withSeeds({ contents: [], mayLack: true }, []).mayLack).toBe(true);
    expect(withSeeds(undefined, []).mayLack).toBe(false);
  });

  it('lead devices to the loopback one', async () => {
    const seeds = await seedsFor(bench.tools, { object, program: 'uses_all', inputs });
    expect(seeds.find(({ map }) => map === 'devices')?.elements).toEqual([
      { key: { hex: '00000000' }, value: { hex: '01000000' } },
    ]);
  });
});
