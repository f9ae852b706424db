/** What calibration compiles and opens before anything is measured. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildBenchmark, type Builds } from '../../src/benchmark/builds.js';
import type { Bench } from '../../src/benchmark/bench.js';
import type { Workshop } from '../../src/build/compile.js';
import { helperNames } from '../../src/build/helper-names.js';
import { buildHarness, linkVariants } from '../../src/build/harness.js';
import { findToolchain } from '../../src/build/toolchain.js';
import { installationFolder } from '../../src/installation.js';
import { gateCount } from '../../src/judge/looks.js';
import { describeEnvironment } from '../../src/load/environment.js';
import { libbpfVersion, openLibbpf, type Libbpf } from '../../src/load/libbpf.js';
import { openUserSide } from '../../src/load/native.js';
import type { MeasureJob } from '../../src/places/protocol.js';
import type { Environment } from '../../src/domain/record.js';
import { compileRunner } from '../../src/twin/compile.js';
import { headNames, heads, programs, writeTree, type HeadName, type ProgramName } from './heads.js';
import { benchmarkPlan, measurementPlan } from './setting.js';

export interface CalibrationShop {
  readonly libbpf: Libbpf;
  readonly environment: Environment;
  /** Where logs go. */
  readonly folder: string;
  /** Head and base, as a comparison builds them. */
  builds(program: ProgramName, head: HeadName): Builds;
  /** What a whole comparison runs in. */
  bench(program: ProgramName, seed: number): Bench & { close(): void };
}

export function calibrationFolder(): string {
  return join(installationFolder(), '.bench', 'calibration');
}

/** Builds everything and then binds the process to one CPU. */
export async function openShop(): Promise<CalibrationShop> {
  const root = installationFolder();
  const folder = calibrationFolder();
  const folders = { cache: join(root, '.bench', 'cache'), output: folder };
  for (const each of Object.values(folders)) mkdirSync(each, { recursive: true });
  const toolchain = await findToolchain(process.env);
  const workshop: Workshop = { toolchain, bpfFolder: join(root, 'bpf'), cacheFolder: folders.cache };
  const harness = await buildHarness(workshop);
  const emptyLibraries = await linkVariants(workshop, harness.emptyObject, 'kfaas_empty');
  const names = await helperNames(toolchain);
  const libbpf = openLibbpf(harness.kernelLibrary);
  const treeOf = (program: ProgramName, head: HeadName): string => join(folder, 'trees', program, head);
  const jobOf = (program: ProgramName, head: HeadName, seed: number): MeasureJob => ({
    protocol: 1,
    kind: 'measure',
    place: 'process',
    trees: [
      { revision: 'head', folder: treeOf(program, head) },
      { revision: 'base', folder: treeOf(program, 'none') },
    ],
    benchmarks: [benchmarkPlan(program)],
    measurement: measurementPlan(seed),
    folders,
  });
  const pinnedCpu = libbpf.highestCpu();
  const twins = { workshop, libbpf, runner: await compileRunner(workshop), cpu: pinnedCpu };
  const built = new Map<string, Builds>();
  for (const program of programs) {
    for (const head of headNames) writeTree(treeOf(program, head), program, heads[head].edits(program));
    for (const head of headNames) {
      const trees = { head: treeOf(program, head), base: treeOf(program, 'none') };
      const site = { workshop, libbpf, job: jobOf(program, head, 1), trees, helperNames: names, twins };
      const builds = await buildBenchmark(site, benchmarkPlan(program));
      if (builds.missingBase !== undefined) throw new Error(`the base of ${program}: ${builds.missingBase.reason}`);
      built.set(`${program} ${head}`, builds);
    }
  }
  libbpf.pinThread(pinnedCpu);
  return {
    libbpf,
    folder,
    environment: describeEnvironment({
      ...{ place: 'process', pinnedCpu, clang: toolchain.version, libbpf: libbpfVersion() },
    }),
    builds(program, head) {
      const builds = built.get(`${program} ${head}`);
      if (builds === undefined) throw new Error(`no build of ${program} ${head}`);
      return builds;
    },
    bench(program, seed) {
      const users = openUserSide(libbpf, harness.nativeProgram);
      const job = jobOf(program, 'none', seed);
      return {
        ...{ job, libbpf, users, clang: workshop.toolchain.clang, emptyLibraries, environment: 'here' },
        gatesOfJob: gateCount(job.benchmarks),
        measurementOf: () => job.measurement,
        emit: () => undefined,
        close: () => {
          users.close();
        },
      };
    },
  };
}
