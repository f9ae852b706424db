/** What ran in user space, and what its proof showed: the words for it. */
import type { BenchmarkRecord, Twin } from '../domain/record.js';
import { headProgram } from './facts.js';

const kinds: { readonly [K in Twin['kind']]: string } = {
  native: 'the C source, with maps and helpers in user space',
  translated: 'translated from the instructions that the kernel loads',
};

/** `translated from the instructions that the kernel loads, equal but shallow: …`; empty where there is none. */
export function twinSentence(record: BenchmarkRecord): string {
  const twin = headProgram(record)?.twin;
  if (twin === undefined) return '';
  const { kind, isShallow, replacedHelpers, notCompared, notNative } = twin;
  const verdict = isShallow
    ? 'equal but shallow: the inputs brought about one return value and changed nothing'
    : 'equal';
  return [
    `${kinds[kind]}, ${verdict}`,
    ...(replacedHelpers.length === 0 ? [] : [`constants while it was proven: ${replacedHelpers.join(', ')}`]),
    ...(notCompared.length === 0 ? [] : [`maps not compared in whole: ${notCompared.join(', ')}`]),
    ...(notNative === undefined ? [] : [`not the native one: ${notNative}`]),
  ].join('; ');
}
