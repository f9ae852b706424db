/** A loaded object as a twin needs it: its programs as the kernel got them, and its maps with what they hold. */
import { closeSync } from 'node:fs';
import { emptyBtf, readBtf, type Btf } from '../load/btf.js';
import type { Handle, Libbpf, MapInfo, RecordedProgram } from '../load/libbpf.js';
import { missingKernelFunction, neededProgram } from '../load/libbpf-messages.js';
import { fillMaps, type Filling } from '../load/map-contents.js';
import { openObject } from '../load/open-object.js';
import { CALL, decode } from './bytecode.js';
import { readElements, type KernelElement } from './elements.js';
import { helperNumber } from './helpers.js';
import { mapKind } from './map-kinds.js';
import { specialFields, type SpecialField } from './special-fields.js';

export interface TwinnedProgram {
  readonly name: string;
  /** `enum bpf_prog_type`. */
  readonly type: number;
  readonly fd: number;
  /** The kernel's number. */
  readonly id: number;
  readonly recorded: RecordedProgram;
  /** In the order of their slots; none where the object was compiled without -g. */
  readonly lines: readonly SourceLine[];
  /** As `lines`. */
  readonly functions: readonly NamedFunction[];
}

export interface NamedFunction {
  /** That it starts at. */
  readonly slot: number;
  readonly name: string;
}

/** Where the instructions from a slot on, up to the next such place, come from. */
export interface SourceLine {
  readonly slot: number;
  /** As the compiler was given it. */
  readonly file: string;
  readonly line: number;
  /** What is written there; undefined where the object does not hold it. */
  readonly text: string | undefined;
}

export interface TwinnedMap {
  readonly name: string;
  readonly fd: number;
  readonly info: MapInfo;
  /** Of a value. */
  readonly fields: readonly SpecialField[];
  /** Stands in other maps alone. */
  readonly isInner?: true;
}

export interface TwinnedObject {
  /** The one that is meant comes first; behind it what it may tail-call. */
  readonly programs: readonly TwinnedProgram[];
  /** With the maps that are only in other maps. */
  readonly maps: readonly TwinnedMap[];
  /** The object's types, as libbpf has them after the load; absent where it has none. */
  readonly btf: Buffer | undefined;
  /** The same, read. */
  readonly types: Btf;
  close(): void;
}

/**
 * Loads the program: alone, or with the others of its type where it may go to them by a tail call and none is refused;
 * and with what a map of programs wants. Throws an Errno where the program itself is refused, a KfaasError (usage) where its
 * maps cannot be filled.
 */
export function loadTwinned(libbpf: Libbpf, path: string, program: string, filling?: Filling): TwinnedObject {
  const load = (isWithItsType: boolean): TwinnedObject =>
    loadFilled(libbpf, path, program, { isWithItsType, others: [], lacking: [] }, filling);
  const alone = load(false);
  if (!alone.programs.some(mayTailCall)) return alone;
  try {
    const together = load(true);
    alone.close();
    return together;
  } catch {
    return alone;
  }
}

const TAIL_CALL = helperNumber('tail_call');

function mayTailCall({ recorded }: TwinnedProgram): boolean {
  return decode(recorded.insns).some(({ code, src, imm }) => code === CALL && src === 0 && imm === TAIL_CALL);
}

interface Company {
  /** Loaded along. */
  readonly isWithItsType: boolean;
  /** Programs that libbpf asks for, by name. */
  readonly others: readonly string[];
  /** Functions that the kernel has not, and that other programs of the object may call. */
  readonly lacking: readonly string[];
}

function loadFilled(
  libbpf: Libbpf,
  path: string,
  program: string,
  company: Company,
  filling: Filling | undefined,
): TwinnedObject {
  const { isWithItsType, others, lacking } = company;
  const object = openObject(libbpf, { object: path, source: path, lacking });
  const inner: number[] = [];
  const close = (): void => {
    for (const fd of inner) closeSync(fd);
    libbpf.closeObject(object);
  };
  try {
    const all = libbpf.programsOf(object);
    const chosen = all.find((each) => libbpf.programName(each) === program);
    if (chosen === undefined) throw new Error(`there is no program ${program} in ${path}`);
    const type = libbpf.programType(chosen);
    const isOfType = (each: Handle): boolean => libbpf.programType(each) === type;
    const loaded = all.filter(
      (each) => each === chosen || (isWithItsType && isOfType(each)) || others.includes(libbpf.programName(each)),
    );
    const wanted = loaded.filter(isOfType);
    for (const each of all) libbpf.setAutoload(each, loaded.includes(each));
    libbpf.loadObject(object);
    if (filling !== undefined) fillMaps(libbpf, object, program, filling);
    const ordered = [chosen, ...wanted.filter((each) => each !== chosen)];
    const btf = libbpf.objectBtf(object);
    const types = btf === undefined ? emptyBtf() : readBtf(btf);
    const maps = libbpf.mapsOf(object).flatMap((map) => describe(libbpf, types, map));
    return {
      programs: ordered.map((each) => programOf(libbpf, object, each)),
      maps: [...maps, ...innerMaps(libbpf, types, maps, inner)],
      ...{ btf, types, close },
    };
  } catch (error) {
    const messages = libbpf.takeMessages();
    const [missing, needed] = [missingKernelFunction(messages), neededProgram(messages)];
    close();
    const again = (more: Partial<Company>): TwinnedObject =>
      loadFilled(libbpf, path, program, { ...company, ...more }, filling);
    if (missing !== undefined && !lacking.includes(missing)) return again({ lacking: [...lacking, missing] });
    if (needed !== undefined && !others.includes(needed)) return again({ others: [...others, needed] });
    throw error;
  }
}

function programOf(libbpf: Libbpf, object: Handle, program: Handle): TwinnedProgram {
  const fd = libbpf.programFd(program);
  const recorded = libbpf.recordedProgram(fd);
  return {
    name: libbpf.programName(program),
    type: libbpf.programType(program),
    fd,
    id: libbpf.programInfo(fd).id,
    recorded,
    lines: linesOf(libbpf, object, recorded.index),
    functions: functionsOf(libbpf, object, recorded),
  };
}

/** `struct bpf_line_info`: insn_off, file_name_off, line_off, and line_col with the line above its lowest ten bits. */
function linesOf(libbpf: Libbpf, object: Handle, recording: number): SourceLine[] {
  const strings = new Map<number, string>();
  const stringAt = (offset: number): string => {
    const known = strings.get(offset) ?? libbpf.btfString(object, offset) ?? '';
    strings.set(offset, known);
    return known;
  };
  return libbpf.recordedLines(recording).map((record) => ({
    slot: record.readUInt32LE(0),
    file: stringAt(record.readUInt32LE(4)),
    line: record.readUInt32LE(12) >>> 10,
    text: stringAt(record.readUInt32LE(8)).trim() || undefined,
  }));
}

/** `struct bpf_func_info`: insn_off and type_id. */
function functionsOf(
  libbpf: Libbpf,
  object: Handle,
  { funcInfo, funcInfoRecordBytes }: RecordedProgram,
): NamedFunction[] {
  const count = funcInfoRecordBytes === 0 ? 0 : funcInfo.length / funcInfoRecordBytes;
  return Array.from({ length: count }, (_, i) => funcInfo.subarray(i * funcInfoRecordBytes)).map((record) => ({
    slot: record.readUInt32LE(0),
    name: libbpf.btfTypeName(object, record.readUInt32LE(4)) ?? '',
  }));
}

function describe(libbpf: Libbpf, types: Btf, map: Handle): TwinnedMap[] {
  const fd = libbpf.mapFd(map);
  if (fd < 0) return [];
  const info = libbpf.mapInfo(fd);
  return [{ name: libbpf.mapName(map), fd, info, fields: fieldsOf(types, info) }];
}

/** None of a map that libbpf made without its types: the kernel knows of none either. */
function fieldsOf(types: Btf, { valueTypeId }: MapInfo): SpecialField[] {
  return valueTypeId === 0 ? [] : specialFields(types, valueTypeId);
}

/** Maps that stand in maps of maps alone; `opened` receives their descriptors. */
function innerMaps(libbpf: Libbpf, types: Btf, outer: readonly TwinnedMap[], opened: number[]): TwinnedMap[] {
  const known = new Set(outer.map(({ info }) => info.id));
  const found: TwinnedMap[] = [];
  for (const map of outer.filter(({ info }) => mapKind(info.type).elements === 'maps')) {
    for (const { value } of readElements(libbpf, map, 0)) {
      const id = value.readUInt32LE(0);
      if (known.has(id)) continue;
      known.add(id);
      const fd = libbpf.mapFdById(id);
      opened.push(fd);
      const info = libbpf.mapInfo(fd);
      found.push({ name: info.name, fd, info, fields: fieldsOf(types, info), isInner: true });
    }
  }
  return found;
}

/** What all maps hold. */
export function readAllElements(libbpf: Libbpf, object: TwinnedObject, cpu: number): KernelElement[][] {
  return object.maps.map((map) => readElements(libbpf, map, cpu));
}
