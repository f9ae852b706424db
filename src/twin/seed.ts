/**
 * Keys for maps that a program looks up in vain: a dry run of its translated twin tells them, they are put in with zeros, and the
 * next run goes further. The same inputs give the same keys.
 */
import type { MapContents } from '../domain/plan.js';
import type { Filling } from '../load/map-contents.js';
import { buildTwin, type TwinRequest, type TwinTools } from './build.js';
import { loadTwinned, readAllElements, type TwinnedMap, type TwinnedObject } from './object.js';
import { unsupportedType } from './proof.js';
import { runTwin, type TwinElement } from './runner.js';

/** A key may be looked up with what was found under another. */
const PASSES = 4;
/** Of each map; more would be noise in a report and time at every load. */
const MOST_KEYS = 64;

/** Kinds that a key can be put into (`enum bpf_map_type`), and what with; of devices it is the number of the loopback one. */
const seedable: Readonly<Record<number, 'zeros' | 'device'>> = {
  1: 'zeros', // HASH
  5: 'zeros', // PERCPU_HASH
  9: 'zeros', // LRU_HASH
  10: 'zeros', // LRU_PERCPU_HASH
  11: 'zeros', // LPM_TRIE
  14: 'device', // DEVMAP
  25: 'device', // DEVMAP_HASH
};

/**
 * What to put in beside the request's own filling; nothing where a twin cannot be run.
 * Throws an Errno where the kernel does not load the program.
 */
export async function seedsFor(tools: TwinTools, request: TwinRequest): Promise<MapContents[]> {
  const seeds = new Map<string, MapContents['elements']>();
  for (let pass = 0; pass < PASSES; pass += 1) {
    const contents = [...seeds].map(([map, elements]) => ({ map, elements }));
    if (!(await addMissed(tools, { ...request, filling: withSeeds(request.filling, contents) }, seeds))) break;
  }
  return [...seeds].map(([map, elements]) => ({ map, elements }));
}

export function withSeeds(filling: Filling | undefined, seeds: readonly MapContents[]): Filling {
  return { contents: [...(filling?.contents ?? []), ...seeds], mayLack: filling?.mayLack ?? false };
}

/** Whether there were new ones. */
async function addMissed(
  tools: TwinTools,
  { object: path, program, inputs, filling }: TwinRequest,
  seeds: Map<string, MapContents['elements']>,
): Promise<boolean> {
  const object = loadTwinned(tools.libbpf, path, program, filling);
  try {
    if (unsupportedType(object) !== undefined) return false;
    const initial = readAllElements(tools.libbpf, object, tools.cpu);
    const { library } = await buildTwin(tools, object, initial, {});
    const runs = inputs.map(({ bytes }) => ({ program: 0, bytes }));
    const { missed } = runTwin(tools.runner, library, runs, 'and watch misses');
    const held = initial.map((elements) => elements.length);
    let isNew = false;
    for (const miss of missed) {
      const count = held[miss.map] ?? 0;
      if (!addSeed(object, miss, count, seeds)) continue;
      held[miss.map] = count + 1;
      isNew = true;
    }
    return isNew;
  } finally {
    object.close();
  }
}

/** @param held how many elements the map has by now */
function addSeed(
  { maps }: TwinnedObject,
  { map: index, key }: Pick<TwinElement, 'map' | 'key'>,
  held: number,
  seeds: Map<string, MapContents['elements']>,
): boolean {
  const map = maps[index];
  const kind = map && seedable[map.info.type];
  if (map === undefined || kind === undefined || !isOwn(maps, map) || !mayBeKey(map, key)) return false;
  const elements = seeds.get(map.name) ?? [];
  const hex = key.toString('hex');
  const isKnown = elements.some((each) => 'hex' in each.key && each.key.hex === hex);
  if (isKnown || elements.length >= MOST_KEYS || held >= map.info.maxEntries) return false;
  const value = Buffer.alloc(map.info.valueBytes);
  if (kind === 'device') value.writeUInt32LE(1);
  seeds.set(map.name, [...elements, { key: { hex }, value: { hex: value.toString('hex') } }]);
  return true;
}

/** Maps that stand in others alone have no name to be found by. */
function isOwn(maps: readonly TwinnedMap[], { name, isInner }: TwinnedMap): boolean {
  return isInner !== true && maps.filter((each) => each.name === name).length === 1;
}

const DEVMAP = 14;
const LPM_TRIE = 11;

/** Places beyond an array of devices, and prefixes longer than their data, are refused. */
function mayBeKey({ info }: TwinnedMap, key: Buffer): boolean {
  if (key.length !== info.keyBytes) return false;
  if (info.type === DEVMAP) return key.readUInt32LE(0) < info.maxEntries;
  return info.type !== LPM_TRIE || key.readUInt32LE(0) <= (key.length - 4) * 8;
}
