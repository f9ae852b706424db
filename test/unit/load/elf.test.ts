import { describe, expect, it } from 'vitest';
import { addMaps, emptyBtf, forgetSection, readBtf, writeBtf } from '../../../src/load/btf.js';
import { addSection, nameOffset, readElf, writeElf, type ElfFile } from '../../../src/load/elf.js';
import { elfHeader } from '../../helpers/elf.js';

function fileOf(sections: ElfFile['sections']): ElfFile {
  const header = elfHeader(247);
  header.writeUInt16LE(1, 0x3e); // the names are in the first section behind the null section
  return { header, sections };
}

const section = (name: string, type: number, data: Buffer) => {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(type, 4);
  return { header, name, data };
};

describe('an ELF file', () => {
  const elf = fileOf([
    section('', 0, Buffer.alloc(0)),
    section('.strtab', 3, Buffer.from('\0.strtab\0')),
    section('code', 1, Buffer.from('12345')),
  ]);
  addSection(elf, '.BTF', Buffer.from('types'));

  it('is read as it was written, with what was added', () => {
    const again = readElf(writeElf(elf));
    expect(again.sections.map(({ name }) => name)).toEqual(['', '.strtab', 'code', '.BTF']);
    expect(again.sections.map(({ data }) => data.toString()).slice(2)).toEqual(['12345', 'types']);
    expect(writeElf(again)).toEqual(writeElf(elf));
  });

  it('that is cut off anywhere is no file', () => {
    const file = writeElf(elf);
    for (const end of [file.length - 1, file.length - 64, 80]) {
      expect(() => readElf(file.subarray(0, end))).toThrow(RangeError);
    }
  });

  it('keeps names of its own, and adds only new ones', () => {
    const strings = { data: Buffer.from('\0maps\0license\0') };
    expect([nameOffset(strings, ''), nameOffset(strings, 'license'), nameOffset(strings, 'maps')]).toEqual([0, 6, 1]);
    expect(nameOffset(strings, 'aps')).toBe(14); // names inside of others are not looked for
    expect(strings.data.toString()).toBe('\0maps\0license\0aps\0');
  });
});

describe('types in BTF', () => {
  it('are read as they were written, and lose a section without being counted anew', () => {
    const btf = emptyBtf();
    addMaps(btf, [{ name: 'counts', fields: [['type', 2]] }]);
    const kinds = (types: readonly Buffer[]) => types.map((type) => (type.readUInt32LE(4) >>> 24) & 31);
    expect(kinds(btf.types)).toEqual([1, 3, 2, 4, 14, 15]); // int, array, pointer, struct, variable, section
    const again = readBtf(writeBtf(btf));
    expect(again.types).toEqual(btf.types);
    expect(again.strings.data).toEqual(btf.strings.data);
    forgetSection(again, '.maps');
    expect(kinds(again.types)).toEqual([1, 3, 2, 4, 14, 7]);
  });
});
