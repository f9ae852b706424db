/** What the benches share: the project's own stages on the project's own bench programs, without the rest. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { statisticsWatch as watchStatistics } from '../src/benchmark/statistics.js';
import { compileUnit, type Workshop } from '../src/build/compile.js';
import { buildHarness } from '../src/build/harness.js';
import { findToolchain } from '../src/build/toolchain.js';
import { installationFolder } from '../src/installation.js';
import { openLibbpf, type Libbpf } from '../src/load/libbpf.js';
import { isRunnable, loadProgram, type RunnableProgram } from '../src/load/object.js';

export interface Bench {
  readonly workshop: Workshop;
  readonly libbpf: Libbpf;
  readonly cpu: number;
  load(source: string, program: string, cflags?: readonly string[]): Promise<RunnableProgram>;
}

export async function openBench(): Promise<Bench> {
  const root = installationFolder();
  const cacheFolder = join(root, '.bench', 'cache');
  mkdirSync(cacheFolder, { recursive: true });
  const toolchain = await findToolchain(process.env);
  const workshop: Workshop = { toolchain, bpfFolder: join(root, 'bpf'), cacheFolder };
  const { kernelLibrary } = await buildHarness(workshop);
  const libbpf = openLibbpf(kernelLibrary);
  const cpu = libbpf.highestCpu();
  return {
    workshop,
    libbpf,
    cpu,
    async load(source, program, cflags = []) {
      const unit = { tree: join(root, 'bench', 'programs'), source, cflags };
      const { bpf } = await compileUnit(workshop, unit);
      const loaded = loadProgram(libbpf, { object: bpf, source, program, logFile: join(cacheFolder, 'verifier.log') });
      if (!isRunnable(loaded)) throw new Error(`${program} has no test run`);
      return loaded;
    },
  };
}

/** The product's own, which tells nobody here. */
export function statisticsWatch(): { wereOn: () => void; wasDisturbed: () => boolean } {
  return watchStatistics('bench', () => undefined);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the mean, from the spread of the values. */
export function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
}

/** A Markdown table, columns padded. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => `${'-'.repeat(width - 1)}:`).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
