/** What is loaded on this machine, whoever loaded it. */
import { check, loadLibbpf, declare } from './library.js';
import { maps } from './maps.js';

/** What is loaded on this machine, with nothing but libbpf. Throws a KfaasError. */
export function openLoaded() {
  const bpf = loadLibbpf();
  const nextId = declare<(id: number, next: number[]) => number>(
    bpf,
    'int bpf_prog_get_next_id(uint32_t id, _Out_ uint32_t *next)',
  );
  const fdById = declare<(id: number) => number>(bpf, 'int bpf_prog_get_fd_by_id(uint32_t id)');
  const fdByPath = declare<(path: string) => number>(bpf, 'int bpf_obj_get(const char *path)');
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
  };
}

export type Loaded = ReturnType<typeof openLoaded>;
