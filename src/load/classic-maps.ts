/**
 * Maps of the kind that libbpf gave up with 1.0: symbols in a section `maps`, each of them numbers of 32 bits. What
 * `struct bpf_map_def` (libbpf), `struct bpf_elf_map` (iproute2) and aya's `#[map]` write there begins alike. Pure.
 */
import { addMaps, definitionBytes, emptyBtf, forgetSection, readBtf, writeBtf, type MapDefinition } from './btf.js';
import { addSection, symbolsOf, symbolTypes, type ElfFile, type ElfSymbol } from './elf.js';

/** Old versions of aya and gobpf give each map a section `maps/NAME`. */
const isOfMaps = (section: string): boolean => section === 'maps' || section.startsWith('maps/');

const fieldNames = ['type', 'key_size', 'value_size', 'max_entries', 'map_flags'] as const;

/** `enum bpf_map_type`. */
const mapsOfMaps: ReadonlySet<number> = new Set([12, 13]);

/** A map that cannot be made a new one; the message is a clause about it. */
export class NoSuchMap extends Error {}

export function hasClassicMaps({ sections }: ElfFile): boolean {
  return sections.some(({ name }) => isOfMaps(name));
}

/**
 * Turns them into what `SEC(".maps")` is compiled to: the symbols stay, and so do the relocations that name them.
 * @throws NoSuchMap, or a RangeError where the file is broken
 */
export function renewMaps(elf: ElfFile): void {
  const old = elf.sections.flatMap(({ name }, index) => (isOfMaps(name) ? [index] : []));
  const symbols = symbolsOf(elf).filter(({ section, type, name }) => {
    return old.includes(section) && type !== symbolTypes.section && name !== '';
  });
  const maps = symbols.map((symbol) => ({ symbol, definition: definitionOf(elf, symbol, symbols) }));

  const [first = 0] = old;
  const section = elf.sections[first];
  if (section === undefined || maps.length === 0) return;
  const btf = elf.sections.find(({ name }) => name === '.BTF');
  const types = btf === undefined ? emptyBtf() : readBtf(btf.data);
  for (const index of old) forgetSection(types, elf.sections[index]?.name ?? '');
  const definitions = maps.map(({ definition }) => definition);
  addMaps(types, definitions);
  if (btf === undefined) addSection(elf, '.BTF', writeBtf(types));
  else btf.data = writeBtf(types);

  let end = 0;
  for (const { symbol, definition } of maps) {
    const bytes = definitionBytes(definition);
    symbol.place({ section: first, value: end, bytes });
    end += bytes;
  }
  section.name = '.maps';
  section.data = Buffer.alloc(end);
}

function definitionOf(elf: ElfFile, symbol: ElfSymbol, all: readonly ElfSymbol[]): MapDefinition {
  const data = elf.sections[symbol.section]?.data ?? Buffer.alloc(0);
  // Old compilers give such symbols no size; their maps are of one kind then.
  const alike = all.filter(({ section }) => section === symbol.section).length;
  const bytes = symbol.bytes || Math.floor(data.length / alike);
  if (bytes < fieldNames.length * 4) throw new NoSuchMap(`its map ${symbol.name} has ${String(bytes)} bytes, not 20`);
  const word = (i: number): number => data.readUInt32LE(symbol.value + i * 4);
  if (mapsOfMaps.has(word(0))) {
    throw new NoSuchMap(`its map ${symbol.name} is a map of maps, of which the section \`maps\` tells too little`);
  }
  return { name: symbol.name, fields: fieldNames.map((name, i) => [name, word(i)] as const) };
}
