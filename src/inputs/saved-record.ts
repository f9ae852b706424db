/** A record that an earlier run saved, believed no further than its schema. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { recordSchema, recordVersion, type BenchRecord } from '../domain/record.js';
import type { KfaasError } from '../errors.js';
import { formatBytes } from '../units.js';
import { fileKind } from './files.js';
import { usageError, type Given } from './values.js';

/** A hundred benchmarks of a thousand rounds have a tenth of it. */
const largestRecordBytes = 256 * 1024 * 1024;

const remedy =
  'give a file that `kfaas-bench run --record` of this version saved, or the record.json that the action leaves';

/** Any version of it. */
const anyRecordSchema = z.object({ schema: z.literal('kfaas-bench/record'), version: z.number() });

/** @throws KfaasError (usage) where the file is no record of the version that this tool knows. */
export function readSavedRecord(value: Given, workingDirectory: string): BenchRecord {
  const refuse = (problem: string): KfaasError => usageError(value, `, which ${problem}`, remedy);
  const json = readJson(path.resolve(workingDirectory, value.text), refuse);
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const other = anyRecordSchema.safeParse(json);
  if (other.success && other.data.version !== recordVersion) {
    throw refuse(
      `is a record of version ${String(other.data.version)}, and this tool knows version ${String(recordVersion)}`,
    );
  }
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : `: ${[...issue.path.map(String), issue.message].join(': ')}`;
  throw refuse(`is no record of version ${String(recordVersion)}${where}`);
}

function readJson(file: string, refuse: (problem: string) => KfaasError): unknown {
  const kind = fileKind(file);
  if (kind !== 'file') throw refuse(kind === 'missing' ? 'does not exist' : 'is not a file that can be read');
  const { size } = statSync(file);
  if (size > largestRecordBytes) throw refuse(`has ${formatBytes(size)}, more than ${formatBytes(largestRecordBytes)}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refuse(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
