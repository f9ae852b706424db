/** What a saved record says of this run's benchmarks: as much as our own judge believes of it. */
import { workloadDifferences } from '../domain/plan-changes.js';
import type { BenchmarkRecord, BenchRecord, SavedBase, SavedBenchmark } from '../domain/record.js';
import type { BenchmarkVerdict } from '../domain/verdict.js';
import type { UserArm } from '../domain/words.js';
import { judgeRecord } from './judge.js';

/**
 * @param path of the saved record, as it was named
 * @param saved valid by its schema
 * @param here the record of this run
 */
export function savedBaseOf(
  path: string,
  saved: BenchRecord,
  here: Pick<BenchRecord, 'benchmarks' | 'measurement'>,
): SavedBase {
  const verdicts = judgeRecord(saved).benchmarks;
  const benchmarks = here.benchmarks.flatMap((benchmark) => {
    const namesake = verdicts.find((verdict) => verdict.benchmark === benchmark.plan.name);
    return namesake === undefined ? [] : savedBenchmark(saved, namesake, benchmark, here.measurement.compareWith);
  });
  const used = new Set(benchmarks.map((benchmark) => benchmark.kind === 'measured' && benchmark.environment));
  const head = saved.builtFrom?.find(({ revision }) => revision === 'head');
  return {
    path,
    tool: saved.tool.version,
    createdAt: saved.createdAt,
    ...(head?.commit === undefined ? {} : { commit: head.commit }),
    ...(head?.dirty === undefined ? {} : { dirty: head.dirty }),
    environments: Object.fromEntries(Object.entries(saved.environments).filter(([key]) => used.has(key))),
    benchmarks,
  };
}

function savedBenchmark(
  saved: BenchRecord,
  { benchmark: name, outcome, sentence, record, ladder }: BenchmarkVerdict,
  here: BenchmarkRecord,
  compareWith: UserArm,
): SavedBenchmark {
  if (outcome === 'untrusted') return { kind: 'unusable', name, reason: `it is not proven there: ${sentence}` };
  if (record.failure !== undefined) return { kind: 'unusable', name, reason: `it failed there: ${sentence}` };
  const rows = saved.rows.filter((row) => row.benchmark === name && row.revision === 'head');
  const environment = rows[0]?.environment;
  if (environment === undefined) return { kind: 'unusable', name, reason: 'nothing of it was measured there' };
  const kernel = ladder.find(({ arm }) => arm === 'kernel');
  const user = ladder.find(({ arm }) => arm === compareWith);
  const figures = rows.flatMap(({ metric, values: [value] }) =>
    metric.kind === 'exact' && Number.isSafeInteger(value) ? [{ metric: metric.name, value: value ?? 0 }] : [],
  );
  return {
    kind: 'measured',
    name,
    environment,
    ...(kernel && { kernelNs: kernel.timeNs.estimate }),
    ...(user && { speedup: user.ratioToKernel }),
    figures,
    differs: workloadDifferences(record.plan, here.plan),
  };
}
