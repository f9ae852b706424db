/** Record, summary, outputs and annotations of a run: everything but the comment, which may fail. */
import path from 'node:path';
import type { BenchRecord } from '../domain/record.js';
import { exitCodeOf, type ExitCode, type Failure } from '../errors.js';
import type { ActionRun } from '../inputs/action.js';
import { toolVersion } from '../installation.js';
import { exitCodeOfVerdict } from '../judge/exit-code.js';
import { judgeRecord } from '../judge/judge.js';
import { renderFailure } from '../report/markdown-failure.js';
import type { ReportContext } from '../report/markdown-footer.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderTerminal } from '../report/terminal.js';
import { annotate, annotationsOf, failureAnnotation } from './annotations.js';
import { logLines, withoutCommands } from './log.js';
import { failureState, verdictState } from './marker.js';
import { outputsOf, outputsOfFailure, setOutputs } from './outputs.js';
import type { Runner } from './runner.js';
import { longestSummary, writeSummary } from './summary.js';
import { pathsInWorkspace, writeRecord } from './workspace.js';

/** What is still to be said, in whatever room there is. */
export interface Told {
  readonly exitCode: ExitCode;
  /** The log's last line. */
  readonly sentence: string;
  /** What an earlier comment is compared by. */
  readonly state: string;
  readonly render: (maxCharacters: number) => string;
}

export interface Measured {
  readonly record: BenchRecord;
  readonly failures: readonly Failure[];
}

/** @param outputFolder where the record is written */
export async function tell(measured: Measured, outputFolder: string, run: ActionRun, runner: Runner): Promise<Told> {
  const { workspace } = runner;
  const { record, failures } = withPathsInWorkspace(measured, workspace);
  const recordFile = writeRecord(outputFolder, record);
  const verdict = judgeRecord(record, failures);
  const context = contextOf(runner, run);
  const render = (maxCharacters: number): string => renderMarkdown(verdict, record, context, maxCharacters);
  await withoutCommands(() => logLines(renderTerminal(verdict, record, { color: false, surface: 'workflow' })));
  await writeSummary(render(longestSummary));
  setOutputs(outputsOf(verdict, path.relative(workspace, recordFile)));
  const tree = { workspace, workingDirectory: run.workingDirectory };
  annotationsOf(verdict, tree, run.failOnInconclusive).forEach(annotate);
  const sentence = `${verdict.outcome}: ${verdict.sentence}`;
  return { exitCode: exitCodeOfVerdict(verdict, run), sentence, state: verdictState(verdict, record), render };
}

/** Where a run's paths start, and what it was planned from, as far as it came. */
type Origin = Pick<ActionRun, 'workingDirectory' | 'configPath'>;

/** Of a run that ended before there was anything to judge. @param run absent where its inputs are the failure */
export async function tellFailure(failure: Failure, runner: Runner, run?: Origin): Promise<Told> {
  const { workspace } = runner;
  const shown = pathsInWorkspace(failure, workspace);
  const markdown = renderFailure(shown, contextOf(runner, run));
  annotate(failureAnnotation(shown, { workspace, workingDirectory: run?.workingDirectory ?? workspace }));
  await writeSummary(markdown);
  setOutputs(outputsOfFailure(shown));
  const sentence = `${shown.message}; ${shown.remedy}`;
  return { exitCode: exitCodeOf(shown), sentence, state: failureState(shown), render: () => markdown };
}

function withPathsInWorkspace({ record, failures }: Measured, workspace: string): Measured {
  const benchmarks = record.benchmarks.map(({ failure, ...benchmark }) => {
    return failure === undefined ? benchmark : { ...benchmark, failure: pathsInWorkspace(failure, workspace) };
  });
  return {
    record: { ...record, benchmarks },
    failures: failures.map((failure) => pathsInWorkspace(failure, workspace)),
  };
}

function contextOf({ headSha, runUrl, workspace }: Runner, run?: Origin): ReportContext {
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
