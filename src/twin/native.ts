/**
 * Native twins: the same C source by the same clang for this machine, as somebody would have written it for user space,
 * with the run time in the place of the kernel.
 */
import { arch } from 'node:process';
import { join } from 'node:path';
import { architectures, fileInTree, userSpaceFlags, type SourceUnit, type Workshop } from '../build/compile.js';
import { compileFailure } from '../build/diagnostics.js';
import { run } from '../build/run.js';
import { declaring, withVmlinux } from '../build/vmlinux.js';
import { KfaasError, type Location } from '../errors.js';
import type { Libbpf } from '../load/libbpf.js';
import {
  initialContents,
  settle,
  shapesOf,
  type BuildOptions,
  type BuiltTwin,
  type TwinBuilder,
  type TwinTools,
} from './build.js';
import { constants } from './chance.js';
import { compileTwin, optimise } from './compile.js';
import { guarded } from './ir-arithmetic.js';
import type { KernelElement } from './elements.js';
import { mapKind } from './map-kinds.js';
import { nativeModule, type NativeModule, type NativeSource } from './native-module.js';
import { NotNative, type GlobalPlace } from './native-places.js';
import { nativeTables } from './native-tables.js';
import type { TwinnedObject } from './object.js';
import { readSections, type Sections } from './sections.js';
import { surroundings } from './surroundings.js';

/** The builder for `proveTwin` of an object that was compiled from this source. */
export function nativeBuilder(unit: SourceUnit): TwinBuilder {
  return (tools, object, initial, options) => buildNativeTwin(tools, unit, object, initial, options);
}

/** Throws a KfaasError of kind build whose message is the reason why there is no native twin. */
export async function buildNativeTwin(
  { libbpf, workshop }: TwinTools,
  unit: SourceUnit,
  object: TwinnedObject,
  initial: readonly KernelElement[][],
  options: BuildOptions,
): Promise<BuiltTwin> {
  const text = await intermediate(workshop, unit);
  const module = moduleOf(libbpf, unit, object, text, {
    programs: programsOf(object, initial),
    constants: options.chance === true ? new Map() : constants,
  });
  const tables = nativeTables(module, {
    programs: object.programs.map(({ name }) => name),
    ...{ maps: shapesOf(object), programType: object.programs[0]?.type ?? 0 },
  });
  try {
    const code = guarded(await optimise(workshop, module.text));
    const files = await compileTwin(workshop, [
      { language: 'll', text: options.sabotage?.(code) ?? code },
      { language: 'c', text: tables },
      { language: 'c', text: initialContents(object, initial) },
      surroundings(libbpf),
    ]);
    return { settled: settle(object, options), ...files };
  } catch (error) {
    throw error instanceof KfaasError ? notNative(unit, error.failure.message, error.failure.detail) : error;
  }
}

function moduleOf(
  libbpf: Libbpf,
  unit: SourceUnit,
  object: TwinnedObject,
  text: string,
  of: Pick<NativeSource, 'programs' | 'constants'>,
): NativeModule {
  if (object.btf === undefined) throw notNative(unit, 'an object without BTF');
  try {
    return nativeModule({
      ...of,
      text,
      maps: new Map(object.maps.map(({ name }, index) => [name, index] as const).toReversed()),
      globals: placesOfGlobals(object, readSections(object.btf)),
      separate: new Set(object.programs.flatMap(({ functions }) => functions.map(({ name }) => name))),
      hasKernelFunction: (name) => libbpf.kernelFunctionIds([name]) !== undefined,
    });
  } catch (error) {
    throw error instanceof NotNative ? notNative(unit, error.message) : error;
  }
}

/** The first, and those that stand in maps of programs: no program can put others there. */
function programsOf(object: TwinnedObject, initial: readonly KernelElement[][]): string[] {
  const called = new Set<number>();
  for (const [map, elements] of initial.entries()) {
    if (mapKind(object.maps[map]?.info.type ?? 0).elements !== 'programs') continue;
    for (const { value } of elements) called.add(value.readUInt32LE(0));
  }
  return object.programs.filter(({ id }, index) => index === 0 || called.has(id)).map(({ name }) => name);
}

/** Flags of users that mean BPF's code, which is not made here. */
const bpfFlags = /^(?:-mcpu=|--?target=|-mlittle-endian$|-mbig-endian$)/;
const bpfFlagsOfTwo: readonly string[] = ['-target', '-mllvm'];

function hostFlags(cflags: readonly string[]): string[] {
  return cflags.filter((flag, i) => {
    if (bpfFlags.test(flag) || bpfFlagsOfTwo.includes(flag)) return false;
    return !bpfFlagsOfTwo.includes(cflags[i - 1] ?? '');
  });
}

/** The source in clang's intermediate language, for this machine; nothing is optimised yet. */
async function intermediate(workshop: Workshop, unit: SourceUnit): Promise<string> {
  const { toolchain, bpfFolder } = workshop;
  fileInTree(unit.tree, unit.source);
  const OPAQUE_POINTERS = 15; // the first clang whose pointers have no types
  const major = Number(/version (\d+)/.exec(toolchain.version)?.[1]);
  if (major < OPAQUE_POINTERS) throw notNative(unit, `clang ${String(major)}: native twins need clang 15 or newer`);
  const { define } = architectures[arch === 'arm64' ? 'arm64' : 'x64'];
  const parameters = [
    ...[...userSpaceFlags, '-fsigned-char', '-fno-stack-protector', `-D${define}`],
    ...['-include', join(bpfFolder, 'runtime/native.h'), '-I', join(bpfFolder, 'include')],
    ...hostFlags(unit.cflags),
    ...['-w', '-Wno-error', '-Wno-implicit-function-declaration', '-g0', '-fno-discard-value-names'],
    ...['-Xclang', '-disable-llvm-passes', '-S', '-emit-llvm', unit.source, '-o', '-'],
  ];
  // Undeclared functions are no error here, and would return int.
  const { result } = await withVmlinux(workshop, (flags) =>
    declaring(flags, 'header', (added) => run(toolchain.clang, [...parameters, ...added], { folder: unit.tree })),
  );
  if (result.code === 0) return result.stdout;
  const { failure } = compileFailure(unit.source, 'native', result.stderr);
  // Registers are named where instructions are written: in any function of the source, reached or not.
  if (/ in asm$/.test(failure.message))
    throw notNative(unit, `BPF assembly (${place(failure.location)})`, failure.detail);
  throw new KfaasError({ ...failure, remedy: NATIVE_REMEDY });
}

/** Variables that programs can change, and those that user space sets before the load. */
function placesOfGlobals(object: TwinnedObject, sections: Sections): Map<string, GlobalPlace> {
  const places = new Map<string, GlobalPlace>();
  for (const [map, { name }] of object.maps.entries()) {
    const section = sectionOfMap(name);
    const isConstant = section?.startsWith('.rodata') ?? false;
    for (const { name: variable, offset, bytes, isVolatile } of sections.get(section ?? '') ?? [])
      if (isVolatile || !isConstant) places.set(variable, { map, offset, bytes });
  }
  return places;
}

/** libbpf calls the map of .bss after the object, as in `counting.bss`, and that of .data.x after the section. */
function sectionOfMap(name: string): string | undefined {
  return name.startsWith('.') ? name : /\.(?:bss|data|rodata|kconfig)$/.exec(name)?.[0];
}

function place(location: Location | undefined): string {
  return [location?.file ?? 'the source', ...(location?.line === undefined ? [] : [String(location.line)])].join(':');
}

const NATIVE_REMEDY = 'leave `twin:` out: the translated twin, which needs no source, takes its place';

function notNative(unit: SourceUnit, reason: string, detail?: string): KfaasError {
  return new KfaasError({
    kind: 'build',
    message: reason,
    remedy: NATIVE_REMEDY,
    ...(detail === undefined ? {} : { detail }),
    location: { file: unit.source },
  });
}
