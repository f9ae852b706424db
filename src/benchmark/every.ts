/** What stands for every program in an object, as one benchmark for each of them. */
import type { BenchmarkPlan } from '../domain/plan.js';
import type { BenchmarkRecord } from '../domain/record.js';
import { failureOf, type Failure } from '../errors.js';
import { programsOf } from './builds.js';
import type { Site } from './site.js';
import { clauseOf } from './extent.js';

export interface Discovered {
  readonly plans: readonly BenchmarkPlan[];
  /** Benchmarks of programs that the base's object has and head's has not. */
  readonly vanished: readonly string[];
}

/** One plan for each program of head. Throws a KfaasError where there is nothing to tell of head: its own, or the machine's. */
export async function everyProgram(site: Site, plan: BenchmarkPlan): Promise<Discovered | BenchmarkRecord> {
  const head = await programsOf(site, plan, 'head').catch(failureAbout);
  const base =
    typeof site.trees.base === 'string' ? await programsOf(site, plan, 'base').catch(failureAbout) : undefined;
  if (!Array.isArray(head)) return Array.isArray(base) ? failed(plan, head) : unbuilt(plan, head);
  const named = (program: string): string => `${plan.name}/${program}`;
  if (head.length === 0) return nothingOf(plan, 'there is no program in it');
  return {
    plans: head.map((program) => ({ ...plan, name: named(program), program })),
    vanished: Array.isArray(base) ? base.filter((program) => !head.includes(program)).map(named) : [],
  };
}

function failureAbout(thrown: unknown): Failure {
  const failure = failureOf(thrown);
  if (failure.kind === 'environment' || failure.kind === 'internal') throw thrown;
  return failure;
}

function failed(plan: BenchmarkPlan, failure: Failure): BenchmarkRecord {
  return { plan, programs: [], rounds: 0, seconds: 0, failure };
}

/** What head's change did not break is told and fails nobody: it may want a build, or another kernel. */
function unbuilt(plan: BenchmarkPlan, failure: Failure): BenchmarkRecord {
  return nothingOf(plan, clauseOf(failure, plan.source));
}

/** @param reason one clause */
export function nothingOf(plan: BenchmarkPlan, reason: string): BenchmarkRecord {
  return { plan, programs: [], rounds: 0, seconds: 0, extent: { covers: 'nothing', reason } };
}
