/** Relocatable ELF files of 64 bits, little-endian (elf(5)): taken apart, changed, put together again. Pure. */

/** Offsets in a section's header and in a symbol, and what stands there, as elf.h names them. */
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;

export const symbolTypes = { object: 1, function: 2, section: 3 } as const;

export interface Section {
  /** `sh_*` as they are in the file; offset, size and name are written anew. */
  readonly header: Buffer;
  name: string;
  data: Buffer;
}

/** A view of the symbol table: what is set here is written to the file. */
export interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  readonly bytes: number;
  /** Of the section that defines it; 0 where none does. */
  readonly section: number;
  readonly value: number;
  place(at: { readonly section: number; readonly value: number; readonly bytes: number }): void;
  /** What is not defined elsewhere is then 0. */
  weaken(): void;
}

export interface ElfFile {
  /** `Elf64_Ehdr`. */
  readonly header: Buffer;
  /** By their number; the first is the null section. */
  readonly sections: Section[];
}

/** Throws a RangeError where it is cut off. */
export function readElf(file: Buffer): ElfFile {
  const header = Buffer.from(file.subarray(0, 64));
  const table = Number(header.readBigUInt64LE(0x28)); // e_shoff
  const count = header.readUInt16LE(0x3c); // e_shnum
  const sections = Array.from({ length: count }, (_, i): Section => {
    const start = table + i * SECTION_BYTES;
    if (start + SECTION_BYTES > file.length) throw new RangeError('the section table is cut off');
    const section = Buffer.from(file.subarray(start, start + SECTION_BYTES));
    const offset = Number(section.readBigUInt64LE(0x18));
    const bytes = section.readUInt32LE(4) === SHT_NOBITS ? 0 : Number(section.readBigUInt64LE(0x20));
    if (offset + bytes > file.length) throw new RangeError('a section is cut off');
    return { header: section, name: '', data: Buffer.from(file.subarray(offset, offset + bytes)) };
  });
  const names = sections[header.readUInt16LE(0x3e)]?.data ?? Buffer.alloc(0); // e_shstrndx
  for (const section of sections) section.name = stringAt(names, section.header.readUInt32LE(0));
  return { header, sections };
}

export function writeElf({ header, sections }: ElfFile): Buffer {
  const strings = sections[header.readUInt16LE(0x3e)];
  if (strings === undefined) throw new RangeError('there is no table of section names');
  for (const section of sections) section.header.writeUInt32LE(nameOffset(strings, section.name), 0);
  const parts: Buffer[] = [header];
  let end = header.length;
  for (const section of sections.slice(1)) {
    const isEmpty = section.header.readUInt32LE(4) === SHT_NOBITS;
    section.header.writeBigUInt64LE(BigInt(end), 0x18);
    if (isEmpty) continue;
    section.header.writeBigUInt64LE(BigInt(section.data.length), 0x20);
    const padding = Buffer.alloc(-section.data.length & 15); // no section of an object for eBPF wants more
    parts.push(section.data, padding);
    end += section.data.length + padding.length;
  }
  header.writeBigUInt64LE(BigInt(end), 0x28);
  header.writeUInt16LE(sections.length, 0x3c);
  return Buffer.concat([...parts, ...sections.map((section) => section.header)]);
}

/** A new section of type SHT_PROGBITS, the last. */
export function addSection(elf: ElfFile, name: string, data: Buffer): void {
  const header = Buffer.alloc(SECTION_BYTES);
  header.writeUInt32LE(1, 4);
  header.writeBigUInt64LE(8n, 0x30); // sh_addralign
  elf.sections.push({ header, name, data });
}

export function symbolsOf({ sections }: ElfFile): ElfSymbol[] {
  const table = sections.find(({ header }) => header.readUInt32LE(4) === SHT_SYMTAB);
  if (table === undefined) return [];
  const names = sections[table.header.readUInt32LE(0x28)]?.data ?? Buffer.alloc(0); // sh_link
  return Array.from({ length: Math.floor(table.data.length / SYMBOL_BYTES) }, (_, i) => {
    return symbolAt(table.data.subarray(i * SYMBOL_BYTES, (i + 1) * SYMBOL_BYTES), names);
  });
}

function symbolAt(symbol: Buffer, names: Buffer): ElfSymbol {
  return {
    name: stringAt(names, symbol.readUInt32LE(0)),
    type: symbol.readUInt8(4) & 15,
    section: symbol.readUInt16LE(6),
    value: Number(symbol.readBigUInt64LE(8)),
    bytes: Number(symbol.readBigUInt64LE(16)),
    place({ section, value, bytes }) {
      symbol.writeUInt16LE(section, 6);
      symbol.writeBigUInt64LE(BigInt(value), 8);
      symbol.writeBigUInt64LE(BigInt(bytes), 16);
    },
    weaken() {
      symbol.writeUInt8((2 << 4) | (symbol.readUInt8(4) & 15), 4); // STB_WEAK
    },
  };
}

/** What of a section refers to symbols (`.relNAME`, `Elf64_Rel`): where, and to which by its number. */
export function relocationsOf({ sections }: ElfFile, section: string): { offset: number; symbol: number }[] {
  const table = sections.find(({ name }) => name === `.rel${section}`)?.data ?? Buffer.alloc(0);
  return Array.from({ length: Math.floor(table.length / 16) }, (_, i) => ({
    offset: Number(table.readBigUInt64LE(i * 16)),
    symbol: table.readUInt32LE(i * 16 + 12),
  }));
}

function stringAt(strings: Buffer, offset: number): string {
  return strings.toString('utf8', offset, strings.indexOf(0, offset));
}

/** Where a string stands in a string table, to which it is added where it does not. */
export function nameOffset(strings: { data: Buffer }, name: string): number {
  const found = strings.data.indexOf(`\0${name}\0`);
  if (name === '') return 0;
  if (found >= 0) return found + 1;
  const offset = strings.data.length;
  strings.data = Buffer.concat([strings.data, Buffer.from(`${name}\0`)]);
  return offset;
}
