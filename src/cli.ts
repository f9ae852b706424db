/** The command line: it translates into a plan and out of a verdict, and does nothing of the work itself. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withBase, withoutBase, type Base } from './base.js';
import { captureFrom } from './capture.js';
import { cacheFolder, makeFolder, withOutputFolder } from './cli/folders.js';
import { initialise } from './cli/init.js';
import { Interruption, interruptible } from './cli/interrupt.js';
import { examineMachine } from './doctor.js';
import type { BenchRecord } from './domain/record.js';
import type { RunVerdict } from './domain/verdict.js';
import { exitCodeOf, exitCodes, failureOf, type ExitCode } from './errors.js';
import type {
  CaptureInvocation,
  DoctorInvocation,
  InitInvocation,
  Invocation,
  ReportInvocation,
  RunInvocation,
} from './inputs/command-line/invocation.js';
import { parseCommandLine } from './inputs/command-line.js';
import { fileKind } from './inputs/files.js';
import { planFrom } from './inputs/plan.js';
import { readSavedRecord } from './inputs/saved-record.js';
import { usageError } from './inputs/values.js';
import { toolVersion } from './installation.js';
import { exitCodeOfVerdict } from './judge/exit-code.js';
import { judgeRecord } from './judge/judge.js';
import { measurePlan } from './pipeline.js';
import { processPlace } from './places/process.js';
import { renderCaptured } from './report/captured.js';
import { isAble, renderDoctor } from './report/doctor.js';
import { renderInitialised } from './report/init.js';
import { demoSentence } from './report/facts.js';
import { failureLines } from './report/failure.js';
import { inkOf, usesColor } from './report/ink.js';
import { renderJson } from './report/json.js';
import { progressLine } from './report/progress.js';
import { renderTerminal } from './report/terminal.js';

/**
 * @param args what follows the program's name.
 * @returns the exit code; whatever goes wrong is told on standard error and never thrown.
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  try {
    return await perform(parseCommandLine(args, toolVersion()));
  } catch (thrown) {
    if (thrown instanceof Interruption) {
      await say(process.stderr, `${thrown.message}\n`);
      return thrown.exitCode;
    }
    const failure = failureOf(thrown);
    const ink = inkOf(colorOf(process.stderr, !args.includes('--no-color')));
    if (args.includes('--json')) await say(process.stdout, `${JSON.stringify({ failure })}\n`);
    await say(process.stderr, `${failureLines(failure, ink).join('\n')}\n`);
    return exitCodeOf(failure);
  }
}

async function perform(invocation: Invocation): Promise<ExitCode> {
  switch (invocation.command) {
    case 'print':
      await say(process.stdout, invocation.text);
      return exitCodes.pass;
    case 'run':
    case 'compare':
      return run(invocation);
    case 'report':
      return report(invocation);
    case 'doctor':
      return doctor(invocation);
    case 'capture':
      return capture(invocation);
    case 'init':
      return init(invocation);
  }
}

async function run(invocation: RunInvocation): Promise<ExitCode> {
  const planned = planFrom(invocation.request);
  const { plan, workingDirectory } = planned;
  const save = recordSaver(invocation.recordFile, workingDirectory);
  const output =
    invocation.outputFolder === undefined ? undefined : path.resolve(workingDirectory, invocation.outputFolder);
  const cache = cacheFolder(process.env);
  makeFolder(cache, 'set XDG_CACHE_HOME to a folder that may be written to');
  if (plan.demo && !invocation.json) await say(process.stderr, `${demoSentence(plan)}\n`);

  const progress = progressLine(process.stderr, plan.benchmarks.length);
  const measured = await interruptible(async (signal) => {
    const measure = (base: Base) =>
      withOutputFolder(output, workingDirectory, (outputFolder) =>
        measurePlan(plan, {
          place: processPlace(),
          workingDirectory,
          base,
          cacheFolder: cache,
          outputFolder,
          toolVersion: toolVersion(),
          onEvent: progress.show,
          signal,
        }),
      );
    if (planned.base === undefined) return measure(await withoutBase(planned, signal));
    return withBase({ head: planned, temporaryFolder: tmpdir(), signal }, measure);
  }).finally(progress.end);

  save(measured.record);
  const verdict = judgeRecord(measured.record, measured.failures);
  await printVerdict(verdict, measured.record, invocation);
  return exitCodeOfVerdict(verdict, { failOnInconclusive: false });
}

async function report(invocation: ReportInvocation): Promise<ExitCode> {
  const record = readSavedRecord({ name: 'RECORD', text: invocation.recordFile }, process.cwd());
  const verdict = judgeRecord(record);
  await printVerdict(verdict, record, invocation);
  return exitCodeOfVerdict(verdict, { failOnInconclusive: false });
}

async function doctor({ json, color }: DoctorInvocation): Promise<ExitCode> {
  const probes = await interruptible((signal) => examineMachine(processPlace(), signal));
  const text = json
    ? `${JSON.stringify({ probes })}\n`
    : renderDoctor(probes, { color: colorOf(process.stdout, color) });
  await say(process.stdout, text);
  return isAble(probes) ? exitCodes.pass : exitCodes.environment;
}

async function capture({ target, limit, json }: CaptureInvocation): Promise<ExitCode> {
  const captured = await interruptible((signal) => captureFrom(processPlace(), target, limit, signal));
  await say(process.stdout, json ? `${JSON.stringify(captured)}\n` : renderCaptured(captured));
  return exitCodes.pass;
}

async function init({ request, force, json }: InitInvocation): Promise<ExitCode> {
  const initialised = await initialise(request, force);
  await say(process.stdout, json ? `${JSON.stringify(initialised)}\n` : renderInitialised(initialised));
  return exitCodes.pass;
}

async function printVerdict(
  verdict: RunVerdict,
  record: BenchRecord,
  { json, color, explain }: Pick<RunInvocation, 'json' | 'color' | 'explain'>,
): Promise<void> {
  const text = json
    ? renderJson(verdict, record)
    : renderTerminal(verdict, record, {
        color: colorOf(process.stdout, color),
        surface: 'command',
        explain,
        ...widthOf(process.stdout),
      });
  await say(process.stdout, text);
}

/** Where the record cannot be saved, that is found before anything is measured. */
function recordSaver(recordFile: string | undefined, workingDirectory: string): (record: BenchRecord) => void {
  if (recordFile === undefined) return () => undefined;
  const file = path.resolve(workingDirectory, recordFile);
  const given = { name: '--record', text: recordFile };
  if (fileKind(path.dirname(file)) !== 'folder')
    throw usageError(given, ', in a folder that does not exist', 'make the folder first');
  if (fileKind(file) === 'folder') throw usageError(given, ', which is a folder', 'give the name of a file');
  return (record) => {
    try {
      writeFileSync(file, `${JSON.stringify(record)}\n`);
    } catch (error) {
      throw usageError(given, `, which cannot be written: ${String(error)}`, 'give a file that may be written to');
    }
  };
}

/** Of a terminal that is wide enough for a table; a file has none. */
function widthOf({ isTTY, columns }: NodeJS.WriteStream): { columns?: number } {
  return isTTY && columns >= 40 ? { columns } : {};
}

function colorOf(stream: NodeJS.WriteStream, wanted: boolean): boolean {
  return usesColor({ wanted, environment: process.env, isTerminal: stream.isTTY });
}

/** Resolves when the text is handed over. A reader that went away (`| head`) is no failure of ours. */
function say(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    const ignore = (): void => undefined;
    stream.once('error', ignore); // comes after the callback
    stream.write(text, (error) => {
      if (!error) stream.off('error', ignore);
      resolve();
    });
  });
}
