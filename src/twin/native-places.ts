/** Where what a source names is to be had: maps and globals in the twin's tables, kernel functions in the run time. Pure. */
import { ownVariable, sectionOf, unplaced, type IrModule } from './ir.js';

/** Where BPF keeps a variable: in the only value of a map. */
export interface GlobalPlace {
  readonly map: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Why there is no native twin: a clause. */
export class NotNative extends Error {}

/** A symbol as the source has it. */
export const bare = (symbol: string): string => symbol.slice(1).replaceAll('"', '');

/** What a source is placed by. */
export interface PlacedSource {
  /** Places in the twin's table by the names of maps in the source. */
  readonly maps: ReadonlyMap<string, number>;
  readonly globals: ReadonlyMap<string, GlobalPlace>;
  /** Whether the kernel has a function of that name. */
  readonly hasKernelFunction: (name: string) => boolean;
}

export interface Places {
  readonly renames: Map<string, string>;
  readonly maps: Map<string, number>;
  readonly globals: { symbol: string; definition: string; place: GlobalPlace }[];
  /** Kernel functions by their symbols. */
  readonly kfuncs: Map<string, string>;
  /** Variables that are only declared, by name. */
  readonly declared: Map<string, string>;
  /** Variables whose definitions are not the text's own. */
  readonly outside: Set<string>;
  /** What cannot be had, by symbol. */
  readonly faults: Map<string, string>;
}

export function placesOf(source: PlacedSource, module: IrModule): Places {
  const places: Places = {
    ...{ renames: new Map(), maps: new Map(), globals: [], kfuncs: new Map() },
    ...{ declared: new Map(), outside: new Set(), faults: new Map() },
  };
  for (const [symbol, definition] of module.globals) placeVariable(places, source, symbol, definition);
  for (const [symbol, line] of module.declarations) {
    if (sectionOf(line) !== '.ksyms') continue;
    const name = bare(symbol);
    if (/\bextern_weak\b/.test(line) && !source.hasKernelFunction(name)) continue; // stays NULL
    places.kfuncs.set(symbol, name);
    places.renames.set(symbol, `@kfaas_kfunc_${name}`);
  }
  return places;
}

function placeVariable(places: Places, source: PlacedSource, symbol: string, definition: string): void {
  const name = bare(symbol);
  const section = sectionOf(definition);
  const map = source.maps.get(name);
  const place = source.globals.get(name);
  if (section === '.maps' || section === 'maps') {
    places.outside.add(symbol);
    if (map === undefined) places.faults.set(symbol, `the map ${name}, which libbpf did not create`);
    else {
      places.maps.set(symbol, map);
      places.renames.set(symbol, `@kfaas_map_${String(map)}`);
    }
  } else if (section === '.ksyms') {
    if (definition.startsWith('extern_weak ')) places.declared.set(symbol, unplaced(definition));
    else places.faults.set(symbol, `the kernel's variable ${name}`);
  } else if (section === '.kconfig') {
    if (place === undefined)
      places.faults.set(symbol, `the kernel's configuration (${name}), which libbpf did not place`);
    else {
      const zeros = `hidden global [${String(place.bytes)} x i8] zeroinitializer, align 8`;
      places.globals.push({ symbol, definition: zeros, place });
    }
  } else if (place !== undefined) {
    const variable = ownVariable(definition).replace(/^internal (?:constant|global) /, 'hidden global ');
    places.globals.push({ symbol, definition: variable, place });
  }
}
