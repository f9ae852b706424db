/** Where a report comes from. */
import { code, prose } from './escape.js';
import type { Origin } from './reproduce.js';

/** What a report says beside the verdict; everything here is the runner's, nothing the pull request's. */
export interface ReportContext {
  readonly toolVersion: string;
  /** Full commit id of what was measured. */
  readonly headSha?: string;
  readonly runUrl?: string;
  readonly origin: Origin;
}

export function footer({ headSha, runUrl, toolVersion }: ReportContext): string {
  const parts = [
    `kfaas-bench ${prose(toolVersion)}`,
    ...(headSha === undefined ? [] : [`commit ${code(headSha.slice(0, 7))}`]),
    ...(runUrl === undefined ? [] : [`[this run](<${encodeURI(runUrl)}>)`]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}
