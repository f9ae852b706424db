/** Why there is no comment, in words that end in what to do. */
import { visible } from '../report/escape.js';
import { isRateLimit, requestErrorOf } from './retry.js';
import type { PullRequest } from './runner.js';

const permissions = ['    permissions:', '      contents: read', '      pull-requests: write'].join('\n');

function forbidden({ fromFork }: PullRequest): string {
  const fork = fromFork
    ? 'This pull request comes from a fork: whatever the workflow says, the token of its run is read-only. Nothing is lost: the job summary, the outputs and the record hold the whole result.'
    : "On a pull request from a fork, or Dependabot's, the token is read-only whatever the workflow says.";
  return `${fork}\nFor pull requests of this repository the job needs:\n\n${permissions}`;
}

function remedy(status: number, pullRequest: PullRequest, rateLimited: boolean): string {
  if (rateLimited) return 'Run the job again later, or comment less often: `comment: on-change`.';
  if (status === 403) return forbidden(pullRequest);
  if (status === 401) return 'Give a valid `github-token`; by default it is the one of the job.';
  if (status === 404) {
    return `Give a \`github-token\` that may see this repository. The job needs:\n\n${permissions}`;
  }
  if (status === 422) return 'Set `comment: never` and take the job summary; please report this with the record.';
  return 'Run the job again, or see https://www.githubstatus.com.';
}

/** @param thrown what Octokit threw at last */
export function commentTrouble(thrown: unknown, pullRequest: PullRequest): string {
  const error = requestErrorOf(thrown);
  const said = visible(thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 500);
  const answer = error?.response === undefined ? said : `HTTP ${error.status}: ${said}`;
  const what = `No comment was written on pull request #${pullRequest.number} (${answer}).`;
  const rateLimited = error !== undefined && isRateLimit(error);
  return `${what}\n${remedy(error?.response === undefined ? 0 : error.status, pullRequest, rateLimited)}`;
}
