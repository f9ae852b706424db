/** The command that repeats a run on another machine. */
import type { BenchmarkPlan } from '../domain/plan.js';
import type { BenchRecord } from '../domain/record.js';
import type { RunVerdict } from '../domain/verdict.js';

/** Where the benchmarks were named. */
export interface Origin {
  /** Path of the config file, from the working directory. */
  readonly configPath?: string;
  /** The working directory, from the repository's root; absent where they are the same. */
  readonly workingDirectory?: string;
}

/** Beyond this many hex digits an input is no argument to paste, so the file is named that it came from. */
const pastedHexDigits = 400;

/** One word of a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function namedBy(plan: BenchmarkPlan, demo: boolean, { configPath }: Origin): string[] {
  if (demo) return ['--only', plan.name];
  if (configPath !== undefined) return ['--config', configPath, '--only', plan.name];
  const packets = plan.genericInputs
    ? []
    : plan.inputs.flatMap(({ name, hex }) => ['--packet', hex.length <= pastedHexDigits ? hex : name]);
  return [
    '--source',
    plan.source,
    ...(plan.program === undefined ? [] : ['--program', plan.program]),
    ...plan.cflags.map((flag) => `--cflag=${flag}`),
    ...packets,
  ];
}

/** For the worst benchmark; empty where none is. */
export function reproduceCommand(verdict: RunVerdict, record: BenchRecord, origin: Origin): string {
  const worst = verdict.benchmarks.find(({ benchmark }) => benchmark === verdict.worst) ?? verdict.benchmarks[0];
  if (worst === undefined) return '';
  const { seed, compareWith, iterations, timeLimitSeconds } = record.measurement;
  const { threshold } = worst.record.plan.limits;
  const limits = threshold === undefined || origin.configPath !== undefined ? [] : ['--threshold', String(threshold)];
  const words = [
    'kfaas-bench',
    'run',
    ...namedBy(worst.record.plan, record.demo, origin),
    ...['--compare-with', compareWith, '--iterations', String(iterations)],
    ...['--time-limit', String(timeLimitSeconds), ...limits, '--seed', String(seed)],
  ];
  const folder = origin.workingDirectory;
  return `${folder === undefined ? '' : `cd ${shellWord(folder)} && `}${words.map(shellWord).join(' ')}`;
}
