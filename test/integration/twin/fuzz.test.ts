import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from '../../helpers/fuzz.js';
import { allOpcodes } from '../../helpers/opcode-names.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

/** A sample of what `npm run bench:fuzz` runs; docs/two-sides-fuzz.md has the last result of all of it. */
describe.skipIf(!available('kernel'))('random programs', () => {
  let bench: TwinBench;
  beforeAll(async () => {
    bench = await openTwinBench();
  });
  afterAll(() => bench.close());

  it('give the same in the kernel and in their translated twins, every opcode among them', async () => {
    const { workshop, libbpf, runner } = bench.tools;
    const request = { seed: 20_240_611, programs: 200, packetsPerProgram: 4, counting: true };
    const batch = await fuzz(workshop, libbpf, runner, request);
    expect(batch.differences).toEqual([]);
    expect(batch.runs).toBe(800);
    expect(allOpcodes().filter((name) => !batch.executed.has(name))).toEqual([]);
  });
});
