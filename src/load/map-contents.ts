/** Puts what a plan has maps hold into the maps of an object that was just loaded. */
import type { MapContents, MapDatum } from '../domain/plan.js';
import { KfaasError } from '../errors.js';
import { Errno, type Handle, type Libbpf, type MapInfo } from './libbpf.js';
import { typeReader, untyped, type Type } from './map-types.js';
import { layOut, Unfit } from './map-values.js';

export interface Filling {
  readonly contents: readonly MapContents[];
  /** Maps that the object lacks are left out: it is a base, whose contents head has. */
  readonly mayLack: boolean;
}

/** Kinds that take keys and values of bytes, by their numbers (`enum bpf_map_type`), and whether user space sees a value for each CPU. */
export const fillable: Readonly<Record<number, 'shared' | 'per CPU'>> = {
  1: 'shared', // HASH
  2: 'shared', // ARRAY
  5: 'per CPU', // PERCPU_HASH
  6: 'per CPU', // PERCPU_ARRAY
  9: 'shared', // LRU_HASH
  10: 'per CPU', // LRU_PERCPU_HASH
  11: 'shared', // LPM_TRIE
  14: 'shared', // DEVMAP
  16: 'shared', // CPUMAP
  25: 'shared', // DEVMAP_HASH
};

/**
 * A value of a per-CPU map is given to every CPU. Returns the maps that the object lacks.
 * @param program whose object it is
 * @throws KfaasError (usage) that names map and element
 */
export function fillMaps(libbpf: Libbpf, object: Handle, program: string, { contents, mayLack }: Filling): string[] {
  const maps = libbpf.mapsOf(object).filter((map) => libbpf.mapFd(map) >= 0);
  const names = maps.map((map) => libbpf.mapName(map));
  const lacking: string[] = [];
  for (const { map: name, elements } of contents) {
    const map = maps[placeOf(name, names)];
    if (map === undefined && mayLack) lacking.push(name);
    else if (map === undefined) throw noSuchMap(program, name, names);
    else fillMap(libbpf, libbpf.mapFd(map), name, elements);
  }
  return lacking;
}

/** The kernel keeps 15 bytes of a name, which is all that a capture knows of it. */
function placeOf(name: string, names: readonly string[]): number {
  const cut = names.filter((each) => each.slice(0, 15) === name);
  return names.indexOf(names.includes(name) || cut.length !== 1 ? name : (cut[0] ?? name));
}

function noSuchMap(program: string, name: string, names: readonly string[]): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `maps: there is no map ${name} in the object of ${program}`,
    remedy: names.length === 0 ? 'remove it: the object has no maps' : `name one of: ${names.join(', ')}`,
  });
}

function fillMap(libbpf: Libbpf, fd: number, name: string, elements: MapContents['elements']): void {
  const info = libbpf.mapInfo(fd);
  const sharing = fillable[info.type];
  if (sharing === undefined) throw notFillable(name, libbpf.mapTypeName(info.type));
  const { key: keyType, value: valueType } = elementTypes(libbpf, info);
  for (const [index, element] of elements.entries()) {
    const where = `maps: ${name}, element ${String(index + 1)}`;
    const key = bytesOf(`${where}, key`, element.key, keyType);
    const value = bytesOf(`${where}, value`, element.value, valueType);
    try {
      libbpf.updateElement(fd, key, sharing === 'shared' ? value : repeated(value, libbpf.possibleCpus()));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw refused(`${where}, key ${key.toString('hex')}`, info, error.code);
    }
  }
}

/** Of a map's keys and values, as far as its object tells. */
export function elementTypes(
  libbpf: Pick<Libbpf, 'btfOfKernel'>,
  { btfId, keyTypeId, valueTypeId, ...info }: MapInfo,
): {
  key: Type;
  value: Type;
} {
  const btf = btfId === 0 ? undefined : libbpf.btfOfKernel(btfId);
  const typeOf = (id: number, bytes: number): Type => {
    const type = btf === undefined || id === 0 ? undefined : typeReader(btf)(id);
    return type?.bytes === bytes ? type : untyped(bytes);
  };
  return { key: typeOf(keyTypeId, info.keyBytes), value: typeOf(valueTypeId, info.valueBytes) };
}

function bytesOf(where: string, datum: MapDatum, type: Type): Buffer {
  if ('hex' in datum) {
    const bytes = Buffer.from(datum.hex, 'hex');
    if (bytes.length === type.bytes) return bytes;
    throw new KfaasError({
      kind: 'usage',
      message: `${where}: ${datum.hex} has ${String(bytes.length)} bytes, and the map's have ${String(type.bytes)}`,
      remedy: `give ${String(type.bytes * 2)} hex digits in quotes, or a value by its type`,
    });
  }
  try {
    return layOut(type, datum.typed);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new KfaasError({
      kind: 'usage',
      message: `${where}: ${error.message}`,
      remedy: `give what its type can hold, or its ${String(type.bytes)} bytes as hex digits in quotes`,
    });
  }
}

/** One value for each CPU, each at a multiple of 8 bytes. */
function repeated(value: Buffer, cpus: number): Buffer {
  const stride = Math.ceil(value.length / 8) * 8;
  const all = Buffer.alloc(stride * cpus);
  for (let cpu = 0; cpu < cpus; cpu += 1) value.copy(all, cpu * stride);
  return all;
}

function notFillable(name: string, type: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `maps: ${name} is a map of type ${type}, which cannot be given elements`,
    remedy:
      'remove it; what maps of programs and of maps hold stands in the object itself (`.values`), and queues, rings and sockets start empty',
  });
}

const reasons: Readonly<Record<string, string>> = {
  E2BIG: 'the map has no such place, or no room left',
  ENOSPC: 'the map has no room left',
  EPERM: 'the map is read-only',
  EEXIST: 'it is there already',
};

function refused(where: string, { maxEntries }: MapInfo, code: string): KfaasError {
  const reason = reasons[code];
  return new KfaasError({
    kind: 'usage',
    message: `${where}: the kernel refuses it (${code})${reason === undefined ? '' : `: ${reason}`}`,
    remedy: `give at most ${String(maxEntries)} elements, with keys and values that such a map can have`,
  });
}
