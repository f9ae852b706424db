/** What the maps of a revision hold before the first input, and what is told of that. */
import type { BenchmarkPlan, MapContents } from '../domain/plan.js';
import { Errno } from '../load/libbpf.js';
import type { Filling } from '../load/map-contents.js';
import type { LoadedProgram } from '../load/object.js';
import { seedsFor, withSeeds } from '../twin/seed.js';
import type { Bench } from './bench.js';
import type { Code, Site } from './site.js';

/** A base may lack maps that head has. Each revision is seeded with the keys that it looks up itself. */
export async function mapsOf(
  { twins }: Site,
  { maps, seedMaps, inputs }: BenchmarkPlan,
  { revision, object, program }: Pick<Code, 'revision' | 'object' | 'program'>,
): Promise<{ filling?: Filling; seeds?: readonly MapContents[] }> {
  const filling = maps && { contents: maps, mayLack: revision !== 'head' };
  const given = filling && { filling };
  if (seedMaps === undefined) return { ...given };
  try {
    const bytes = inputs.map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));
    const seeds = await seedsFor(twins, { object, program, inputs: bytes, ...given });
    return seeds.length === 0 ? { ...given, seeds } : { filling: withSeeds(filling, seeds), seeds };
  } catch (error) {
    if (error instanceof Errno) return { ...given }; // its load will tell
    throw error;
  }
}

/** A base's program may have been written before a map was. */
export function warnOfLackingMaps(
  { emit }: Pick<Bench, 'emit'>,
  { name: benchmark }: BenchmarkPlan,
  loaded: readonly LoadedProgram[],
): void {
  const lacking = [...new Set(loaded.flatMap(({ lackingMaps }) => lackingMaps))];
  if (lacking.length === 0) return;
  const message = `the base has no map ${lacking.join(', ')}: it is run without that in \`maps\`, so the two may do different work`;
  emit({ event: 'warning', warning: { code: 'maps-not-in-base', benchmark, message } });
}
