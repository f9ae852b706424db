/** A run as one JSON document, for programs: what was measured and what the judge says of it. */
import type { BenchRecord } from '../domain/record.js';
import type { RunVerdict } from '../domain/verdict.js';

/** `{ record, verdict }` on one line; a benchmark's record stands in `record` only. */
export function renderJson(verdict: RunVerdict, record: BenchRecord): string {
  const benchmarks = verdict.benchmarks.map((benchmark) => ({ ...benchmark, record: undefined }));
  return `${JSON.stringify({ record, verdict: { ...verdict, benchmarks } })}\n`;
}
