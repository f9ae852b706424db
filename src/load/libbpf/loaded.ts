/** What is loaded on this machine, whoever loaded it. */
import { check, loadLibbpf, declare, addressOf } from './library.js';
import { maps } from './maps.js';
import { PROG_INFO_BYTES } from './programs.js';

/** What is loaded on this machine, with nothing but libbpf. Throws a KfaasError. */
export function openLoaded() {
  const bpf = loadLibbpf();
  const nextId = declare<(id: number, next: number[]) => number>(
    bpf,
    'int bpf_prog_get_next_id(uint32_t id, _Out_ uint32_t *next)',
  );
  const fdById = declare<(id: number) => number>(bpf, 'int bpf_prog_get_fd_by_id(uint32_t id)');
  const fdByPath = declare<(path: string) => number>(bpf, 'int bpf_obj_get(const char *path)');
  const info = declare<(fd: number, info: Buffer, size: number[]) => number>(
    bpf,
    'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)',
  );
  return {
    ...maps(bpf),
    programIds(): number[] {
      const ids: number[] = [];
      for (const next = [0]; nextId(ids.at(-1) ?? 0, next) === 0;) ids.push(next[0] ?? 0);
      return ids;
    },
    /** A descriptor of the caller's own; throws an Errno. */
    programFdById: (id: number): number => check('BPF_PROG_GET_FD_BY_ID', fdById(id)),
    /** The same, of what is pinned there, be it a program or not. */
    pinnedFd: (path: string): number => check('BPF_OBJ_GET', fdByPath(path)),
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
  };
}

export type Loaded = ReturnType<typeof openLoaded>;
