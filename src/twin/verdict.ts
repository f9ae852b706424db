/** What a proof comes to, from what both sides left behind. Pure. */
import type { TwinOutcome } from './runner.js';

export interface KernelOutcome {
  readonly retval: number;
  readonly output: Buffer;
  /** What the output of a program is that does nothing; absent where that is the input. */
  readonly untouched?: Buffer;
  /** `struct __sk_buff` after the run, of programs that see one whole; absent for others. */
  readonly context?: Buffer;
}

export interface ProofInput {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A map's elements on both sides, by key in hex. */
export interface MapOutcome {
  readonly name: string;
  /** Elements that only one side has are no difference: the map forgets by a rule of its own. */
  readonly forgets: boolean;
  /** What an element is that is not listed: `nothing`, or `zeros` in an array. */
  readonly absent: string;
  readonly kernel: ReadonlyMap<string, Buffer>;
  readonly twin: ReadonlyMap<string, Buffer>;
  /** What both started from. */
  readonly initial: ReadonlyMap<string, Buffer>;
}

export type TwinVerdict =
  | {
      readonly kind: 'equal' | 'equal but shallow';
      readonly returnValues: number;
      readonly changedPackets: number;
      readonly changedMaps: number;
    }
  /** The first difference in hex, and the input that it shows on; none for what maps hold after all of them. */
  | { readonly kind: 'differs'; readonly difference: string; readonly input?: ProofInput }
  | { readonly kind: 'unsupported'; readonly what: string };

/** Fields of `struct __sk_buff` that a program may write and a test run gives back, by offset and bytes. */
const contextFields = {
  mark: [8, 4],
  priority: [32, 4],
  cb: [48, 20],
  tstamp: [152, 8],
} as const;

/** Bytes that are shown from the first difference on. */
const SHOWN_BYTES = 16;

export function judgeTwin(
  inputs: readonly ProofInput[],
  kernel: readonly KernelOutcome[],
  twin: readonly TwinOutcome[],
  maps: readonly MapOutcome[],
): TwinVerdict {
  // What user space lacks comes first: behind it the maps, and so later runs, may differ for that reason alone.
  const stopped = twin.find((outcome) => outcome.kind === 'stopped');
  if (stopped !== undefined) return { kind: 'unsupported', what: stopped.what };
  for (const [i, input] of inputs.entries()) {
    const [there, here] = [kernel[i], twin[i]];
    const difference = there === undefined ? 'did not run in the kernel' : differenceOf(there, here);
    if (difference !== undefined) return { kind: 'differs', difference, input };
  }
  const difference = maps.map(mapDifference).find((found) => found !== undefined);
  if (difference !== undefined) return { kind: 'differs', difference };
  const returnValues = new Set(kernel.map(({ retval }) => retval)).size;
  const changedPackets = inputs.filter(({ bytes }, i) => !unchanged(bytes, kernel[i])).length;
  const changedMaps = maps.filter(hasChanged).length;
  const isShallow = returnValues === 1 && changedPackets === 0 && changedMaps === 0;
  return { kind: isShallow ? 'equal but shallow' : 'equal', returnValues, changedPackets, changedMaps };
}

function differenceOf(kernel: KernelOutcome, twin: TwinOutcome | undefined): string | undefined {
  if (twin?.kind !== 'ran') return `the twin died (${twin?.kind === 'died' ? twin.signal : 'on an earlier input'})`;
  if (kernel.retval !== twin.retval) return `return value ${sides(hex32(kernel.retval), hex32(twin.retval))}`;
  const at = firstDifference(kernel.output, twin.output);
  if (at !== undefined) {
    const lengths = `${String(kernel.output.length)} and ${String(twin.output.length)} bytes`;
    return `output (${lengths}) at byte ${String(at)}: ${sides(shown(kernel.output, at), shown(twin.output, at))}`;
  }
  if (kernel.context === undefined || twin.context === undefined) return undefined;
  for (const [name, [offset, bytes]] of Object.entries(contextFields)) {
    const [a, b] = [kernel.context, twin.context].map((context) => context.subarray(offset, offset + bytes));
    if (a !== undefined && b !== undefined && !a.equals(b))
      return `${name} ${sides(a.toString('hex'), b.toString('hex'))}`;
  }
  return undefined;
}

function mapDifference({ name, forgets, absent, kernel, twin }: MapOutcome): string | undefined {
  for (const key of new Set([...kernel.keys(), ...twin.keys()])) {
    const [a, b] = [kernel.get(key), twin.get(key)];
    if (a === undefined || b === undefined) {
      if (forgets) continue;
      return `map ${name}, key ${key}: ${sides(a?.toString('hex') ?? absent, b?.toString('hex') ?? absent)}`;
    }
    const at = firstDifference(a, b);
    if (at !== undefined) return `map ${name}, key ${key}, at byte ${String(at)}: ${sides(shown(a, at), shown(b, at))}`;
  }
  return undefined;
}

function hasChanged({ initial, kernel }: MapOutcome): boolean {
  return initial.size !== kernel.size || [...kernel].some(([key, value]) => initial.get(key)?.equals(value) !== true);
}

function unchanged(bytes: Buffer, kernel: KernelOutcome | undefined): boolean {
  if (kernel === undefined) return false;
  if (!(kernel.untouched ?? withBlanks(bytes, kernel.output)).equals(kernel.output)) return false;
  const context = kernel.context;
  if (context === undefined) return true;
  return Object.values(contextFields).every(([at, length]) => context.subarray(at, at + length).every((b) => b === 0));
}

/** Programs that run behind the Ethernet header get it back as zeros, which is the kernel's doing and not theirs. */
function withBlanks(bytes: Buffer, output: Buffer): Buffer {
  const ETH_HLEN = 14;
  const head = output.subarray(0, ETH_HLEN);
  return head.every((byte) => byte === 0) ? Buffer.concat([head, bytes.subarray(ETH_HLEN)]) : bytes;
}

const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
const sides = (kernel: string, twin: string): string => `${kernel} in the kernel, ${twin} in the twin`;
const shown = (bytes: Buffer, at: number): string => bytes.subarray(at, at + SHOWN_BYTES).toString('hex') || 'nothing';

function firstDifference(a: Buffer, b: Buffer): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return at;
  return a.length === b.length ? undefined : shorter;
}
