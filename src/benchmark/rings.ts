/**
 * Ring buffers of what is timed. Nobody reads them, so they would fill at some point of the measuring, in the kernel at another one
 * than in user space: they are full from the start.
 */
import { closeSync } from 'node:fs';
import type { Libbpf, MapInfo } from '../load/libbpf.js';
import { readElements } from '../twin/elements.js';

type Kernel = Pick<
  Libbpf,
  'programMaps' | 'mapFdById' | 'mapInfo' | 'fillRing' | 'possibleCpus' | 'lookupElement' | 'nextKey'
>;

const RINGBUF = 27; // enum bpf_map_type
const ofMaps = [12, 13]; // ARRAY_OF_MAPS, HASH_OF_MAPS

/** Those of the program's maps that are ring buffers or hold some, by name; a twin's are filled by the harness. Throws an Errno. */
export function fillRings(libbpf: Kernel, program: number): string[] {
  return libbpf
    .programMaps(program)
    .mapIds.flatMap((id) => withMap(libbpf, id, (fd, info) => filled(libbpf, fd, info)));
}

function filled(libbpf: Kernel, fd: number, info: MapInfo): string[] {
  if (info.type === RINGBUF) {
    libbpf.fillRing(fd, info.maxEntries);
    return [info.name];
  }
  if (!ofMaps.includes(info.type)) return [];
  const held = readElements(libbpf, { fd, info }, 0).flatMap(({ value }) =>
    withMap(libbpf, value.readUInt32LE(0), (innerFd, inner) => filled(libbpf, innerFd, inner)),
  );
  return held.length === 0 ? [] : [info.name];
}

function withMap<T>(libbpf: Kernel, id: number, use: (fd: number, info: MapInfo) => T): T {
  const fd = libbpf.mapFdById(id);
  try {
    return use(fd, libbpf.mapInfo(fd));
  } finally {
    closeSync(fd);
  }
}
