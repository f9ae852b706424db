/**
 * What the kernel keeps in values of maps and in objects that programs allocate, beside bytes: locks, timers, pointers to
 * objects, lists, trees (`struct btf_record` of include/linux/bpf.h). Programs reach it by helpers alone. Pure.
 */
import type { Btf } from '../load/btf.js';

export interface SpecialField {
  readonly offset: number;
  readonly bytes: number;
  /** What goes with it when it goes. */
  readonly holds: 'nothing' | 'object' | 'list' | 'tree';
}

/** An object that a program may allocate, by its type's number in the program's BTF. */
export interface ObjectType {
  readonly id: number;
  readonly bytes: number;
  readonly fields: readonly SpecialField[];
}

const kinds = { PTR: 2, ARRAY: 3, STRUCT: 4, TYPEDEF: 8, VOLATILE: 9, CONST: 10, VAR: 14, DATASEC: 15, TYPE_TAG: 18 };

/** By name: `enum btf_field_type`, whose order is that of the bits. */
const structs: ReadonlyMap<string, SpecialField['holds']> = new Map([
  ...['bpf_spin_lock', 'bpf_res_spin_lock', 'bpf_timer', 'bpf_wq', 'bpf_task_work', 'bpf_refcount'].map(
    (name) => [name, 'nothing'] as const,
  ),
  ...['bpf_list_node', 'bpf_rb_node'].map((name) => [name, 'nothing'] as const),
  ['bpf_list_head', 'list'],
  ['bpf_rb_root', 'tree'],
]);

/** By the tag of the type that is pointed to. */
const pointers: ReadonlyMap<string, SpecialField['holds']> = new Map([
  ['kptr_untrusted', 'nothing'],
  ['kptr', 'object'],
  ['percpu_kptr', 'object'],
]);

const POINTER_BYTES = 8;
/** `BTF_FIELDS_MAX`: the kernel takes no more of them, and nothing nests deeper than this. */
const MOST_FIELDS = 11;
const DEEPEST = 16;

/** In the order of the type's members; none of a type that the BTF has not. */
export function specialFields(btf: Btf, id: number): SpecialField[] {
  return fieldsAt(btf, id, 0, DEEPEST);
}

/** Undefined for what is no structure. */
export function objectType(btf: Btf, id: number): ObjectType | undefined {
  const type = btf.types[id - 1];
  if (type === undefined || kindOf(type) !== kinds.STRUCT) return undefined;
  return { id, bytes: type.readUInt32LE(8), fields: specialFields(btf, id) };
}

/** With zeros for what only the kernel reads. */
export function withoutSpecial(value: Buffer, fields: readonly SpecialField[]): Buffer {
  if (fields.length === 0) return value;
  const plain = Buffer.from(value);
  for (const { offset, bytes } of fields) plain.fill(0, offset, offset + bytes);
  return plain;
}

const kindOf = (type: Buffer): number => (type.readUInt32LE(4) >>> 24) & 31;

function nameOf({ strings }: Btf, type: Buffer): string {
  const at = type.readUInt32LE(0);
  return strings.data.toString('latin1', at, strings.data.indexOf(0, at));
}

function fieldsAt(btf: Btf, id: number, offset: number, depth: number): SpecialField[] {
  const type = btf.types[id - 1];
  if (type === undefined || depth === 0) return [];
  const of = type.readUInt32LE(8);
  switch (kindOf(type)) {
    case kinds.TYPEDEF:
    case kinds.VOLATILE:
    case kinds.CONST:
    case kinds.VAR:
      return fieldsAt(btf, of, offset, depth - 1);
    case kinds.PTR: {
      const pointed = btf.types[of - 1];
      if (pointed === undefined || kindOf(pointed) !== kinds.TYPE_TAG) return [];
      const holds = pointers.get(nameOf(btf, pointed));
      return holds === undefined ? [] : [{ offset, bytes: POINTER_BYTES, holds }];
    }
    case kinds.STRUCT: {
      const holds = structs.get(nameOf(btf, type));
      return holds === undefined ? membersOf(btf, type, offset, depth) : [{ offset, bytes: of, holds }];
    }
    case kinds.DATASEC:
      return entries(type).flatMap(([variable, at]) => fieldsAt(btf, variable, offset + at, depth - 1));
    case kinds.ARRAY:
      return elementsOf(btf, type, offset, depth);
    default:
      return [];
  }
}

function entries(type: Buffer): [first: number, second: number][] {
  const count = type.readUInt32LE(4) & 0xffff;
  return Array.from({ length: count }, (_, i) => [type.readUInt32LE(12 + 12 * i), type.readUInt32LE(16 + 12 * i)]);
}

/** `struct btf_member`: name, type, offset in bits (the highest eight are a bit field's size where the type says so). */
function membersOf(btf: Btf, type: Buffer, offset: number, depth: number): SpecialField[] {
  const count = type.readUInt32LE(4) & 0xffff;
  const hasBitFields = type.readUInt32LE(4) >>> 31 === 1;
  return Array.from({ length: count }, (_, i) => {
    const [member, bits] = [type.readUInt32LE(16 + 12 * i), type.readUInt32LE(20 + 12 * i)];
    return fieldsAt(btf, member, offset + (hasBitFields ? bits & 0xffffff : bits) / 8, depth - 1);
  }).flat();
}

/** `struct btf_array`: type, type of the index, count. */
function elementsOf(btf: Btf, type: Buffer, offset: number, depth: number): SpecialField[] {
  const [element, count] = [type.readUInt32LE(12), type.readUInt32LE(20)];
  const first = fieldsAt(btf, element, 0, depth - 1);
  if (first.length === 0) return [];
  const bytes = sizeOf(btf, element);
  return Array.from({ length: Math.min(count, MOST_FIELDS) }, (_, i) =>
    first.map((field) => ({ ...field, offset: offset + i * bytes + field.offset })),
  ).flat();
}

/** Of what has a special field in it. */
function sizeOf(btf: Btf, id: number): number {
  const type = btf.types[id - 1];
  if (type === undefined) return 0;
  if (kindOf(type) === kinds.PTR) return POINTER_BYTES;
  if (kindOf(type) === kinds.STRUCT) return type.readUInt32LE(8);
  if (kindOf(type) === kinds.ARRAY) return sizeOf(btf, type.readUInt32LE(12)) * type.readUInt32LE(20);
  return sizeOf(btf, type.readUInt32LE(8));
}
