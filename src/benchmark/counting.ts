/** How many instructions a revision executes on each input, as far as that can be counted. */
import { basename, isAbsolute, relative } from 'node:path';
import type { BenchmarkPlan } from '../domain/plan.js';
import type { BuiltProgram, Executed } from '../domain/record.js';
import { failureOf } from '../errors.js';
import { Errno } from '../load/libbpf.js';
import { programTypeOf } from '../load/program-types.js';
import { countTwin, type TwinCounts } from '../twin/counts.js';
import type { ProofInput } from '../twin/verdict.js';
import type { Code, Site } from './site.js';
import { clauseOf, isNeverRun } from './extent.js';
import { withFittingInputs } from './inputs.js';

/** More counts than these, of lines times inputs, are kept for the inputs alone: a record is to be read. */
const MAX_LINE_COUNTS = 200_000;

/** Nothing is thrown: whatever keeps a program from being counted is no fault of it, and is told where it is asked for. */
export async function countsOf({ twins, libbpf }: Site, plan: BenchmarkPlan, code: Code): Promise<TwinCounts> {
  if (plan.twin === 'none') return { notCounted: '`twin: none` asks for no twin, and it is a twin that counts' };
  const inputsFor = (kernelType: number): ProofInput[] | undefined => {
    const type = programTypeOf(kernelType);
    if (type === undefined || isNeverRun(plan, type)) return undefined;
    const { inputs } = withFittingInputs(libbpf, plan, type);
    return inputs.map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));
  };
  try {
    const { object, program, filling } = code;
    const counts = await countTwin(twins, { object, program, inputsFor, ...(filling && { filling }) });
    return 'executed' in counts ? { executed: withinTree(counts.executed, code.tree) } : counts;
  } catch (error) {
    if (error instanceof Errno) return { notCounted: `the kernel does not load or run it here (${error.code})` };
    return { notCounted: clauseOf(failureOf(error), code.program) };
  }
}

/** Base and head lie in different folders, and so do copies of them from one run to the next. */
function withinTree(executed: Executed, tree: string): Executed {
  const shown = (file: string): string => {
    const path = relative(tree, file);
    if (!isAbsolute(file)) return file;
    return path.startsWith('..') ? basename(file) : path;
  };
  const isTooMuch = executed.lines.length * executed.inputs.length > MAX_LINE_COUNTS;
  return { ...executed, lines: isTooMuch ? [] : executed.lines.map((line) => ({ ...line, file: shown(line.file) })) };
}

/** As the record keeps them: for the inputs that it keeps. */
export function recordedCounts(plan: BenchmarkPlan, counts: TwinCounts): Pick<BuiltProgram, 'executed' | 'notCounted'> {
  if (!('executed' in counts)) return { notCounted: counts.notCounted };
  const { executed } = counts;
  const isWhole =
    executed.inputs.length === plan.inputs.length &&
    executed.inputs.every(({ input }, i) => input === plan.inputs[i]?.name);
  return isWhole
    ? { executed }
    : { notCounted: 'it was counted on other inputs than those that the kernel runs it on' };
}
