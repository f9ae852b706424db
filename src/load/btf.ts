/** BTF, the type format of eBPF (https://docs.kernel.org/bpf/btf.html), as far as maps are written in it. Pure. */
import { nameOffset } from './elf.js';

const HEADER_BYTES = 24;
const kinds = { INT: 1, PTR: 2, ARRAY: 3, STRUCT: 4, FWD: 7, VAR: 14, DATASEC: 15 } as const;

/** Bytes behind the common 12 of a type, by its kind: a fixed number, or for each of its members. */
const fixedBytes: Record<number, number> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const memberBytes: Record<number, number> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

export interface Btf {
  /** Type 1 comes first; type 0 is void. */
  readonly types: Buffer[];
  /** Zero-terminated, the first one empty. */
  readonly strings: { data: Buffer };
}

export const emptyBtf = (): Btf => ({ types: [], strings: { data: Buffer.alloc(1) } });

/** Throws a RangeError where it is cut off. */
export function readBtf(section: Buffer): Btf {
  const headerBytes = section.readUInt32LE(4);
  const part = (at: number): Buffer => {
    const start = headerBytes + section.readUInt32LE(at);
    return section.subarray(start, start + section.readUInt32LE(at + 4));
  };
  const types: Buffer[] = [];
  for (let rest = part(8); rest.length > 0;) {
    const info = rest.readUInt32LE(4);
    const kind = (info >>> 24) & 31;
    const bytes = 12 + (fixedBytes[kind] ?? (memberBytes[kind] ?? 0) * (info & 0xffff));
    types.push(Buffer.from(rest.subarray(0, bytes)));
    rest = rest.subarray(bytes);
  }
  return { types, strings: { data: Buffer.from(part(16)) } };
}

export function writeBtf({ types, strings }: Btf): Buffer {
  const body = Buffer.concat(types);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2); // version
  header.writeUInt32LE(HEADER_BYTES, 4);
  header.writeUInt32LE(body.length, 12);
  header.writeUInt32LE(body.length, 16);
  header.writeUInt32LE(strings.data.length, 20);
  return Buffer.concat([header, body, strings.data]);
}

/** What a map is made of: the fields that libbpf reads of a definition in BTF, such as `max_entries`. */
export interface MapDefinition {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, value: number])[];
}

/** Bytes of such a definition in its section: a pointer for each field. */
export const definitionBytes = ({ fields }: MapDefinition): number => fields.length * 8;

/** Adds the types of `.maps`, in the order of the section: what `SEC(".maps")` in C has clang write. */
export function addMaps(btf: Btf, maps: readonly MapDefinition[]): void {
  const add = (kind: number, name: string, members: number, sizeOrType: number, rest: readonly number[]): number => {
    const type = Buffer.alloc(12 + rest.length * 4);
    [nameOffset(btf.strings, name), (kind << 24) | members, sizeOrType, ...rest].forEach((word, i) => {
      type.writeUInt32LE(word, i * 4);
    });
    return btf.types.push(type);
  };
  const int = add(kinds.INT, 'int', 0, 4, [(1 << 24) | 32]); // signed, 32 bits
  let offset = 0;
  const variables = maps.flatMap((map) => {
    const members = map.fields.flatMap(([name, value], i) => {
      const array = add(kinds.ARRAY, '', 0, 0, [int, int, value]);
      const pointer = add(kinds.PTR, '', 0, array, []);
      return [nameOffset(btf.strings, name), pointer, i * 64];
    });
    const definition = add(kinds.STRUCT, '', map.fields.length, definitionBytes(map), members);
    const variable = add(kinds.VAR, map.name, 0, definition, [1]); // global
    offset += definitionBytes(map);
    return [variable, offset - definitionBytes(map), definitionBytes(map)];
  });
  add(kinds.DATASEC, '.maps', maps.length, offset, variables);
}

/** Leaves something of no consequence in the place of the types of a section: numbers of types stay as they are. */
export function forgetSection(btf: Btf, section: string): void {
  const name = nameOffset(btf.strings, section);
  for (const [i, type] of btf.types.entries()) {
    if (type.readUInt32LE(4) >>> 24 !== kinds.DATASEC || type.readUInt32LE(0) !== name) continue;
    const forward = Buffer.alloc(12);
    forward.writeUInt32LE(nameOffset(btf.strings, 'kfaas_forgotten'), 0);
    forward.writeUInt32LE(kinds.FWD << 24, 4);
    btf.types[i] = forward;
  }
}
