/** Maps of a loaded object, and their elements by descriptor. */
import { constants } from 'node:os';
import { btfReader } from './btf.js';
import { addressOf, Errno, check, type Handle, declare, lastErrno, type LibraryHandle } from './library.js';
import { PROG_INFO_BYTES } from './programs.js';

/** What is read of `struct bpf_map_info` (include/uapi/linux/bpf.h). */
export interface MapInfo {
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** The kernel's number for the map: what a map of maps shows to user space. */
  readonly id: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** As the kernel keeps it: 15 bytes at most. */
  readonly name: string;
  /** The kernel's number for the BTF that tells the types below; 0 where none does. */
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Covers `map_extra`; older kernels fill less. */
const MAP_INFO_BYTES = 88;

export function maps(bpf: LibraryHandle) {
  const next = declare<(object: Handle, previous: Handle | null) => Handle | null>(
    bpf,
    'void *bpf_object__next_map(void *object, void *previous)',
  );
  const info = declare<(fd: number, info: Buffer, size: number[]) => number>(
    bpf,
    'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)',
  );
  const setPinPath = declare<(map: Handle, path: null) => number>(
    bpf,
    'int bpf_map__set_pin_path(void *map, const char *path)',
  );
  const fdById = declare<(id: number) => number>(bpf, 'int bpf_map_get_fd_by_id(uint32_t id)');
  const typeName = declare<(type: number) => string | null>(bpf, 'const char *libbpf_bpf_map_type_str(uint32_t type)');
  const loadBtf = declare<(id: number) => Handle | null>(bpf, 'void *btf__load_from_kernel_by_id(uint32_t id)');
  const freeBtf = declare<(btf: Handle) => void>(bpf, 'void btf__free(void *btf)');
  const bytesOfBtf = btfReader(bpf);
  const nextKey = declare<(fd: number, key: Buffer | null, next: Buffer) => number>(
    bpf,
    'int bpf_map_get_next_key(int fd, void *key, void *next)',
  );
  const lookup = declare<(fd: number, key: Buffer, value: Buffer) => number>(
    bpf,
    'int bpf_map_lookup_elem(int fd, void *key, void *value)',
  );
  const update = declare<(fd: number, key: Buffer, value: Buffer, flags: number) => number>(
    bpf,
    'int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)',
  );
  const possibleCpus = declare<() => number>(bpf, 'int libbpf_num_possible_cpus()');
  return {
    mapsOf(object: Handle): Handle[] {
      const all: Handle[] = [];
      for (let map = next(object, null); map !== null; map = next(object, map)) all.push(map);
      return all;
    },
    /** As the source has it. */
    mapName: declare<(map: Handle) => string>(bpf, 'const char *bpf_map__name(void *map)'),
    /** Takes back that loading shares the map by a file of bpffs. */
    unpinMap(map: Handle): void {
      check('unpin map', setPinPath(map, null));
    },
    /** Negative where libbpf created none. */
    mapFd: declare<(map: Handle) => number>(bpf, 'int bpf_map__fd(void *map)'),
    mapInfo(fd: number): MapInfo {
      const data = Buffer.alloc(MAP_INFO_BYTES);
      check('map info', info(fd, data, [data.length]));
      return {
        type: data.readUInt32LE(0),
        id: data.readUInt32LE(4),
        keyBytes: data.readUInt32LE(8),
        valueBytes: data.readUInt32LE(12),
        maxEntries: data.readUInt32LE(16),
        flags: data.readUInt32LE(20),
        name: data.toString('latin1', 24, data.indexOf(0, 24)),
        btfId: data.readUInt32LE(64),
        keyTypeId: data.readUInt32LE(68),
        valueTypeId: data.readUInt32LE(72),
      };
    },
    /** What libbpf calls a type, such as `hash`. */
    mapTypeName: (type: number): string => typeName(type) ?? `number ${String(type)}`,
    /** BTF that was loaded into the kernel, by its number. Throws an Errno. */
    btfOfKernel(id: number): Buffer {
      const btf = loadBtf(id);
      if (btf === null) throw new Errno('BPF_BTF_GET_FD_BY_ID', lastErrno());
      const bytes = bytesOfBtf(btf);
      freeBtf(btf);
      return bytes;
    },
    /** Name, number and maps of a program; `struct bpf_prog_info` by its offsets. */
    programMaps(fd: number): { id: number; name: string; mapIds: number[] } {
      const ids = Buffer.alloc(4 * 64); // MAX_USED_MAPS
      const data = Buffer.alloc(PROG_INFO_BYTES);
      data.writeUInt32LE(ids.length / 4, 52);
      data.writeBigUInt64LE(addressOf(ids), 56);
      check('program info', info(fd, data, [data.length]));
      const count = data.readUInt32LE(52);
      return {
        id: data.readUInt32LE(4),
        name: data.toString('latin1', 64, data.indexOf(0, 64)),
        mapIds: Array.from({ length: count }, (_, i) => ids.readUInt32LE(i * 4)),
      };
    },
    /** A descriptor of the caller's own. */
    mapFdById: (id: number): number => check('BPF_MAP_GET_FD_BY_ID', fdById(id)),
    /** The key behind this one, the first where none is given; undefined at the end. Throws an Errno. */
    nextKey(fd: number, key: Buffer | undefined, keyBytes: number): Buffer | undefined {
      const found = Buffer.alloc(keyBytes);
      const result = nextKey(fd, key ?? null, found);
      if (result === -constants.errno.ENOENT) return undefined;
      check('BPF_MAP_GET_NEXT_KEY', result);
      return found;
    },
    /** Fills `value`, which for per-CPU maps holds 8-byte aligned values of all possible CPUs; false where there is none. */
    lookupElement(fd: number, key: Buffer, value: Buffer): boolean {
      const result = lookup(fd, key, value);
      if (result === -constants.errno.ENOENT) return false;
      check('BPF_MAP_LOOKUP_ELEM', result);
      return true;
    },
    updateElement(fd: number, key: Buffer, value: Buffer): void {
      check('BPF_MAP_UPDATE_ELEM', update(fd, key, value, 0 /* BPF_ANY */));
    },
    possibleCpus: (): number => check('possible CPUs', possibleCpus()),
  };
}
