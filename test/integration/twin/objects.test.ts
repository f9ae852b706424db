import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTwinned } from '../../../src/twin/object.js';
import { available } from '../../helpers/require.js';
import { named, openTwinBench, type TwinBench } from '../../helpers/twin.js';
import { packets } from '../../helpers/twin-packets.js';

const all = named(packets);

/** Whatever a twin holds over from one packet shows on a later one. */
const often = [all, all.toReversed(), all, all].flat();

describe.skipIf(!available('kernel'))('objects that a program allocates', () => {
  let bench: TwinBench;
  beforeAll(async () => {
    bench = await openTwinBench();
  });
  afterAll(() => bench.close());

  it.each([
    ['objects.bpf.c', 'trees'],
    ['objects.bpf.c', 'twice'],
    ['objects.bpf.c', 'listed_twice'],
    ['objects.bpf.c', 'stashing'],
    ['objects.bpf.c', 'lists'],
    ['objects.bpf.c', 'left_over'],
    ['objects.bpf.c', 'for_each_cpu'],
    ['objects_seen.bpf.c', 'shape'],
    ['objects_seen.bpf.c', 'ends'],
  ])('are those of the kernel: %s, %s', async (source, program) => {
    const { verdict } = await bench.prove(source, program, often);
    expect(verdict.kind, JSON.stringify(verdict)).toBe('equal');
  });

  it('go when a map’s value is written that they are stashed in', async () => {
    const forgetful = (text: string): string => text.replaceAll('.field_count = 1 }', '.field_count = 0 }');
    const { verdict } = await bench.prove('objects.bpf.c', 'stashing', often, forgetful);
    expect(verdict).toMatchObject({ kind: 'differs', difference: 'the twin died (SIGSEGV)' });
  });

  it('are told by the types of maps', async () => {
    const object = loadTwinned(bench.tools.libbpf, await bench.object('objects.bpf.c'), 'lists');
    const fields = new Map(object.maps.map((map) => [map.name, map.fields]));
    object.close();
    const lock = { bytes: 4, holds: 'nothing' };
    expect(fields.get('stashes')).toEqual([{ offset: 8, bytes: 8, holds: 'object' }]);
    expect(fields.get('shelves')).toEqual([
      { offset: 8, ...lock },
      { offset: 16, bytes: 16, holds: 'list' },
      { offset: 32, bytes: 8, holds: 'object' },
    ]);
    expect(fields.get('.data.A')).toHaveLength(2);
    expect(fields.get('.data.A')).toEqual(
      expect.arrayContaining([
        { offset: expect.any(Number) as number, ...lock },
        { offset: expect.any(Number) as number, bytes: 16, holds: 'tree' },
      ]),
    );
  });
});
