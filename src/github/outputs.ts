/** What later steps of the job can read of a run. */
import { setOutput, warning } from '@actions/core';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import type { Arm } from '../domain/words.js';
import type { Failure } from '../errors.js';
import { shorten } from '../report/escape.js';
import { verdictWord } from '../report/extent.js';

/** Figures as plain numbers of six digits: what is beyond is noise. */
function figure(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(6));
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : figure(share * 100);
}

function timeNs({ ladder }: BenchmarkVerdict, arm: Arm): number | undefined {
  return figure(ladder.find((rung) => rung.arm === arm && rung.revision === 'head')?.timeNs.estimate);
}

/** One benchmark in `results` (docs/comment.md). What was not measured is null. */
function resultOf(benchmark: BenchmarkVerdict, { compareWith }: RunVerdict) {
  const { speedup, slowdown, record, figures, gates } = benchmark;
  const failure = record.failure;
  return {
    benchmark: benchmark.benchmark,
    verdict: verdictWord(benchmark),
    sentence: shorten(benchmark.sentence, 1_000),
    speedup: figure(speedup?.estimate) ?? null,
    speedupLow: figure(speedup?.low) ?? null,
    speedupHigh: figure(speedup?.high) ?? null,
    threshold: record.plan.limits.threshold ?? null,
    slowdown: percent(slowdown?.estimate) ?? null,
    slowdownLow: percent(slowdown?.low) ?? null,
    slowdownHigh: percent(slowdown?.high) ?? null,
    maxSlowdown: record.plan.limits.maxSlowdownPercent ?? null,
    base: record.missingBase?.reason ?? null,
    compareWith,
    userNs: timeNs(benchmark, compareWith) ?? null,
    kernelNs: timeNs(benchmark, 'kernel') ?? null,
    figures: Object.fromEntries(figures.map(({ metric, value }) => [metric, value])),
    gates: gates.map((gate) => ({
      gate: gate.gate,
      ...(gate.kind === 'exact' ? { metric: gate.metric } : {}),
      limit: gate.limit,
      verdict: gate.outcome,
    })),
    failure: failure === undefined ? null : { kind: failure.kind, message: shorten(failure.message, 1_000) },
  };
}

/** Every output of action.yml but `comment-url`, which is known last. Empty where there is no such figure. */
export function outputsOf(verdict: RunVerdict, recordPath: string): Record<string, string> {
  const worst = verdict.benchmarks.find(({ benchmark }) => benchmark === verdict.worst);
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return {
    verdict: verdict.outcome,
    speedup: text(figure(worst?.speedup?.estimate)),
    'user-ns': text(worst && timeNs(worst, verdict.compareWith)),
    'kernel-ns': text(worst && timeNs(worst, 'kernel')),
    slowdown: text(percent(worst?.slowdown?.estimate)),
    worst: verdict.worst ?? '',
    results: JSON.stringify(verdict.benchmarks.map((benchmark) => resultOf(benchmark, verdict))),
    record: recordPath,
  };
}

/** Of a run that ended before there was a verdict: this machine or this use is at fault, so the program is not judged. */
export function outputsOfFailure({ kind }: Failure): Record<string, string> {
  return { verdict: kind === 'proof' ? 'untrusted' : 'inconclusive', results: '[]' };
}

/** A verdict is not lost for an output that cannot be written. */
export function setOutputs(outputs: Readonly<Record<string, string>>): void {
  try {
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
  } catch (thrown) {
    warning(`The outputs could not be set: ${String(thrown)}`);
  }
}
