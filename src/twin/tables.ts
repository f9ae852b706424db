/** What every twin has in C beside its code: its tables, its entry, and helpers that may be lacking (bpf/runtime/runtime.h). */
import { constant } from './arithmetic.js';
import type { ObjectType, SpecialField } from './special-fields.js';

/** A map, as far as code depends on it. */
export interface MapShape {
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly fields: readonly SpecialField[];
}

/** Of a helper, a kernel function and a function of BPF. */
export const parameters = 'u64 r1, u64 r2, u64 r3, u64 r4, u64 r5';

/** A helper that the run-time library lacks is a weak function that says so. */
export function callable(name: string): string {
  const [, kind = '', what = ''] = /^kfaas_(bpf|kfunc)_(.*)$/.exec(name) ?? [];
  const missing = kind === 'bpf' ? `bpf_${what}` : what;
  return `__attribute__((weak)) u64 ${name}(${parameters}) { kfaas_stop("${missing}"); }`;
}

/** Globals are an array's only value: what has no other place than this can be addressed without asking the map. */
export function isGlobal({ type, maxEntries }: MapShape): boolean {
  const BPF_MAP_TYPE_ARRAY = 2;
  return type === BPF_MAP_TYPE_ARRAY && maxEntries === 1;
}

export const valuesName = (map: number): string => `values_of_map_${String(map)}`;

export function mapTable(maps: readonly MapShape[]): string[] {
  const rows = maps.map((map, index) => {
    const values = isGlobal(map) ? `, .values = ${valuesName(index)}` : '';
    return (
      `\t{ .name = ${JSON.stringify(map.name)}, .type = ${String(map.type)}, .key_size = ${String(map.keyBytes)}, ` +
      `.value_size = ${String(map.valueBytes)}, .max_entries = ${String(map.maxEntries)}, ` +
      `.flags = ${constant(map.flags, 32)}${values}, ${fieldsText(map.fields)} },`
    );
  });
  const globals = maps.flatMap((map, index) =>
    isGlobal(map) ? [`static u8 ${valuesName(index)}[${String(map.valueBytes)}] __attribute__((aligned(16)));`] : [],
  );
  return [
    ...globals,
    `struct kfaas_map kfaas_maps[${String(Math.max(1, maps.length))}] = {`,
    ...(rows.length === 0 ? ['\t{ 0 },'] : rows),
    '};',
    `const u32 kfaas_map_count = ${String(maps.length)};`,
  ];
}

/** Fields stand where they are used: most maps and types have none. */
function fieldsText(fields: readonly SpecialField[]): string {
  const rows = fields.map(
    ({ offset, bytes, holds }) => `{ ${String(offset)}, ${String(bytes)}, KFAAS_HOLDS_${holds.toUpperCase()} }`,
  );
  const table = rows.length === 0 ? 'NULL' : `(const struct kfaas_field[]){ ${rows.join(', ')} }`;
  return `.fields = ${table}, .field_count = ${String(rows.length)}`;
}

export function objectTypeTable(types: readonly ObjectType[]): string[] {
  if (types.length === 0) return [];
  return [
    'const struct kfaas_type kfaas_types[] = {',
    ...types.map(({ id, bytes, fields }) => `\t{ ${String(id)}, ${String(bytes)}, ${fieldsText(fields)} },`),
    '};',
    `const u32 kfaas_type_count = ${String(types.length)};`,
  ];
}

/** The program under its own name, of which C may think something else (main). */
export function entryText(name: string, body: string): string[] {
  return [`int kfaas_entry(void *ctx) __asm__("${name}");`, `int kfaas_entry(void *ctx) { ${body} }`];
}
