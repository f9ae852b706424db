/** The product's sentence: plan → place (build → load → prove → measure ⇄ judge) → record → judge → report. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Base } from './base.js';
import { isPlannedAs, type BenchmarkPlan, type Plan } from './domain/plan.js';
import { recordVersion, type BenchRecord } from './domain/record.js';
import type { Revision } from './domain/words.js';
import { KfaasError, type Failure } from './errors.js';
import type { PlanComparison } from './inputs/base-plan.js';
import { withoutBaseLimits } from './inputs/limits.js';
import { savedBaseOf } from './judge/saved-base.js';
import type { Place } from './places/place.js';
import { protocolVersion, type MeasureJob, type WorkerEvent } from './places/protocol.js';
import { repositoryOf } from './places/repositories.js';

interface Tree {
  readonly folder: string;
  readonly root: string;
}

/** Where a plan is carried out, and who listens. */
export interface Surroundings {
  readonly place: Place;
  /** The tree of head; absolute. */
  readonly workingDirectory: string;
  /** What head is compared with; absent where nothing was asked for. */
  readonly base?: Base;
  /** Compiled files are kept here. */
  readonly cacheFolder: string;
  /** Verifier logs are left here. */
  readonly outputFolder: string;
  readonly toolVersion: string;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Has a place build, prove and measure the plan, and gathers what it tells into a record. Failures that belong to no
 * benchmark come beside the record, which keeps what was measured before them; a place that fails with nothing measured
 * rejects. So does the signal, with its reason. Limits against a base are in force only where there is a tree of one.
 */
export async function measurePlan(
  asked: Plan,
  surroundings: Surroundings,
): Promise<{ record: BenchRecord; failures: Failure[] }> {
  const { place, workingDirectory, base, cacheFolder, outputFolder, onEvent, signal } = surroundings;
  const beside = base?.kind === 'tree' ? base : undefined;
  const root = repositoryOf(workingDirectory);
  const plan = beside === undefined ? withoutBaseLimits(asked) : asked;
  const record: BenchRecord = {
    schema: 'kfaas-bench/record',
    version: recordVersion,
    tool: toolOf(surroundings.toolVersion),
    createdAt: new Date().toISOString(),
    measurement: plan.measurement,
    demo: plan.demo,
    ...(base && { builtFrom: [...base.builtFrom] }),
    ...(base?.kind === 'none' ? { noBase: base.sentence } : {}),
    environments: {},
    benchmarks: [],
    rows: [],
    warnings: (beside?.notes ?? []).map((message) => ({ code: 'base-incomplete', message })),
  };
  if (beside !== undefined) tellComparison(record, beside.comparison);
  const failures: Failure[] = [];
  const copies = plan.build === undefined ? undefined : { command: plan.build, folder: folderForCopies() };
  try {
    await place.run(
      {
        protocol: protocolVersion,
        kind: 'measure',
        place: place.name,
        trees: treesOf({ folder: workingDirectory, root }, beside),
        ...(copies && { build: copies }),
        benchmarks: plan.benchmarks.map((benchmark) => inTree(benchmark, workingDirectory, root)),
        measurement: plan.measurement,
        folders: { cache: cacheFolder, output: outputFolder },
      },
      (event) => {
        gather(record, failures, event);
        onEvent(event);
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KfaasError) || record.benchmarks.length === 0) throw error;
    failures.push(error.failure);
  } finally {
    if (copies !== undefined) rmSync(copies.folder, { recursive: true, force: true });
  }
  const told = base?.kind === 'record' ? { ...record, savedBase: savedBaseOf(base.path, base.saved, record) } : record;
  return { record: inPlanOrder(told, plan), failures };
}

function tellComparison(record: BenchRecord, { changes, vanished, warnings }: PlanComparison): void {
  if (changes !== undefined) record.changes = [...changes];
  if (vanished !== undefined) record.vanished = [...vanished];
  record.warnings.push(...warnings);
}

/** The base is there twice: once to compare with, and once more to see what the machine makes of no change at all. */
function treesOf(head: Tree, base: Tree | undefined): MeasureJob['trees'] {
  const tree = (revision: Revision, { folder, root }: Tree) => ({ revision, folder, root });
  if (base === undefined) return [tree('head', head)];
  return [tree('base', base), tree('head', head), tree('again', base)];
}

function folderForCopies(): string {
  return mkdtempSync(path.join(tmpdir(), 'kfaas-bench-build-'));
}

/** A source elsewhere in head's checkout is elsewhere in the base's, too; only what is outside of both is the same file. */
function inTree(benchmark: BenchmarkPlan, folder: string, root: string): BenchmarkPlan {
  const { source } = benchmark;
  const isOutside = path.relative(root, source).split(path.sep)[0] === '..';
  return !path.isAbsolute(source) || isOutside ? benchmark : { ...benchmark, source: path.relative(folder, source) };
}

function gather(record: BenchRecord, failures: Failure[], event: WorkerEvent): void {
  switch (event.event) {
    case 'environment':
      record.environments[event.id] = event.environment;
      break;
    case 'benchmark':
      record.benchmarks.push(event.benchmark);
      record.rows.push(...event.rows);
      break;
    case 'warning':
      record.warnings.push(event.warning);
      break;
    case 'failure':
      failures.push(event.failure);
      break;
    case 'vanished':
      record.vanished = [...(record.vanished ?? []), event.benchmark];
      break;
    case 'progress':
    case 'probes':
    case 'captured':
    case 'done':
      break;
  }
}

/** Benchmarks that do not build are told first; readers expect the order of their own config. */
function inPlanOrder(record: BenchRecord, plan: Plan): BenchRecord {
  const place = (name: string): number => plan.benchmarks.findIndex((each) => isPlannedAs(each, name));
  return { ...record, benchmarks: record.benchmarks.toSorted((a, b) => place(a.plan.name) - place(b.plan.name)) };
}

/** The bundle's own hash tells apart what a version number does not. */
function toolOf(version: string): BenchRecord['tool'] {
  const bundle = process.argv[1];
  if (bundle === undefined) return { version };
  try {
    return { version, sha256: createHash('sha256').update(readFileSync(bundle)).digest('hex') };
  } catch {
    return { version };
  }
}
