/** What is measured where nobody named a source. */
import path from 'node:path';
import type { Plan } from '../domain/plan.js';
import { builtinBenchmarks } from './builtins.js';
import { configName, readConfig } from './config.js';
import { fileKind } from './files.js';
import { usageError, type Given } from './values.js';

export interface Found extends Pick<Plan, 'benchmarks' | 'demo'> {
  /** The config file that was read, from the working directory. */
  readonly configPath?: string;
}

/** The config file: the given one, else `kfaas.yml` where it exists; else the built-in functions, as a demo. */
export function discoverBenchmarks(config: Given | undefined, workingDirectory: string): Found {
  const exists = fileKind(path.join(workingDirectory, configName)) !== 'missing';
  const read = config ?? (exists ? { name: 'config', text: configName } : undefined);
  if (read === undefined) {
    rejectMisnamedConfig(workingDirectory);
    return { benchmarks: builtinBenchmarks(), demo: true };
  }
  return { benchmarks: readConfig(read, workingDirectory), demo: false, configPath: read.text };
}

/** Passed over in silence, it would leave the built-in functions to be gated. */
function rejectMisnamedConfig(workingDirectory: string): void {
  const text = 'kfaas.yaml';
  if (fileKind(path.join(workingDirectory, text)) === 'missing') return;
  throw usageError({ name: 'config', text }, ', which is not looked for', `rename it to ${configName}`);
}
