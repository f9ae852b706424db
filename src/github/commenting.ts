/** Whether this run comments, and what the log says of it. Best effort: a warning is the worst that comes of it. */
import path from 'node:path';
import { warning } from '@actions/core';
import { exitCodes } from '../errors.js';
import type { ActionSettings } from '../inputs/action.js';
import { given } from '../inputs/request.js';
import { postComment, type CommentResult } from './comment.js';
import { logLines } from './log.js';
import { commentKey } from './marker.js';
import { setOutputs } from './outputs.js';
import type { Runner } from './runner.js';
import type { Told } from './tell.js';

/** Throws only the signal's reason. */
export async function commentOn(told: Told, run: ActionSettings, runner: Runner, signal: AbortSignal): Promise<void> {
  const { pullRequest, repository, apiUrl } = runner;
  const { comment: mode, token } = run;
  if (mode === 'never') {
    logLines('No comment: `comment` is never.');
  } else if (pullRequest === undefined || repository === undefined) {
    logLines(`No comment: the event ${runner.eventName} belongs to no pull request.`);
  } else if (token === undefined) {
    logLines('No comment: `github-token` is empty.');
  } else {
    const marker = { key: commentKey([...runner.job, ...subjectOf(run, runner)]), state: told.state };
    const failed = told.exitCode !== exitCodes.pass;
    const request = { apiUrl, token, repository, pullRequest, mode, failed, marker, render: told.render };
    tellResult(await postComment(request, { signal }));
  }
}

function tellResult(result: CommentResult): void {
  if (result.done === 'failed') {
    warning(result.warning);
  } else if (result.done === 'none') {
    logLines(`No comment: ${result.reason}.`);
  } else {
    logLines(`Comment ${result.done}: ${result.url}`);
    setOutputs({ 'comment-url': result.url });
  }
}

/**
 * What of the job's inputs tells one of its steps, or one leg of a matrix, from another. What is found in the tree is none of it:
 * it changes from push to push, and so does whether there is a plan at all.
 */
function subjectOf({ request, workingDirectory }: ActionSettings, { workspace }: Runner): string[] {
  const named = (['config', 'source', 'program'] as const).map((field) => given(request, field)?.text ?? '');
  return [path.relative(workspace, workingDirectory), ...named];
}
