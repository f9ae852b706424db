/** The product's sentence: plan → place (build → load → prove → measure ⇄ judge) → record → judge → report. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plan } from './domain/plan.js';
import { recordVersion, type BenchRecord } from './domain/record.js';
import { KfaasError, type Failure } from './errors.js';
import type { Place } from './places/place.js';
import { protocolVersion, type WorkerEvent } from './places/protocol.js';

/** Where a plan is carried out, and who listens. */
export interface Surroundings {
  readonly place: Place;
  /** The tree of head; absolute. */
  readonly workingDirectory: string;
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
 * rejects. So does the signal, with its reason.
 */
export async function measurePlan(
  plan: Plan,
  surroundings: Surroundings,
): Promise<{ record: BenchRecord; failures: Failure[] }> {
  const { place, workingDirectory, cacheFolder, outputFolder, onEvent, signal } = surroundings;
  const record: BenchRecord = {
    schema: 'kfaas-bench/record',
    version: recordVersion,
    tool: toolOf(surroundings.toolVersion),
    createdAt: new Date().toISOString(),
    measurement: plan.measurement,
    demo: plan.demo,
    environments: {},
    benchmarks: [],
    rows: [],
    warnings: [],
  };
  const failures: Failure[] = [];
  try {
    await place.run(
      {
        protocol: protocolVersion,
        kind: 'measure',
        place: place.name,
        trees: [{ revision: 'head', folder: workingDirectory }],
        benchmarks: plan.benchmarks,
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
  }
  return { record: inPlanOrder(record, plan), failures };
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
    case 'progress':
    case 'probes':
    case 'done':
      break;
  }
}

/** Benchmarks that do not build are told first; readers expect the order of their own config. */
function inPlanOrder(record: BenchRecord, plan: Plan): BenchRecord {
  const order = plan.benchmarks.map(({ name }) => name);
  const place = (name: string): number => order.indexOf(name);
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
