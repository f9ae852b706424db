/** The one comment of this job on its pull request: found again by its marker and its author, created once, then updated. */
import { getOctokit } from '@actions/github';
import type { CommentMode } from '../inputs/action.js';
import { commentTrouble } from './comment-trouble.js';
import { markerLine, markerOf, type Marker } from './marker.js';
import { isRateLimit, requestErrorOf, withRetries } from './retry.js';
import type { PullRequest } from './runner.js';

/** GitHub answers 422 beyond this many characters. */
const longestComment = 65_536;
/** Where GitHub counts differently after all: what is tried next. */
const shorterComments = [longestComment, 32_000, 4_000];

export interface CommentRequest {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly pullRequest: PullRequest;
  readonly mode: Exclude<CommentMode, 'never'>;
  /** Whether this run turns the job red. */
  readonly failed: boolean;
  readonly marker: Marker;
  /** The comment's Markdown in at most so many UTF-16 units. */
  readonly render: (maxCharacters: number) => string;
}

export interface CommentOptions {
  readonly signal: AbortSignal;
  readonly budgetMs?: number;
  readonly firstDelayMs?: number;
}

export type CommentResult =
  | { readonly done: 'created' | 'updated' | 'unchanged'; readonly url: string }
  | { readonly done: 'none'; readonly reason: string }
  /** The text for a warning: what GitHub said, and the remedy. Never the cause of a red job. */
  | { readonly done: 'failed'; readonly warning: string };

type Octokit = ReturnType<typeof getOctokit>;
type FoundComment = Awaited<ReturnType<Octokit['rest']['issues']['listComments']>>['data'][number];

export async function postComment(request: CommentRequest, options: CommentOptions): Promise<CommentResult> {
  const { signal, budgetMs = 60_000, firstDelayMs = 1_000 } = options;
  try {
    const octokit = getOctokit(request.token, { baseUrl: request.apiUrl });
    return await withRetries((bounded) => upsert(octokit, request, bounded), { budgetMs, firstDelayMs, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    return { done: 'failed', warning: commentTrouble(thrown, request.pullRequest) };
  }
}

/** Searches each time that it is tried: an answer may have been lost after the comment was created. */
async function upsert(octokit: Octokit, request: CommentRequest, signal: AbortSignal): Promise<CommentResult> {
  const { mode, failed, marker } = request;
  const own = await findOwn(octokit, request, signal);
  if (own === undefined) {
    if (mode === 'on-failure' && !failed) return { done: 'none', reason: 'nothing failed, and comment is on-failure' };
    return write(octokit, request, undefined, signal);
  }
  if (mode === 'on-change' && markerOf(own.body ?? '')?.state === marker.state) {
    return { done: 'unchanged', url: own.html_url };
  }
  return write(octokit, request, own.id, signal);
}

async function findOwn(
  octokit: Octokit,
  { repository, pullRequest, marker }: CommentRequest,
  signal: AbortSignal,
): Promise<FoundComment | undefined> {
  const perPage = 100;
  let viewer: string | undefined;
  for (let page = 1; ; page += 1) {
    const { data, headers } = await octokit.rest.issues.listComments({
      ...repository,
      issue_number: pullRequest.number,
      per_page: perPage,
      page,
      request: { signal },
    });
    for (const comment of data) {
      if (markerOf(comment.body ?? '')?.key !== marker.key) continue;
      viewer ??= await viewerLogin(octokit, signal);
      if (isBy(comment, viewer)) return comment;
    }
    if (data.length < perPage && !/rel="next"/.test(headers.link ?? '')) return undefined;
  }
}

/** GraphQL names an app by its bot's login, or without its suffix. */
function isBy(comment: FoundComment, viewer: string): boolean {
  const { login, type } = comment.user ?? { login: '', type: '' };
  return login === viewer || (type === 'Bot' && login === `${viewer}[bot]`);
}

/** Whose token it is: GITHUB_TOKEN can ask by GraphQL only; where neither can be asked it is taken for GITHUB_TOKEN. */
async function viewerLogin(octokit: Octokit, signal: AbortSignal): Promise<string> {
  try {
    const query = '{ viewer { login } }';
    return (await octokit.graphql<{ viewer: { login: string } }>(query, { request: { signal } })).viewer.login;
  } catch {
    signal.throwIfAborted();
  }
  try {
    return (await octokit.rest.users.getAuthenticated({ request: { signal } })).data.login;
  } catch (thrown) {
    const error = requestErrorOf(thrown);
    if (error === undefined || error.status >= 500 || isRateLimit(error)) throw thrown;
    return 'github-actions[bot]';
  }
}

/** @param id of the comment to update; absent: a new one */
async function write(
  octokit: Octokit,
  request: CommentRequest,
  id: number | undefined,
  signal: AbortSignal,
): Promise<CommentResult> {
  const { repository, pullRequest, marker, render } = request;
  const { issues } = octokit.rest;
  const line = markerLine(marker);
  let tooLong: unknown;
  for (const characters of shorterComments) {
    const body = line + render(characters - line.length);
    const common = { ...repository, body, request: { signal } };
    try {
      const { data } =
        id === undefined
          ? await issues.createComment({ ...common, issue_number: pullRequest.number })
          : await issues.updateComment({ ...common, comment_id: id });
      return { done: id === undefined ? 'created' : 'updated', url: data.html_url };
    } catch (thrown) {
      const error = requestErrorOf(thrown);
      // Deleted since it was found.
      if (id !== undefined && error?.status === 404) return write(octokit, request, undefined, signal);
      if (error?.status !== 422 || !/too long/i.test(error.message)) throw thrown;
      tooLong = thrown;
    }
  }
  throw tooLong;
}
