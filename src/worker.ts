/**
 * The worker: takes one job, builds, loads, proves and measures, and tells what happens in events. It is spoken to by the
 * protocol only, wherever it runs; what it measured of one benchmark is told before the next begins.
 */
import { mkdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './benchmark/bench.js';
import { buildBenchmark, type Builds } from './benchmark/builds.js';
import type { Site } from './benchmark/site.js';
import { everyProgram } from './benchmark/every.js';
import { readyTrees } from './benchmark/trees.js';
import { failedBenchmark, measureBenchmark } from './benchmark.js';
import { sha256 } from './build/cache.js';
import { buildHarness, linkVariants } from './build/harness.js';
import { helperNames } from './build/helper-names.js';
import { findToolchain } from './build/toolchain.js';
import type { BenchmarkPlan } from './domain/plan.js';
import type { BenchmarkRecord } from './domain/record.js';
import { failureOf, KfaasError } from './errors.js';
import { installationFolder } from './installation.js';
import { gateCount } from './judge/looks.js';
import { measurementOf } from './judge/measurement.js';
import { describeEnvironment } from './load/environment.js';
import { libbpfVersion, openLibbpf } from './load/libbpf.js';
import { openUserSide } from './load/native.js';
import { NotPermittedHere } from './load/refusal.js';
import { probeMachine } from './load/probes.js';
import { jobSchema, type Job, type MeasureJob, type WorkerEvent } from './places/protocol.js';
import { captureMaps } from './twin/capture.js';
import { compileRunner } from './twin/compile.js';

type Emit = (event: WorkerEvent) => void;

/** Reads the job from standard input and writes events to standard output. Settles when all is told; never rejects. */
export async function runWorker(): Promise<void> {
  try {
    await runJob(readJob(), emit);
  } catch (error) {
    emit({ event: 'failure', failure: failureOf(error) });
  }
  emit({ event: 'done' });
}

function emit(event: WorkerEvent): void {
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < bytes.length;) at += written(bytes, at);
}

/** A pipe that is full is no failure, and may say so instead of waiting: whoever gave it to us may have made it so. */
function written(bytes: Buffer, at: number): number {
  try {
    return writeSync(1, bytes, at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

function readJob(): Job {
  const parsed = jobSchema.safeParse(JSON.parse(readFileSync(0, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new KfaasError({
    kind: 'internal',
    message: `the worker was given a job that it does not understand: ${parsed.error.message}`,
    remedy: 'run the worker of the version of kfaas-bench that started it',
  });
}

async function runJob(job: Job, emit: Emit): Promise<void> {
  if (job.kind === 'probe') emit({ event: 'probes', probes: await probeMachine() });
  else if (job.kind === 'capture') emit({ event: 'captured', captured: captureMaps(job.target, job.limit) });
  else await runMeasureJob(job, emit);
}

async function runMeasureJob(job: MeasureJob, emit: Emit): Promise<void> {
  const toolchain = await findToolchain(process.env);
  for (const folder of Object.values(job.folders)) mkdirSync(folder, { recursive: true });
  const workshop = { toolchain, bpfFolder: join(installationFolder(), 'bpf'), cacheFolder: job.folders.cache };
  const harness = await buildHarness(workshop);
  const emptyLibraries = await linkVariants(workshop, harness.emptyObject, 'kfaas_empty');
  const names = await helperNames(toolchain);
  const runner = await compileRunner(workshop);
  const libbpf = openLibbpf(harness.kernelLibrary);
  libbpf.endWithParent();
  const [first] = job.benchmarks;
  const trees = await readyTrees(job, toolchain, (note) => {
    if (first) emit({ event: 'progress', benchmark: first.name, stage: 'build', fraction: 0, note });
  });
  const pinnedCpu = libbpf.highestCpu();
  const twins = { workshop, libbpf, runner, cpu: pinnedCpu };
  const { built, gatesOfJob } = await buildAll({ workshop, libbpf, job, trees, helperNames: names, twins }, emit);

  // From here on nothing is compiled: processes that start now share the measured CPU.
  libbpf.pinThread(pinnedCpu);
  const environment = describeEnvironment({
    place: job.place,
    pinnedCpu,
    clang: toolchain.version,
    libbpf: libbpfVersion(),
  });
  const id = sha256(JSON.stringify(environment)).slice(0, 12);
  emit({ event: 'environment', id, environment });

  const users = openUserSide(libbpf, harness.nativeProgram);
  try {
    const bench: Bench = {
      ...{ job, gatesOfJob, libbpf, users, emptyLibraries, environment: id, emit },
      clang: toolchain.clang,
      measurementOf: (plan) => measurementOf(plan, job.measurement),
    };
    for (const { plan, builds } of built) measureOne(bench, plan, builds);
  } finally {
    users.close();
  }
}

/**
 * Builds everything before anything is measured; a benchmark that does not build is told at once and left out. The gates are of all
 * that are told of, as the judge counts them.
 */
async function buildAll(
  site: Site,
  emit: Emit,
): Promise<{ built: { plan: BenchmarkPlan; builds: Builds }[]; gatesOfJob: number }> {
  const built = [];
  const plans: BenchmarkPlan[] = [];
  const leaveOut = (benchmark: BenchmarkRecord): void => {
    emit({ event: 'benchmark', benchmark, rows: [] });
  };
  for (const entry of site.job.benchmarks) {
    emit({ event: 'progress', benchmark: entry.name, stage: 'build', fraction: 0 });
    const found = await expanded(site, entry, emit);
    if ('programs' in found) {
      plans.push(entry);
      leaveOut(found);
      continue;
    }
    for (const plan of found) {
      plans.push(plan);
      try {
        built.push({ plan, builds: await buildBenchmark(site, plan) });
      } catch (error) {
        leaveOut(failedBenchmark(plan, failureOf(error)));
      }
    }
  }
  return { built, gatesOfJob: gateCount(plans) };
}

/** One plan for each program of what stands for them all; how it ends where there is none to be had. */
async function expanded(site: Site, plan: BenchmarkPlan, emit: Emit): Promise<BenchmarkPlan[] | BenchmarkRecord> {
  if (plan.every === undefined || plan.program !== undefined) return [plan];
  try {
    const found = await everyProgram(site, plan);
    if ('programs' in found) return found;
    for (const benchmark of found.vanished) emit({ event: 'vanished', benchmark });
    return [...found.plans];
  } catch (error) {
    return failedBenchmark(plan, failureOf(error));
  }
}

/** What is wrong with the machine ends the job; what is wrong with a benchmark ends the benchmark. */
function measureOne(bench: Bench, plan: BenchmarkPlan, builds: Builds): void {
  bench.emit({ event: 'progress', benchmark: plan.name, stage: 'load', fraction: 0 });
  try {
    bench.emit({ event: 'benchmark', ...measureBenchmark(bench, plan, builds) });
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'environment' && !(error instanceof NotPermittedHere)) throw error;
    bench.emit({ event: 'benchmark', benchmark: failedBenchmark(plan, failure), rows: [] });
  }
}
