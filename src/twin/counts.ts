/**
 * Exact counts: which instructions of BPF a program executes on each input, in a twin that counts. The same on every
 * machine and in every run. Not seen: what helpers cost, caches, and what the kernel rewrites behind the verifier.
 */
import { executedInstructions, type ExecutedInstruction } from './blocks.js';
import { buildTwin, type TwinRequest, type TwinTools } from './build.js';
import { CALL } from './bytecode.js';
import { helperName } from './helpers.js';
import { loadTwinned, readAllElements, type SourceLine, type TwinnedObject } from './object.js';
import { runTwin } from './runner.js';

export interface LineCount {
  readonly file: string;
  readonly line: number;
  /** Executed instructions that come from this line; 0 where none was reached. */
  readonly instructions: number;
}

export interface InputCount {
  readonly input: string;
  /** Of the program, its functions and what it tail-calls. A 16-byte instruction is one. */
  readonly instructions: number;
  /** Executed calls by helper, such as `bpf_map_lookup_elem`; those that were not executed are left out. */
  readonly helperCalls: ReadonlyMap<string, number>;
  /** Lines that instructions come from, by file and number; those of programs that were not reached too. */
  readonly lines: readonly LineCount[];
}

/**
 * The inputs one after another, from the state that the object is loaded with; time and chance are constants.
 * Undefined for an input on which the twin stopped or died, and for those behind it in the latter case.
 */
export async function countTwin(
  tools: TwinTools,
  request: Pick<TwinRequest, 'object' | 'program' | 'inputs'>,
): Promise<(InputCount | undefined)[]> {
  const object = loadTwinned(tools.libbpf, request.object, request.program);
  try {
    const initial = readAllElements(tools.libbpf, object, tools.cpu);
    const { library, settled } = await buildTwin(tools, object, initial, { counting: true });
    const runs = request.inputs.map(({ bytes }) => ({ program: 0, bytes }));
    const { outcomes, executed } = runTwin(tools.runner, library, runs);
    return request.inputs.map(({ name }, i) => {
      const counters = executed[i];
      if (outcomes[i]?.kind !== 'ran' || counters === undefined) return undefined;
      const counts = executedInstructions(settled, counters);
      const instructions = counts.reduce((sum, { count }) => sum + count, 0);
      return { input: name, instructions, helperCalls: callsOf(counts), lines: linesOf(object, counts) };
    });
  } finally {
    object.close();
  }
}

function callsOf(counts: readonly ExecutedInstruction[]): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { insn, count } of counts) {
    if (insn.code !== CALL || insn.src !== 0 || count === 0) continue;
    const name = `bpf_${helperName(insn.imm)}`;
    calls.set(name, (calls.get(name) ?? 0) + count);
  }
  return calls;
}

function linesOf(object: TwinnedObject, counts: readonly ExecutedInstruction[]): LineCount[] {
  const lines = new Map<string, LineCount>();
  for (const { program, insn, count } of counts) {
    const place = placeOf(object.programs[program]?.lines ?? [], insn.at);
    if (place === undefined) continue;
    const { file, line } = place;
    const key = `${file}:${String(line)}`;
    lines.set(key, { file, line, instructions: (lines.get(key)?.instructions ?? 0) + count });
  }
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** The last place that is not behind the slot. */
function placeOf(lines: readonly SourceLine[], slot: number): SourceLine | undefined {
  return lines.findLast((line) => line.slot <= slot);
}
