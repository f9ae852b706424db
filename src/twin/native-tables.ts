/** The tables of a native twin in C: what the run time finds, and what the compiled source refers to. Pure. */
import type { NativeModule } from './native-module.js';
import { callable, entryText, mapTable, parameters, type MapShape } from './tables.js';

export interface NativeTables {
  /** Names; the module has some of them, and nothing goes to the others. */
  readonly programs: readonly string[];
  /** `enum bpf_prog_type`. */
  readonly programType: number;
  readonly maps: readonly MapShape[];
}

const hidden = '__attribute__((visibility("hidden")))';

/** The text of one C file. */
export function nativeTables(module: NativeModule, { programs, programType, maps }: NativeTables): string {
  const entry = (program: string): string => {
    const index = module.programs.indexOf(program);
    return index < 0 ? 'absent' : `${module.leaves ? 'entry' : 'kfaas_program'}_${String(index)}`;
  };
  return [
    '#include "runtime.h"',
    '',
    ...mapTable(maps),
    ...mapSymbols(module.maps),
    ...globalTable(module),
    `const u32 kfaas_program_type = ${String(programType)};`,
    'const u32 kfaas_slot_count = 0;',
    ...module.used.map(callable),
    `static u64 absent(${parameters}) { kfaas_stop("a program that no map names"); }`,
    ...module.programs.map((_, index) => `${hidden} u64 kfaas_program_${String(index)}(${parameters});`),
    ...(module.leaves ? module.programs.map((_, index) => leavable(index)) : []),
    'const struct kfaas_program kfaas_programs[] = {',
    ...programs.map((program) => `\t{ ${JSON.stringify(program)}, ${entry(program)} },`),
    '};',
    `const u32 kfaas_program_count = ${String(programs.length)};`,
    ...programs.slice(0, 1).flatMap((name) => entryText(name, run(module))),
    '',
  ].join('\n');
}

/** A program that no tail call can leave needs nothing around it. */
function run({ leaves }: NativeModule): string {
  return leaves
    ? 'return kfaas_run(&kfaas_programs[0], ctx);'
    : 'kfaas_runs++; return kfaas_program_0((u64)ctx, 0, 0, 0, 0);';
}

function leavable(index: number): string {
  const call = `kfaas_enter(kfaas_program_${String(index)}, r1, r2, r3, r4, r5)`;
  return `static u64 entry_${String(index)}(${parameters}) { return ${call}; }`;
}

/** The source refers to a map by one symbol, which is a place in the table. */
function mapSymbols(maps: readonly number[]): string[] {
  return [
    '__attribute__((used)) static void name_maps(void)',
    '{',
    ...maps.map((map) => {
      const symbol = `kfaas_map_${String(map)}`;
      const lines = `.globl ${symbol}\\n.hidden ${symbol}\\n.set ${symbol}, kfaas_maps+%c0`;
      return `\t__asm__("${lines}" ::"i"(${String(map)} * sizeof(struct kfaas_map)));`;
    }),
    '}',
  ];
}

function globalTable({ globals }: NativeModule): string[] {
  if (globals.length === 0) return ['const u32 kfaas_global_count = 0;'];
  return [
    ...globals.map((_, index) => `extern ${hidden} u8 kfaas_global_${String(index)}[];`),
    'const struct kfaas_global kfaas_globals[] = {',
    ...globals.map(
      ({ map, offset, bytes }, index) =>
        `\t{ ${String(map)}, ${String(offset)}, ${String(bytes)}, kfaas_global_${String(index)} },`,
    ),
    '};',
    `const u32 kfaas_global_count = ${String(globals.length)};`,
  ];
}
