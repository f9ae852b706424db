import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { attemptAll, type Attempt } from '../../helpers/corpus/attempt.js';
import { openCorpus, sumsOf } from '../../helpers/corpus/corpus.js';
import { linuxSourcePackage } from '../../helpers/corpus/packages.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

/** The packages are fetched, and some hundred programs compiled, loaded and translated. */
const TIME_LIMIT_MS = 1_200_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const inputs = allBuiltinPackets().map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));

/** docs/two-sides-corpus.md is the last result, native twins among them. */
describe.skipIf(!available('kernel') || !available('apt'))('the corpus', () => {
  let bench: TwinBench;
  let attempts: Attempt[];
  const told = (chosen: readonly Attempt[]): string[] =>
    chosen.map(({ object, program, kind, reason }) => `${object} ${program}: ${kind} ${reason}`);

  beforeAll(async () => {
    bench = await openTwinBench();
    const cacheFolder = path.join(root, '.tools', 'corpus', 'cache');
    mkdirSync(cacheFolder, { recursive: true });
    const tools = { ...bench.tools, workshop: { ...bench.tools.workshop, cacheFolder } };
    attempts = [];
    for (const object of await openCorpus(tools.workshop, root, linuxSourcePackage()))
      attempts.push(...(await attemptAll({ tools, inputs, native: false }, object)));
  }, TIME_LIMIT_MS);
  afterAll(() => bench.close());

  it('has no program whose twin differs from the kernel', () => {
    expect(attempts.length).toBeGreaterThan(200);
    expect(told(attempts.filter(({ kind }) => kind === 'differs'))).toEqual([]);
  });

  it('is equal for 88 % of the programs that the kernel loads', () => {
    const { equal, loaded } = sumsOf(attempts);
    expect(
      equal / loaded,
      told(attempts.filter(({ kind }) => kind === 'unsupported')).join('\n'),
    ).toBeGreaterThanOrEqual(0.88);
  });

  it('has a reason for every other one', () => {
    const others = attempts.filter(({ kind }) => !kind.startsWith('equal'));
    expect(told(others.filter(({ reason }) => reason === ''))).toEqual([]);
  });

  it('is equal, and not shallow, for every program of a tutorial’s depth', () => {
    const own = attempts.filter(({ object }) => object.startsWith('own/'));
    expect(own.length).toBeGreaterThanOrEqual(12);
    expect(told(own.filter(({ kind }) => kind !== 'equal'))).toEqual([]);
  });
});
