/** A pull request as GitHub and actions/checkout leave it: a merge commit that was checked out alone, its base on the server. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { checkoutOf, commit, git, makeRepository, write } from '../integration/trees/scratch.js';
import type { Github } from './e2e-github.js';
import { pullRequestEvent, secrets } from './e2e-job.js';
import type { Step } from './e2e-step.js';

type Files = Readonly<Record<string, string>>;

export interface PullRequest {
  /** Full ids: the base branch, what is proposed, and the merge of both. */
  readonly commits: { readonly base: string; readonly head: string; readonly merge: string };
  /** Repositories by their path on the server, for its script. */
  readonly git: { readonly folder: string; readonly token: string };
  /** The payload. */
  readonly event: unknown;
  /** What the runner tells beside it. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * As actions/checkout does with `fetch-depth: 1`.
   * @param serverUrl where the repository is said to be from
   * @param ref default: the merge commit
   */
  checkOut(workspace: string, serverUrl: string, ref?: string): void;
}

interface Branches {
  readonly base: Files;
  /** A file that it does not name is the base's. */
  readonly head: Files;
  /** Files of the base that are gone from the merge. */
  readonly removed?: readonly string[];
}

/** Pull request 7 of octo/kit into main. */
export function pullRequest({ base, head, removed = [] }: Branches): PullRequest {
  const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-e2e-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const upstream = makeRepository(path.join(folder, 'octo/kit'));
  const writeAll = (files: Files) => Object.entries(files).forEach(([file, text]) => write(upstream, file, text));
  writeAll({ 'README.md': 'A kit.\n' });
  commit(upstream, 'where the branch starts');
  git(upstream, 'checkout', '--quiet', '-b', 'faster');
  writeAll(head);
  const proposed = commit(upstream, 'the change');
  git(upstream, 'checkout', '--quiet', 'main');
  writeAll(base);
  const main = commit(upstream, 'what it is merged into');
  git(upstream, 'checkout', '--quiet', '--detach');
  git(upstream, 'merge', '--quiet', '--no-ff', '--no-edit', '-X', 'theirs', 'faster');
  for (const file of removed) git(upstream, 'rm', '--quiet', file);
  git(upstream, 'commit', '--quiet', '--amend', '--no-edit');
  const merge = git(upstream, 'rev-parse', 'HEAD');
  git(upstream, 'update-ref', 'refs/pull/7/merge', merge);
  git(upstream, 'checkout', '--quiet', 'main');
  const { pull_request: pull } = pullRequestEvent;
  return {
    commits: { base: main, head: proposed, merge },
    git: { folder, token: secrets.token },
    event: {
      ...pullRequestEvent,
      pull_request: { ...pull, head: { ...pull.head, sha: proposed }, base: { ...pull.base, ref: 'main' } },
    },
    env: { GITHUB_SHA: merge },
    checkOut(workspace, serverUrl, ref = 'refs/pull/7/merge') {
      checkoutOf(upstream, workspace, ref);
      git(workspace, 'remote', 'set-url', 'origin', `${serverUrl}/octo/kit`);
      const basic = Buffer.from('x-access-token:of-the-checkout-step').toString('base64');
      git(workspace, 'config', '--local', `http.${serverUrl}/.extraheader`, `AUTHORIZATION: basic ${basic}`);
    },
  };
}

/** The action on what of it was checked out, with few iterations; `files` lie in the workspace and in no commit. */
export function stepOf(pull: PullRequest, github: Github, { with: inputs, ...step }: Partial<Step> = {}): Step {
  return {
    github,
    event: pull.event,
    env: { ...pull.env, GITHUB_SERVER_URL: github.apiUrl },
    prepare: ({ workspace }) => {
      pull.checkOut(workspace, github.apiUrl);
      execFileSync('chown', ['-R', '1001:121', workspace]); // git trusts no other user's checkout by itself
    },
    with: { iterations: '20000', ...inputs },
    ...step,
  };
}
