/**
 * Exact counts: which instructions of BPF a program executes on each input, in a twin that counts. The same on every
 * machine and in every run. Not seen: what helpers cost, caches, and what the kernel rewrites behind the verifier.
 */
import type { Executed } from '../domain/record.js';
import { countedInstructions, type CountedInstruction } from './blocks.js';
import { buildTwin, type TwinRequest, type TwinTools } from './build.js';
import { CALL } from './bytecode.js';
import { helperName } from './helpers.js';
import { loadTwinned, readAllElements, type SourceLine, type TwinnedObject, type TwinnedProgram } from './object.js';
import { proveBuilt, unsupportedType } from './proof.js';
import type { ProofInput, TwinVerdict } from './verdict.js';

/** What was counted; or one clause why nothing was. */
export type TwinCounts = { readonly executed: Executed } | { readonly notCounted: string };

export interface CountRequest extends Pick<TwinRequest, 'object' | 'program' | 'filling'> {
  /** What a program of this `enum bpf_prog_type` is run on; undefined where it is not run at all. */
  readonly inputsFor: (programType: number) => readonly ProofInput[] | undefined;
}

/**
 * The inputs one after another, from the state that the object is loaded with; time and chance are constants. Believed only of a
 * twin that does what the kernel does on every input.
 * Throws an Errno where the kernel does not load or run the program, a KfaasError where the twin cannot be built.
 */
export async function countTwin(
  tools: TwinTools,
  { object: path, program, inputsFor, filling }: CountRequest,
): Promise<TwinCounts> {
  const object = loadTwinned(tools.libbpf, path, program, filling);
  try {
    const unsupported = unsupportedType(object);
    if (unsupported !== undefined) return { notCounted: reasonOf(unsupported) };
    const inputs = inputsFor(object.programs[0]?.type ?? 0);
    if (inputs === undefined) return { notCounted: 'it is not run' };
    const initial = readAllElements(tools.libbpf, object, tools.cpu);
    const twin = await buildTwin(tools, object, initial, { counting: true });
    const proof = tools.libbpf.onCpu(tools.cpu, () => proveBuilt(tools, object, initial, twin, inputs));
    const names = inputs.map(({ name }) => name);
    return proof.verdict.kind === 'unsupported' || proof.verdict.kind === 'differs'
      ? { notCounted: reasonOf(proof.verdict) }
      : { executed: executedOf(object, countedInstructions(twin.settled), names, proof.executed) };
  } finally {
    object.close();
  }
}

function reasonOf(verdict: TwinVerdict): string {
  switch (verdict.kind) {
    case 'unsupported':
      return `user space does not have ${verdict.what}`;
    case 'differs': {
      const where = verdict.input === undefined ? 'after all inputs' : `on input ${verdict.input.name}`;
      return `its translated twin differs from the kernel ${where}: ${verdict.difference}`;
    }
    default:
      return '';
  }
}

/** Counters that are not 0. */
type Run = ReadonlyMap<number, number>;

/** @param runs one for each input */
export function executedOf(
  { programs }: Pick<TwinnedObject, 'programs'>,
  all: readonly CountedInstruction[],
  inputs: readonly string[],
  runs: readonly Run[],
): Executed {
  const own = all.filter(({ program }) => program === 0);
  return {
    inputs: runs.map((run, i) => ({
      input: inputs[i] ?? '',
      instructions: all.reduce((sum, { counter }) => sum + (run.get(counter) ?? 0), 0),
      helperCalls: Object.fromEntries(callsOf(all, run)),
    })),
    coverage: {
      reached: own.filter(({ counter }) => runs.some((run) => run.has(counter))).length,
      instructions: own.length,
    },
    lines: linesOf(programs, all, runs),
  };
}

function callsOf(all: readonly CountedInstruction[], run: Run): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { insn, counter } of all) {
    const count = run.get(counter);
    if (insn.code !== CALL || insn.src !== 0 || count === undefined) continue;
    const name = `bpf_${helperName(insn.imm)}`;
    calls.set(name, (calls.get(name) ?? 0) + count);
  }
  return calls;
}

type Line = Executed['lines'][number];

/** Of what may be tail-called only what was. */
function linesOf(
  programs: readonly TwinnedProgram[],
  all: readonly CountedInstruction[],
  runs: readonly Run[],
): Line[] {
  const reached = new Set(
    all.filter(({ counter }) => runs.some((run) => run.has(counter))).map(({ program }) => program),
  );
  const lines = new Map<string, Line>();
  for (const { program: index, insn, counter, takenCounter } of all) {
    const program = programs[index];
    const place = placeOf(program?.lines ?? [], insn.at);
    if (program === undefined || place === undefined || (index !== 0 && !reached.has(index))) continue;
    const name = program.functions.findLast(({ slot }) => slot <= insn.at)?.name ?? program.name;
    const key = `${name} ${place.file}:${String(place.line)}`;
    const line = lines.get(key) ?? newLine(place, name, runs.length);
    lines.set(key, line);
    line.counts = sums(line.counts, runs, counter);
    if (takenCounter === undefined) continue;
    line.loopTrips = sums(line.loopTrips ?? zeros(runs.length), runs, takenCounter);
  }
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function sums(counts: readonly number[], runs: readonly Run[], counter: number): number[] {
  return counts.map((count, i) => count + (runs[i]?.get(counter) ?? 0));
}

function zeros(length: number): number[] {
  return Array<number>(length).fill(0);
}

function newLine({ file, line, text }: SourceLine, name: string, inputs: number): Line {
  return { file, line, ...(text === undefined ? {} : { text }), function: name, counts: zeros(inputs) };
}

/** The last place that is not behind the slot. */
function placeOf(lines: readonly SourceLine[], slot: number): SourceLine | undefined {
  return lines.findLast((line) => line.slot <= slot);
}
