/** Reads what the kernel's maps hold. */
import { Errno, type Libbpf, type MapInfo } from '../load/libbpf.js';
import { mapKind } from './map-kinds.js';
import { withoutSpecial, type SpecialField } from './special-fields.js';

export interface KernelElement {
  readonly key: Buffer;
  /** Of programs and maps, the kernel's number of 4 bytes. */
  readonly value: Buffer;
}

type Reader = Pick<Libbpf, 'possibleCpus' | 'lookupElement' | 'nextKey'>;

/** Elements of an array that are read; each takes a system call. */
export const MAX_ARRAY_ELEMENTS = 65_536;

/**
 * At most so many: of a per-CPU map the values of that CPU; of an array those that are not zero. None where user space cannot read
 * them. Special fields are zeros: of some the kernel tells addresses.
 */
export function readElements(
  libbpf: Reader,
  map: { fd: number; info: MapInfo; fields?: readonly SpecialField[] },
  cpu: number,
  limit = Infinity,
): KernelElement[] {
  const { info, fd, fields = [] } = map;
  const kind = mapKind(info.type);
  if (kind.elements === 'none') return [];
  const stride = Math.ceil(info.valueBytes / 8) * 8;
  const room = Buffer.alloc(kind.isPerCpu ? stride * libbpf.possibleCpus() : stride);
  const at = kind.isPerCpu ? stride * cpu : 0;
  const elements: KernelElement[] = [];
  for (const key of kind.elements === 'array' ? arrayKeys(info) : keysOf(libbpf, fd, info)) {
    room.fill(0);
    if (elements.length >= limit) break;
    if (!found(libbpf, fd, key, room)) continue;
    const value = withoutSpecial(Buffer.from(room.subarray(at, at + info.valueBytes)), fields);
    if (kind.elements !== 'array' || value.some((byte) => byte !== 0)) elements.push({ key, value });
  }
  return elements;
}

/** An empty slot is told as missing by some kinds and as an error by others. */
function found(libbpf: Reader, fd: number, key: Buffer, room: Buffer): boolean {
  try {
    return libbpf.lookupElement(fd, key, room);
  } catch (error) {
    if (error instanceof Errno && (error.code === 'EOPNOTSUPP' || error.code === 'ENOTSUPP')) return false;
    throw error;
  }
}

function arrayKeys({ maxEntries, keyBytes }: MapInfo): Buffer[] {
  return Array.from({ length: Math.min(maxEntries, MAX_ARRAY_ELEMENTS) }, (_, index) => {
    const key = Buffer.alloc(keyBytes);
    key.writeUInt32LE(index);
    return key;
  });
}

function* keysOf(libbpf: Reader, fd: number, { keyBytes }: MapInfo): Generator<Buffer> {
  let key = libbpf.nextKey(fd, undefined, keyBytes);
  while (key !== undefined) {
    yield key;
    key = libbpf.nextKey(fd, key, keyBytes);
  }
}
