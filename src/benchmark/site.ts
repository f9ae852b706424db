/** What everything that builds a benchmark is given. */
import type { Workshop } from '../build/compile.js';
import type { Revision } from '../domain/words.js';
import type { Libbpf } from '../load/libbpf.js';
import type { Filling } from '../load/map-contents.js';
import type { MeasureJob } from '../places/protocol.js';
import type { TwinTools } from '../twin/build.js';
import type { Trees } from './trees.js';

/** What building needs of the job. */
export interface Site {
  readonly workshop: Workshop;
  readonly libbpf: Libbpf;
  readonly job: MeasureJob;
  readonly trees: Trees;
  /** Names of helpers by number. */
  readonly helperNames: ReadonlyMap<number, string>;
  readonly twins: TwinTools;
}

/** Where a revision's program comes from, and its object. */
export interface Code {
  readonly revision: Revision;
  /** Absolute. */
  readonly tree: string;
  /** Source or object, from the tree. */
  readonly file: string;
  /** Path of the eBPF object. */
  readonly object: string;
  readonly program: string;
  /** What its maps are to hold beside what the object puts there. */
  readonly filling?: Filling;
}
