/**
 * Where an object's BTF (https://docs.kernel.org/bpf/btf.html) says that variables lie in their sections, of which
 * libbpf makes maps. Pure.
 */
import { readBtf } from '../load/btf.js';

export interface Variable {
  readonly name: string;
  /** In its section. */
  readonly offset: number;
  readonly bytes: number;
  readonly isVolatile: boolean;
}

/** By section, such as `.bss`. */
export type Sections = ReadonlyMap<string, readonly Variable[]>;

const kinds = { ARRAY: 3, TYPEDEF: 8, VOLATILE: 9, CONST: 10, RESTRICT: 11, DATASEC: 15, TYPE_TAG: 18 } as const;
const modifiers: readonly number[] = [kinds.TYPEDEF, kinds.CONST, kinds.RESTRICT, kinds.TYPE_TAG];

/** Throws a RangeError where it is cut off. */
export function readSections(btf: Buffer): Sections {
  const { types, strings } = readBtf(btf);
  const typeOf = (id: number): Buffer => types[id - 1] ?? Buffer.alloc(12); // type 0 is void
  const nameOf = (type: Buffer): string => {
    const at = type.readUInt32LE(0);
    return strings.data.toString('utf8', at, strings.data.indexOf(0, at));
  };
  const isVolatile = (id: number): boolean => {
    const type = typeOf(id);
    const kind = kindOf(type);
    if (kind === kinds.ARRAY) return isVolatile(type.readUInt32LE(12));
    return kind === kinds.VOLATILE || (modifiers.includes(kind) && isVolatile(type.readUInt32LE(8)));
  };
  const variables = (section: Buffer): Variable[] =>
    Array.from({ length: (section.length - 12) / 12 }, (_, i) => {
      const at = 12 + i * 12;
      const variable = typeOf(section.readUInt32LE(at));
      return {
        name: nameOf(variable),
        offset: section.readUInt32LE(at + 4),
        bytes: section.readUInt32LE(at + 8),
        isVolatile: isVolatile(variable.readUInt32LE(8)),
      };
    });
  const sections = types.filter((type) => kindOf(type) === kinds.DATASEC);
  return new Map(sections.map((section) => [nameOf(section), variables(section)]));
}

function kindOf(type: Buffer): number {
  return (type.readUInt32LE(4) >>> 24) & 31;
}
