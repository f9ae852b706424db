import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinPacket } from '../../../src/inputs/packet-set.js';
import { proveTwin } from '../../../src/twin/proof.js';
import { seedsFor, withSeeds } from '../../../src/twin/seed.js';
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

  it('lead devices to the loopback one', async () => {
    const seeds = await seedsFor(bench.tools, { object, program: 'uses_all', inputs });
    expect(seeds.find(({ map }) => map === 'devices')?.elements).toEqual([
      { key: { hex: '00000000' }, value: { hex: '01000000' } },
    ]);
  });
});
