/**
 * The action: inputs → base → place → pipeline → judge → record, summary, outputs, annotations → comment → exit code. Whatever the
 * comment's fate, all else is written before it is tried.
 */
import path from 'node:path';
import { withBase, withoutBase, type Base, type BaseRequest } from './base.js';
import { makeFolder } from './cli/folders.js';
import { Interruption, interruptible } from './cli/interrupt.js';
import { failureOf, type ExitCode } from './errors.js';
import { commentOn } from './github/commenting.js';
import { inGroup, logLines, progressLog } from './github/log.js';
import { mergeBaseByApi } from './github/merge-base.js';
import { readRunner, type Runner } from './github/runner.js';
import { tell, tellFailure, type Told } from './github/tell.js';
import { giveToOwner, makeOutputFolder, outputName, removeUnused } from './github/workspace.js';
import { planAction, readActionSettings, type ActionRun, type ActionSettings } from './inputs/action.js';
import { toolVersion } from './installation.js';
import { measurePlan } from './pipeline.js';
import { choosePlace } from './places/choose.js';

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
  const settings = readActionSettings();
  const told = await planAndMeasure(settings, runner, signal);
  await commentOn(told, settings, runner, signal);
  logLines(told.sentence);
  return told.exitCode;
}

async function planAndMeasure(settings: ActionSettings, runner: Runner, signal: AbortSignal): Promise<Told> {
  let run: ActionRun | undefined;
  try {
    run = planAction(settings);
    return await measureAndTell(run, runner, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return await tellFailure(failureOf(thrown), runner, run ?? settings);
  }
}

async function measureAndTell(run: ActionRun, runner: Runner, signal: AbortSignal): Promise<Told> {
  const output = makeOutputFolder(runner.workspace, runner.step);
  const cache = path.join(runner.temporaryFolder, 'kfaas-bench-cache');
  makeFolder(cache, 'see that RUNNER_TEMP names a folder that may be written to');
  try {
    const measure = (base: Base) => {
      if (base.kind !== 'unasked') logLines(base.sentence);
      return inGroup('Build, prove and measure', async () =>
        measurePlan(run.plan, {
          place: await choosePlace(),
          workingDirectory: run.workingDirectory,
          base,
          cacheFolder: cache,
          outputFolder: output,
          toolVersion: toolVersion(),
          onEvent: progressLog(),
          signal,
        }),
      );
    };
    const measured = run.plan.demo
      ? await measure(await withoutBase(run, signal))
      : await withBase(baseRequest(run, runner, signal), measure);
    return await tell(measured, output, run, runner);
  } finally {
    removeUnused(output);
    for (const folder of [path.join(runner.workspace, outputName), cache]) giveToOwner(runner.workspace, folder);
  }
}

/** What the checkout lacks of the base is asked for with the token of the job. */
function baseRequest(run: ActionRun, runner: Runner, signal: AbortSignal): BaseRequest {
  const { token } = run;
  const { apiUrl, serverUrl, repository, temporaryFolder, trigger } = runner;
  return {
    ...{ head: run, temporaryFolder, signal },
    ...(trigger && { trigger }),
    ...(token === undefined ? {} : { access: { serverUrl, token } }),
    ...(token === undefined || repository === undefined
      ? {}
      : { mergeBaseByApi: (...of) => mergeBaseByApi({ apiUrl, token, repository, signal }, ...of) }),
  };
}
