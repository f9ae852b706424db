/**
 * The action: inputs → place → pipeline → judge → record, summary, outputs, annotations → comment → exit code. Whatever the
 * comment's fate, all else is written before it is tried.
 */
import path from 'node:path';
import { warning } from '@actions/core';
import { makeFolder } from './cli/folders.js';
import { Interruption, interruptible } from './cli/interrupt.js';
import type { BenchRecord } from './domain/record.js';
import { exitCodeOf, exitCodes, failureOf, type ExitCode, type Failure } from './errors.js';
import { annotate, annotationsOf, failureAnnotation } from './github/annotations.js';
import { postComment, type CommentResult } from './github/comment.js';
import { inGroup, logLines, progressLog, withoutCommands } from './github/log.js';
import { commentKey, failureState, verdictState } from './github/marker.js';
import { outputsOf, outputsOfFailure, setOutputs } from './github/outputs.js';
import { readRunner, type Runner } from './github/runner.js';
import { longestSummary, writeSummary } from './github/summary.js';
import { giveToOwner, makeOutputFolder, outputName, removeUnused, writeRecord } from './github/workspace.js';
import { readActionInputs, type ActionRun } from './inputs/action.js';
import { toolVersion } from './installation.js';
import { exitCodeOfVerdict } from './judge/exit-code.js';
import { judgeRecord } from './judge/judge.js';
import { measurePlan } from './pipeline.js';
import { choosePlace } from './places/choose.js';
import { renderFailure } from './report/markdown-failure.js';
import type { ReportContext } from './report/markdown-footer.js';
import { renderMarkdown } from './report/markdown.js';
import { renderTerminal } from './report/terminal.js';

/** What is told of a run, in whatever room there is. */
interface Told {
  readonly exitCode: ExitCode;
  /** The log's last line. */
  readonly sentence: string;
  /** What the comment is compared by. */
  readonly state: string;
  readonly render: (maxCharacters: number) => string;
}

/** @returns the exit code; whatever goes wrong is told in the log and the job's summary, and never thrown. */
export async function runAction(): Promise<ExitCode> {
  const runner = readRunner(process.env);
  try {
    return await interruptible((signal) => perform(runner, signal));
  } catch (thrown) {
    if (thrown instanceof Interruption) {
      logLines(thrown.message);
      return thrown.exitCode;
    }
    return (await tellFailure(failureOf(thrown), runner)).exitCode;
  }
}

async function perform(runner: Runner, signal: AbortSignal): Promise<ExitCode> {
  const run = readActionInputs();
  const told = await measureAndTell(run, runner, signal).catch((thrown: unknown) => {
    signal.throwIfAborted();
    return tellFailure(failureOf(thrown), runner, run);
  });
  await comment(run, runner, told, signal);
  logLines(told.sentence);
  return told.exitCode;
}

async function measureAndTell(run: ActionRun, runner: Runner, signal: AbortSignal): Promise<Told> {
  const output = makeOutputFolder(runner.workspace, runner.step);
  const cache = path.join(runner.temporaryFolder, 'kfaas-bench-cache');
  makeFolder(cache, 'see that RUNNER_TEMP names a folder that may be written to');
  try {
    const { record, failures } = await inGroup('Build, prove and measure', async () =>
      measurePlan(run.plan, {
        place: await choosePlace(),
        workingDirectory: run.workingDirectory,
        cacheFolder: cache,
        outputFolder: output,
        toolVersion: toolVersion(),
        onEvent: progressLog(),
        signal,
      }),
    );
    return await tell(record, failures, writeRecord(output, record), run, runner);
  } finally {
    removeUnused(output);
    for (const folder of [path.join(runner.workspace, outputName), cache]) giveToOwner(runner.workspace, folder);
  }
}

async function tell(
  record: BenchRecord,
  failures: readonly Failure[],
  recordFile: string,
  run: ActionRun,
  runner: Runner,
): Promise<Told> {
  const verdict = judgeRecord(record, failures);
  const context = contextOf(runner, run);
  const render = (maxCharacters: number): string => renderMarkdown(verdict, record, context, maxCharacters);
  await withoutCommands(() => logLines(renderTerminal(verdict, record, { color: false })));
  await writeSummary(render(longestSummary));
  setOutputs(outputsOf(verdict, path.relative(runner.workspace, recordFile)));
  annotationsOf(
    verdict,
    { workspace: runner.workspace, workingDirectory: run.workingDirectory },
    run.failOnInconclusive,
  ).forEach(annotate);
  const sentence = `${verdict.outcome}: ${verdict.sentence}`;
  return { exitCode: exitCodeOfVerdict(verdict, run), sentence, state: verdictState(verdict), render };
}

async function tellFailure(failure: Failure, runner: Runner, run?: ActionRun): Promise<Told> {
  const markdown = renderFailure(failure, contextOf(runner, run));
  const { workspace } = runner;
  annotate(failureAnnotation(failure, { workspace, workingDirectory: run?.workingDirectory ?? workspace }));
  await writeSummary(markdown);
  setOutputs(outputsOfFailure(failure));
  const sentence = `${failure.message}; ${failure.remedy}`;
  return { exitCode: exitCodeOf(failure), sentence, state: failureState(failure), render: () => markdown };
}

/** Best effort: a warning is the worst that comes of it. */
async function comment(run: ActionRun, runner: Runner, told: Told, signal: AbortSignal): Promise<void> {
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
    tellComment(await postComment(request, { signal }));
  }
}

function tellComment(result: CommentResult): void {
  if (result.done === 'failed') {
    warning(result.warning);
  } else if (result.done === 'none') {
    logLines(`No comment: ${result.reason}.`);
  } else {
    logLines(`Comment ${result.done}: ${result.url}`);
    setOutputs({ 'comment-url': result.url });
  }
}

/** What of the job's inputs tells one of its steps, or one leg of a matrix, from another. */
function subjectOf({ plan, configPath, workingDirectory }: ActionRun, { workspace }: Runner): string[] {
  const named = plan.benchmarks.flatMap(({ source, program = '' }) => [source, program]);
  return [
    path.relative(workspace, workingDirectory),
    ...(plan.demo ? [] : configPath === undefined ? named : [configPath]),
  ];
}

function contextOf({ headSha, runUrl, workspace }: Runner, run?: ActionRun): ReportContext {
  const folder = run && path.relative(workspace, run.workingDirectory);
  return {
    toolVersion: toolVersion(),
    ...(headSha === undefined ? {} : { headSha }),
    ...(runUrl === undefined ? {} : { runUrl }),
    origin: {
      ...(run?.configPath === undefined ? {} : { configPath: run.configPath }),
      ...(folder === undefined || folder === '' ? {} : { workingDirectory: folder }),
    },
  };
}
