/** Types of maps' keys and values, from an object's BTF (https://docs.kernel.org/bpf/btf.html). Pure. */
import { readBtf } from './btf.js';

const kinds = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

export interface Scalar {
  readonly kind: 'number';
  readonly bytes: number;
  readonly isSigned: boolean;
  /** By a typedef of the kernel's, such as `__be16`: a number stands for its bytes in network order. */
  readonly isBigEndian: boolean;
  readonly isChar: boolean;
  /** Of an enumeration. */
  readonly names?: ReadonlyMap<string, bigint>;
}
interface Member {
  readonly name: string;
  readonly offset: number;
  readonly type: Type;
}
export type Type =
  | Scalar
  | { readonly kind: 'array'; readonly bytes: number; readonly count: number; readonly of: Type }
  | { readonly kind: 'struct'; readonly bytes: number; readonly members: readonly Member[]; readonly hasUnion: boolean }
  | { readonly kind: 'union'; readonly bytes: number; readonly members: readonly Member[] }
  /** What no number, text or list stands for; a clause why. */
  | { readonly kind: 'opaque'; readonly bytes: number; readonly why: string };

/** A type of no BTF: so many bytes, which a number stands for where they are 1, 2, 4 or 8. */
export function untyped(bytes: number): Type {
  if (![1, 2, 4, 8].includes(bytes)) return { kind: 'opaque', bytes, why: 'the object does not tell its type' };
  return { kind: 'number', bytes, isSigned: false, isBigEndian: false, isChar: false };
}

/** Reads a type of an object's BTF by its number. Throws a RangeError where the BTF is cut off. */
export function typeReader(section: Buffer): (id: number) => Type {
  const { types, strings } = readBtf(section);
  const nameAt = (offset: number): string => strings.data.toString('utf8', offset, strings.data.indexOf(0, offset));

  function read(id: number, isBigEndian = false): Type {
    const type = types[id - 1];
    if (type === undefined) return { kind: 'opaque', bytes: 0, why: 'it has no type' };
    const info = type.readUInt32LE(4);
    const [kind, count, flag] = [(info >>> 24) & 31, info & 0xffff, info >>> 31 === 1];
    const sizeOrType = type.readUInt32LE(8);
    const name = nameAt(type.readUInt32LE(0));
    switch (kind) {
      case kinds.TYPEDEF:
      case kinds.VOLATILE:
      case kinds.CONST:
      case kinds.RESTRICT:
      case kinds.TYPE_TAG:
        return read(sizeOrType, isBigEndian || /^__be(16|32|64)$/.test(name));
      case kinds.INT:
        return scalar(sizeOrType, ((type.readUInt32LE(12) >>> 24) & 1) === 1, isBigEndian, name === 'char');
      case kinds.ENUM:
      case kinds.ENUM64:
        return { ...scalar(sizeOrType, flag, isBigEndian, false), names: namesOf(type, count, kind, flag) };
      case kinds.ARRAY: {
        const of = read(type.readUInt32LE(12));
        const length = type.readUInt32LE(20);
        return { kind: 'array', bytes: length * of.bytes, count: length, of };
      }
      case kinds.STRUCT: {
        const members = membersOf(type, count, flag);
        if (typeof members === 'string') return { kind: 'opaque', bytes: sizeOrType, why: members };
        return { kind: 'struct', bytes: sizeOrType, ...flattened(members) };
      }
      case kinds.UNION: {
        const members = membersOf(type, count, flag);
        if (typeof members === 'string') return { kind: 'opaque', bytes: sizeOrType, why: members };
        return { kind: 'union', bytes: sizeOrType, members: flattened(members).members };
      }
      case kinds.PTR:
        return { kind: 'opaque', bytes: 8, why: 'it holds a pointer' };
      default:
        return { kind: 'opaque', bytes: sizeOrType, why: `BTF has it as kind ${String(kind)}` };
    }
  }

  function namesOf(type: Buffer, count: number, kind: number, isSigned: boolean): Map<string, bigint> {
    const bytes = kind === kinds.ENUM ? 8 : 12;
    return new Map(
      Array.from({ length: count }, (_, i) => {
        const at = 12 + i * bytes;
        const low = isSigned && kind === kinds.ENUM ? type.readInt32LE(at + 4) : type.readUInt32LE(at + 4);
        const high =
          kind === kinds.ENUM64 ? BigInt(isSigned ? type.readInt32LE(at + 8) : type.readUInt32LE(at + 8)) : 0n;
        return [nameAt(type.readUInt32LE(at)), BigInt(low) + (high << 32n)];
      }),
    );
  }

  /** A clause where there is a bit field. */
  function membersOf(type: Buffer, count: number, hasBitSizes: boolean): Member[] | string {
    const members: Member[] = [];
    for (let at = 12; at < 12 + count * 12; at += 12) {
      const name = nameAt(type.readUInt32LE(at));
      const bits = type.readUInt32LE(at + 8);
      if ((hasBitSizes && bits >>> 24 !== 0) || (bits & 7) !== 0) return `${name} is a bit field`;
      members.push({ name, offset: (hasBitSizes ? bits & 0xffffff : bits) / 8, type: read(type.readUInt32LE(at + 4)) });
    }
    return members;
  }

  return (id) => read(id);
}

function scalar(bytes: number, isSigned: boolean, isBigEndian: boolean, isChar: boolean): Scalar {
  return { kind: 'number', bytes, isSigned, isBigEndian: isBigEndian && bytes > 1, isChar };
}

/** Members of structures and unions without a name are those of what they are in. */
function flattened(members: readonly Member[]): { members: Member[]; hasUnion: boolean } {
  let hasUnion = false;
  const all = members.flatMap((member): Member[] => {
    if (member.type.kind === 'union' || (member.type.kind === 'struct' && member.type.hasUnion)) hasUnion = true;
    const isInside = member.name === '' && (member.type.kind === 'struct' || member.type.kind === 'union');
    if (!isInside) return [member];
    return member.type.members.map((inner) => ({ ...inner, offset: member.offset + inner.offset }));
  });
  return { members: all, hasUnion };
}
