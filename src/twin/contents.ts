/** What a twin's maps hold from the start, as C: a file of its own, so that other contents need no other translation. Pure. */

export interface Element {
  /** Place in the translation's maps. */
  readonly map: number;
  readonly key: Buffer;
  /** Of a map of programs or of maps: the place of the program or map, 4 bytes. */
  readonly value: Buffer;
}

/** The text of one C file. */
export function contentsText(elements: readonly Element[]): string {
  const rows = elements.map(({ map, key, value }) => `\t{ ${String(map)}, ${literal(key)}, ${literal(value)} },`);
  return [
    '#include "runtime.h"',
    '',
    'const struct kfaas_content kfaas_contents[] = {',
    ...(rows.length === 0 ? ['\t{ 0 },'] : rows),
    '};',
    `const u32 kfaas_content_count = ${String(elements.length)};`,
    '',
  ].join('\n');
}

/** Three octal digits end an escape, whatever stands behind it. The run time reads numbers of keys and values in place. */
function literal(bytes: Buffer): string {
  const text = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `ALIGNED("${text}", ${String(bytes.length)})`;
}
