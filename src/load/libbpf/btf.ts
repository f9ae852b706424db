/** BTF in the hands of libbpf. */
import { type Handle, declare, bytesAt, uint32At, type LibraryHandle } from './library.js';

/** All of a BTF in the hands of libbpf. */
export function btfReader(bpf: LibraryHandle): (btf: Handle) => Buffer {
  const rawBtf = declare<(btf: Handle, bytes: number[]) => Handle>(
    bpf,
    'void *btf__raw_data(void *btf, _Out_ uint32_t *bytes)',
  );
  return (btf) => {
    const bytes = [0];
    const data = rawBtf(btf, bytes);
    return bytesAt(data, bytes[0] ?? 0);
  };
}

/** What a type of some BTF is called; undefined where there is none of this id. */
export function typeNameIn(bpf: LibraryHandle): (btf: Handle, id: number) => string | undefined {
  const typeById = declare<(btf: Handle, id: number) => Handle | null>(
    bpf,
    'void *btf__type_by_id(void *btf, uint32_t id)',
  );
  const nameAt = declare<(btf: Handle, offset: number) => string | null>(
    bpf,
    'const char *btf__name_by_offset(void *btf, uint32_t offset)',
  );
  return (btf, id) => {
    const type = typeById(btf, id);
    // `struct btf_type` begins with name_off.
    return type === null ? undefined : (nameAt(btf, uint32At(type)) ?? undefined);
  };
}

/** The same of BTF that the kernel holds, by its number; all undefined where there is none. */
export function kernelTypeNames(bpf: LibraryHandle) {
  const load = declare<(id: number) => Handle | null>(bpf, 'void *btf__load_from_kernel_by_id(uint32_t id)');
  const free = declare<(btf: Handle) => void>(bpf, 'void btf__free(void *btf)');
  const nameOfType = typeNameIn(bpf);
  return (btfId: number, types: readonly number[]): (string | undefined)[] => {
    const btf = btfId === 0 ? null : load(btfId);
    if (btf === null) return types.map(() => undefined);
    const names = types.map((type) => nameOfType(btf, type));
    free(btf);
    return names;
  };
}
