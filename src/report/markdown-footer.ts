/** Where a report comes from. */
import type { BenchRecord } from '../domain/record.js';
import { builtFrom, shortCommit } from './base.js';
import { code, prose } from './escape.js';
import type { Origin } from './reproduce.js';

/** What a report says beside the verdict; everything here is the runner's, nothing the pull request's. */
export interface ReportContext {
  readonly toolVersion: string;
  /** Full commit id of what is proposed: the pull request's head. */
  readonly headSha?: string;
  readonly runUrl?: string;
  readonly origin: Origin;
}

/** @param record absent where nothing was measured */
export function footer({ headSha, runUrl, toolVersion }: ReportContext, record?: BenchRecord): string {
  const [head, base] = (['head', 'base'] as const).map((name) => record && builtFrom(record, name)?.commit);
  // Of a pull request what is checked out is a merge commit, which nobody has seen yet.
  const commits = [
    ['commit', headSha ?? head],
    ['checked out', head === headSha ? undefined : headSha && head],
    ['base', base],
  ] as const;
  const parts = [
    `kfaas-bench ${prose(toolVersion)}`,
    ...commits.flatMap(([label, commit]) => (commit === undefined ? [] : [`${label} ${code(shortCommit(commit))}`])),
    ...(runUrl === undefined ? [] : [`[this run](<${encodeURI(runUrl)}>)`]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}
