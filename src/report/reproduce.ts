/** The command that repeats a run on another machine. */
import type { BenchmarkPlan, MeasurementPlan } from '../domain/plan.js';
import type { BenchRecord, BuiltFrom } from '../domain/record.js';
import type { RunVerdict } from '../domain/verdict.js';
import { budgetMetrics } from '../domain/words.js';
import { defaultMaxSlowdownPercent } from '../inputs/limits.js';
import { measurementDefaults } from '../inputs/plan.js';
import { builtFrom } from './base.js';

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

/** A file that is never taken for an option. */
function fileWord(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}

function limitsOf({ limits }: BenchmarkPlan): string[] {
  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent, budgets = {}, growth = {} } = limits;
  const option = (name: string, limit: number | undefined): string[] =>
    limit === undefined ? [] : [name, String(limit)];
  return [
    ...option('--threshold', threshold),
    ...(maxSlowdownPercent === defaultMaxSlowdownPercent ? [] : option('--max-slowdown', maxSlowdownPercent)),
    ...option('--max-speedup-loss', maxSpeedupLossPercent),
    ...budgetMetrics.flatMap((metric) => {
      const budget = budgets[metric];
      return budget === undefined ? [] : ['--budget', `${metric}=${budget}`];
    }),
    ...budgetMetrics.flatMap((metric) => {
      const limit = growth[metric];
      if (limit === undefined) return [];
      const slack = limit.slack === undefined ? '' : `,${limit.slack}`;
      return ['--max-growth', `${metric}=${limit.percent}${slack}`];
    }),
  ];
}

/** A folder and a saved record by their paths, anything else by its commit: a ref may have moved on. */
function command(base: BuiltFrom | undefined, { savedBase }: BenchRecord): string[] {
  if (savedBase !== undefined) return ['compare', '--base', fileWord(savedBase.path)];
  if (base === undefined) return ['run'];
  return ['compare', '--base', base.kind === 'folder' ? base.name : (base.commit ?? base.name)];
}

function namedBy(plan: BenchmarkPlan, demo: boolean, { configPath }: Origin): string[] {
  if (demo) return ['--only', plan.name];
  const limits = limitsOf(plan);
  const twin = [...(plan.twin === undefined ? [] : ['--twin', plan.twin]), ...(plan.seedMaps ? ['--seed-maps'] : [])];
  if (configPath !== undefined) return ['--config', configPath, '--only', plan.name, ...twin, ...limits];
  const packets = plan.genericInputs
    ? []
    : plan.inputs.flatMap(({ name, hex }) => ['--packet', hex.length <= pastedHexDigits ? hex : fileWord(name)]);
  return [
    fileWord(plan.source),
    ...(plan.program === undefined ? [] : ['--program', plan.program]),
    ...plan.cflags.map((flag) => `--cflag=${flag}`),
    ...packets,
    ...twin,
    ...limits,
  ];
}

/** What is not as it is by default. */
function measuredBy({ iterations, compareWith, timeLimitSeconds, rounds }: MeasurementPlan): string[] {
  const { iterations: usualIterations, compareWith: usualArm, timeLimitSeconds: usualLimit } = measurementDefaults;
  return [
    ...(compareWith === usualArm ? [] : ['--compare-with', compareWith]),
    ...(iterations === usualIterations ? [] : ['--iterations', String(iterations)]),
    ...(timeLimitSeconds === usualLimit ? [] : ['--time-limit', String(timeLimitSeconds)]),
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
  ];
}

/** For the worst benchmark; empty where none is. */
export function reproduceCommand(verdict: RunVerdict, record: BenchRecord, origin: Origin): string {
  const worst = verdict.benchmarks.find(({ benchmark }) => benchmark === verdict.worst);
  if (worst === undefined) return '';
  const words = [
    'kfaas-bench',
    ...command(builtFrom(record, 'base'), record),
    ...(origin.workingDirectory === undefined ? [] : ['-C', origin.workingDirectory]),
    ...namedBy(worst.record.plan, record.demo, origin),
    ...measuredBy(record.measurement),
    ...['--seed', String(record.measurement.seed)],
  ];
  return words.map(shellWord).join(' ');
}
