/** The corpus: what it consists of, and what its attempts add up to. */
import path from 'node:path';
import type { Workshop } from '../../../src/build/compile.js';
import type { Attempt } from './attempt.js';
import { ownObjects, selftestObjects, xdpToolsObjects, type CorpusObject } from './objects.js';

/** Programs that the project writes itself, of the depth of a tutorial. */
export const tutorials = 'test/fixtures/programs/tutorial';

/** @param root the project's folder: packages are kept in its `.tools` */
export async function openCorpus(workshop: Workshop, root: string, linuxSource: string): Promise<CorpusObject[]> {
  const folder = path.join(root, '.tools', 'corpus');
  return [
    ...(await selftestObjects(workshop, linuxSource, folder)),
    ...xdpToolsObjects(folder),
    ...(await ownObjects(workshop, path.join(root, tutorials))),
  ];
}

export interface Sums {
  /** Programs that the kernel loads. */
  readonly loaded: number;
  /** By either twin, shallow ones among them. */
  readonly equal: number;
  readonly shallow: number;
  readonly unsupported: number;
  readonly differ: number;
  /** Programs that the kernel refuses, and objects without any that can be looked at. */
  readonly refused: number;
}

export function sumsOf(attempts: readonly Attempt[]): Sums {
  const kinds = attempts.map(bestKind);
  const count = (kind: string): number => kinds.filter((each) => each === kind).length;
  const [equal, shallow] = [count('equal') + count('equal but shallow'), count('equal but shallow')];
  const [unsupported, differ, refused] = [count('unsupported'), count('differs'), count('refused')];
  return { loaded: attempts.length - refused, equal, shallow, unsupported, differ, refused };
}

/** Of both twins. */
export function bestKind({ kind, native }: Attempt): Attempt['kind'] {
  return kind.startsWith('equal') || native?.kind.startsWith('equal') !== true ? kind : native.kind;
}
