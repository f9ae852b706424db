/** What is measured where nobody named a source. */
import path from 'node:path';
import type { Plan } from '../domain/plan.js';
import { builtinBenchmarks } from './builtins.js';
import { configName, readConfig } from './config.js';
import { fileKind } from './files.js';
import type { Given } from './values.js';

/** The config file: the given one, else `kfaas.yml` where it exists; else the built-in functions, as a demo. */
export function discoverBenchmarks(
  config: Given | undefined,
  workingDirectory: string,
): Pick<Plan, 'benchmarks' | 'demo'> {
  if (config !== undefined) return { benchmarks: readConfig(config, workingDirectory), demo: false };
  if (fileKind(path.join(workingDirectory, configName)) !== 'missing') {
    return { benchmarks: readConfig({ name: 'config', text: configName }, workingDirectory), demo: false };
  }
  return { benchmarks: builtinBenchmarks(), demo: true };
}
