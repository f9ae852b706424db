/** Executed instructions for tests: what counting gives, made of few words. */
import type { BenchmarkRecord, Executed } from '../../src/domain/record.js';
import { sampleBenchmark } from './verdicts.js';

export interface SampleLine {
  readonly line: number;
  readonly text?: string;
  /** One for each input. */
  readonly counts: readonly number[];
  readonly trips?: readonly number[];
  readonly function?: string;
  readonly file?: string;
}

/** Every instruction belongs to a line, and each line has as many as its largest count. */
export function sampleExecuted(lines: readonly SampleLine[], inputs: readonly string[] = ['udp', 'tcp']): Executed {
  const all = lines.map(({ line, text, counts, trips, function: name = 'parse', file = 'bpf/parse.bpf.c' }) => ({
    file,
    line,
    ...(text === undefined ? {} : { text }),
    function: name,
    counts: [...counts],
    ...(trips === undefined ? {} : { loopTrips: [...trips] }),
  }));
  return {
    inputs: inputs.map((input, i) => ({
      input,
      instructions: all.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0),
      helperCalls: {},
    })),
    coverage: {
      reached: all.filter(({ counts }) => counts.some((count) => count > 0)).length,
      instructions: all.length,
    },
    lines: all,
  };
}

/** A benchmark of which head was counted, and its base where there is one. */
export function countedBenchmark(head: Executed, base?: Executed): BenchmarkRecord {
  const { record } = sampleBenchmark(base === undefined ? {} : { slowdown: 0.01 });
  const programs = record.programs.map((program) => {
    const executed = program.revision === 'head' ? head : program.revision === 'base' ? base : undefined;
    return { ...program, ...(executed && { executed }) };
  });
  return { ...record, programs };
}
