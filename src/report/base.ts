/** What reports say of the base. None of it is for an untrusted benchmark. */
import type { BenchmarkRecord, BenchRecord, BuiltFrom } from '../domain/record.js';
import type { BenchmarkVerdict, GateResult, SampledGate } from '../domain/verdict.js';
import { formatChange, formatChangeInterval } from '../units.js';

export function builtFrom(record: BenchRecord, revision: BuiltFrom['revision']): BuiltFrom | undefined {
  return record.builtFrom?.find((tree) => tree.revision === revision);
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** `head is the working directory (3f2c1e9, with changes)`; empty where it is not told, as without a base. */
export function treeSentence(record: BenchRecord, revision: BuiltFrom['revision']): string {
  const tree = builtFrom(record, revision);
  if (tree === undefined) return '';
  const commit = tree.commit === undefined ? 'in no commit' : shortCommit(tree.commit);
  const named = tree.commit !== undefined && tree.reason.includes(commit) ? [] : [commit];
  const state = [...named, ...(tree.dirty === true ? ['with changes'] : [])];
  return state.length === 0 ? tree.reason : `${tree.reason} (${state.join(', ')})`;
}

/** By the kernel's own hash of the instructions; what is in maps, read-only data too, may differ. */
export function isUnchanged({ programs }: BenchmarkRecord): boolean {
  const [base, head] = (['base', 'head'] as const).map((name) => programs.find(({ revision }) => revision === name));
  return base !== undefined && base.tag === head?.tag;
}

/** `+6.8 % (+6.2 … +7.4)`; empty without a base. */
export function slowdownFigure({ slowdown }: BenchmarkVerdict): string {
  if (slowdown === undefined) return '';
  return `${formatChange(slowdown.estimate)} ${formatChangeInterval(slowdown.low, slowdown.high)}`;
}

/** How head stands to its base, or why it has none; empty where the run has no base. */
export function baseSentence(benchmark: BenchmarkVerdict): string {
  const { record, sentinel } = benchmark;
  const missing = missingBaseSentence(record);
  if (missing !== '' || benchmark.slowdown === undefined || sentinel === undefined) return missing;
  const itself = `${formatChange(sentinel.estimate)} ${formatChangeInterval(sentinel.low, sentinel.high)}`;
  return [
    `kernel time ${slowdownFigure(benchmark)}`,
    `the base against itself ${itself}`,
    ...(isUnchanged(record) ? ['unchanged program: its instructions are the same'] : []),
  ].join('; ');
}

export function missingBaseSentence({ missingBase, plan }: BenchmarkRecord): string {
  if (missingBase === undefined) return '';
  return missingBase.reason === 'new'
    ? `new: the base has no ${plan.every && plan.program !== undefined ? `${plan.program} in ` : ''}${plan.source}`
    : `none that could be used: ${missingBase.failure.message}`;
}

/** The gate that the benchmark's outcome comes from; undefined where none has it. */
export function decidingGate({ gates, outcome }: BenchmarkVerdict): GateResult | undefined {
  return gates.find((gate) => gate.outcome === outcome);
}

export function sampledGates({ gates }: BenchmarkVerdict): SampledGate[] {
  return gates.filter((gate) => gate.kind === 'sampled');
}
