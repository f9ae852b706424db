/** What is measured where nobody named a source. */
import path from 'node:path';
import type { BenchmarkPlan, Plan } from '../domain/plan.js';
import { builtinBenchmarks } from './builtins.js';
import { configName, readConfig } from './config.js';
import { fileKind } from './files.js';
import { defaultGrowth } from './limits.js';
import type { ObjectsAre } from './objects.js';
import { allBuiltinPackets } from './packet-set.js';
import { findProgramFiles } from './program-files.js';
import { usageError, type Given } from './values.js';

export interface Found extends Pick<Plan, 'benchmarks' | 'build' | 'demo'> {
  /** The config file that was read, from the working directory. */
  readonly configPath?: string;
}

/**
 * The config file: the given one, else `kfaas.yml` where it exists; else every program that is found in the working
 * directory; else the built-in functions, as a demo.
 */
export function discoverBenchmarks(
  config: Given | undefined,
  workingDirectory: string,
  objectsAre?: ObjectsAre,
): Found {
  const exists = fileKind(path.join(workingDirectory, configName)) !== 'missing';
  const read = config ?? (exists ? { name: 'config', text: configName } : undefined);
  if (read !== undefined)
    return { ...readConfig(read, workingDirectory, objectsAre), demo: false, configPath: read.text };
  rejectMisnamedConfig(workingDirectory);
  const found = findProgramFiles(workingDirectory);
  if (found.length === 0) return { benchmarks: builtinBenchmarks(), demo: true };
  return { benchmarks: found.map(discoveredBenchmark), demo: false };
}

/** Passed over in silence, it would leave something else than what it says to be gated. */
function rejectMisnamedConfig(workingDirectory: string): void {
  const text = 'kfaas.yaml';
  if (fileKind(path.join(workingDirectory, text)) === 'missing') return;
  throw usageError({ name: 'config', text }, ', which is not looked for', `rename it to ${configName}`);
}

function discoveredBenchmark({ name, file, isObject }: ReturnType<typeof findProgramFiles>[number]): BenchmarkPlan {
  return {
    name,
    source: file,
    ...(isObject ? { object: {} } : {}),
    cflags: [],
    every: true,
    inputs: allBuiltinPackets(),
    genericInputs: true,
    expect: {},
    limits: { growth: defaultGrowth },
  };
}
