/**
 * The worker: takes one job, builds, loads, proves and measures, and tells what happens in events. It is spoken to by the
 * protocol only, wherever it runs; what it measured of one benchmark is told before the next begins.
 */
import { mkdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { buildBenchmark, type Builds } from './benchmark/builds.js';
import { readyTrees, type Trees } from './benchmark/trees.js';
import { failedBenchmark, measureBenchmark, type Bench } from './benchmark.js';
import { sha256 } from './build/cache.js';
import type { Workshop } from './build/compile.js';
import { buildHarness, linkVariants } from './build/harness.js';
import { findToolchain } from './build/toolchain.js';
import type { BenchmarkPlan } from './domain/plan.js';
import { failureOf, KfaasError } from './errors.js';
import { installationFolder } from './installation.js';
import { describeEnvironment } from './load/environment.js';
import { libbpfVersion, openLibbpf, type Libbpf } from './load/libbpf.js';
import { openUserSide } from './load/native.js';
import { probeMachine } from './load/probes.js';
import { jobSchema, type Job, type MeasureJob, type WorkerEvent } from './places/protocol.js';

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
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
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
  else await runMeasureJob(job, emit);
}

async function runMeasureJob(job: MeasureJob, emit: Emit): Promise<void> {
  const toolchain = await findToolchain(process.env);
  for (const folder of Object.values(job.folders)) mkdirSync(folder, { recursive: true });
  const workshop = { toolchain, bpfFolder: join(installationFolder(), 'bpf'), cacheFolder: job.folders.cache };
  const harness = await buildHarness(workshop);
  const emptyLibraries = await linkVariants(workshop, harness.emptyObject, 'kfaas_empty');
  const libbpf = openLibbpf(harness.kernelLibrary);
  libbpf.endWithParent();
  const [first] = job.benchmarks;
  const trees = await readyTrees(job, toolchain, (note) => {
    if (first) emit({ event: 'progress', benchmark: first.name, stage: 'build', fraction: 0, note });
  });
  const built = await buildAll(workshop, libbpf, job, trees, emit);

  // From here on nothing is compiled: processes that start now share the measured CPU.
  const pinnedCpu = libbpf.highestCpu();
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
    const bench: Bench = { job, libbpf, users, emptyLibraries, environment: id, emit };
    for (const { plan, builds } of built) measureOne(bench, plan, builds);
  } finally {
    users.close();
  }
}

/** Builds everything before anything is measured; a benchmark that does not build is told at once and left out. */
async function buildAll(
  workshop: Workshop,
  libbpf: Libbpf,
  job: MeasureJob,
  trees: Trees,
  emit: Emit,
): Promise<{ plan: BenchmarkPlan; builds: Builds }[]> {
  const built = [];
  for (const plan of job.benchmarks) {
    emit({ event: 'progress', benchmark: plan.name, stage: 'build', fraction: 0 });
    try {
      built.push({ plan, builds: await buildBenchmark(workshop, libbpf, job, trees, plan) });
    } catch (error) {
      emit({ event: 'benchmark', benchmark: failedBenchmark(plan, failureOf(error)), rows: [] });
    }
  }
  return built;
}

/** What is wrong with the machine ends the job; what is wrong with a benchmark ends the benchmark. */
function measureOne(bench: Bench, plan: BenchmarkPlan, builds: Builds): void {
  bench.emit({ event: 'progress', benchmark: plan.name, stage: 'load', fraction: 0 });
  try {
    bench.emit({ event: 'benchmark', ...measureBenchmark(bench, plan, builds) });
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'environment') throw error;
    bench.emit({ event: 'benchmark', benchmark: failedBenchmark(plan, failure), rows: [] });
  }
}
