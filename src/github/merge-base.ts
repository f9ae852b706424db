/** The merge base as GitHub knows it: a shallow checkout has no history to find it in. */
import { getOctokit } from '@actions/github';
import { KfaasError } from '../errors.js';
import { requestErrorOf, withRetries } from './retry.js';

export interface History {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly signal: AbortSignal;
}

/**
 * @param branch of the repository
 * @param commit full id, of the repository or of a fork
 * @returns the full id of the merge base of both
 * @throws KfaasError (environment) with what GitHub said; the signal's reason
 */
export async function mergeBaseByApi(history: History, branch: string, commit: string): Promise<string> {
  const { apiUrl, token, repository, signal } = history;
  const { repos } = getOctokit(token, { baseUrl: apiUrl }).rest;
  const basehead = `${branch}...${commit}`;
  try {
    const { data } = await withRetries(
      (bounded) =>
        repos.compareCommitsWithBasehead({ ...repository, basehead, per_page: 1, request: { signal: bounded } }),
      { budgetMs: 60_000, firstDelayMs: 1_000, signal },
    );
    return data.merge_base_commit.sha;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = requestErrorOf(thrown);
    const reason = error === undefined ? String(thrown) : `HTTP ${error.status}, ${error.message}`;
    throw new KfaasError(
      {
        kind: 'environment',
        message: `GitHub does not tell the merge base of ${branch} and ${commit.slice(0, 7)}: ${reason}`,
        remedy:
          'give the job `permissions: contents: read`; or check out the whole history: actions/checkout with `fetch-depth: 0`',
      },
      { cause: thrown },
    );
  }
}
