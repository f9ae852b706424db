/** One path from what was asked for, on whatever surface, to the validated plan. */
import { randomInt } from 'node:crypto';
import path from 'node:path';
import type { z } from 'zod';
import {
  limitsSchema,
  measurementPlanSchema,
  planSchema,
  twinChoices,
  type BenchmarkPlan,
  type Limits,
  type MeasurementPlan,
  type Plan,
} from '../domain/plan.js';
import { userArms } from '../domain/words.js';
import { exactLimitsFrom } from './budgets.js';
import { discoverBenchmarks, type Found } from './discovery.js';
import { withUniqueNames, workingDirectoryOf } from './files.js';
import { gathered, packetInputs } from './given-inputs.js';
import { rejectIdleLimits } from './kernel-alone.js';
import { withBaseLimits, withDefaults } from './limits.js';
import type { ObjectsAre } from './objects.js';
import { allBuiltinPackets } from './packet-set.js';
import { programName, sourceOrObject } from './programs.js';
import { allGiven, given, type Field, type Request } from './request.js';
import { didYouMean, listed, parseChoice, parseNumber, usageError, type Given } from './values.js';

/** The defaults of everything that is measured the same way for all benchmarks; each surface documents them. */
export const measurementDefaults = { iterations: 1_000_000, compareWith: 'syscall', timeLimitSeconds: 20 } as const;

export interface PlannedRun {
  readonly request: Request;
  /** With the limits against a base, which judge nothing where there turns out to be none. */
  readonly plan: Plan;
  /** Absolute; where the plan's relative paths start. */
  readonly workingDirectory: string;
  /** The config file that the plan came from, from the working directory; absent where there was none. */
  readonly configPath?: string;
  /** What head is to be compared with, as it was named. */
  readonly base?: Given;
}

/**
 * @param objectsAre where objects are not `there` yet, or not here, they are not looked for
 * @throws KfaasError (usage) that names the input, its value and what is allowed.
 */
export function planFrom(
  request: Request,
  processDirectory = process.cwd(),
  objectsAre: ObjectsAre = 'there',
): PlannedRun {
  const measurement = measurementFrom(request);
  const workingDirectory = workingDirectoryOf(given(request, 'working-directory'), processDirectory);
  const { benchmarks, build, demo, ...origin } = benchmarksFrom(request, workingDirectory, objectsAre);
  const chosen = selected(request, withTwin(request, withDefaultLimits(request, benchmarks)));
  rejectIdleLimits(request, chosen);
  const plan = planSchema.parse({
    benchmarks: chosen,
    measurement,
    ...(build === undefined ? {} : { build }),
    demo,
  });
  const base = given(request, 'base');
  return { request, plan: withBaseLimits(plan), workingDirectory, ...origin, ...(base && { base }) };
}

function measurementFrom(request: Request): MeasurementPlan {
  const { iterations, rounds, timeLimitSeconds, seed } = measurementPlanSchema.shape;
  const [asked, compareWith, exactRounds, timeLimit, chosenSeed] = (
    ['iterations', 'compare-with', 'rounds', 'time-limit', 'seed'] as const
  ).map((field) => given(request, field));
  return {
    iterations: asked === undefined ? measurementDefaults.iterations : parseNumber(asked, iterations),
    compareWith: compareWith === undefined ? measurementDefaults.compareWith : parseChoice(compareWith, userArms),
    ...(exactRounds === undefined ? {} : { rounds: parseNumber(exactRounds, rounds.unwrap()) }),
    timeLimitSeconds:
      timeLimit === undefined ? measurementDefaults.timeLimitSeconds : parseNumber(timeLimit, timeLimitSeconds),
    seed: chosenSeed === undefined ? randomInt(2 ** 32) : parseNumber(chosenSeed, seed),
  };
}

function benchmarksFrom(request: Request, workingDirectory: string, objectsAre: ObjectsAre): Found {
  const sources = allGiven(request, 'source');
  const config = given(request, 'config');
  if (sources[0] === undefined) {
    for (const field of ['program', 'packet', 'cflag'] as const) rejectWithoutSource(request, field);
    return discoverBenchmarks(config, workingDirectory, objectsAre);
  }
  if (config !== undefined) {
    const [one, other] = [request.nameOf('config'), request.nameOf('source')];
    throw usageError(config, `, beside ${other} \`${sources[0].text}\``, `give either ${one} or ${other}`);
  }
  const program = given(request, 'program');
  if (program !== undefined && sources.length > 1) {
    throw usageError(program, `, beside ${sources.length} sources`, 'give one source with it, or a config file');
  }
  const packets = allGiven(request, 'packet');
  const inputs = packets.flatMap((packet) => packetInputs(packet, workingDirectory));
  const benchmarks = sources.map((source): BenchmarkPlan => {
    const code = sourceOrObject(source, workingDirectory);
    if (code.object) rejectFlags(request, source);
    return {
      name: program?.text ?? programName(path.basename(code.source)),
      ...code,
      cflags: request.values.cflag === undefined ? [] : [...request.values.cflag],
      ...(program === undefined ? {} : { program: program.text }),
      inputs: packets[0] === undefined ? allBuiltinPackets() : gathered(inputs, packets[0]),
      genericInputs: packets.length === 0,
      expect: {},
      limits: {},
    };
  });
  return { benchmarks: withUniqueNames(benchmarks), demo: false };
}

function rejectFlags(request: Request, source: Given): void {
  const flag = given(request, 'cflag');
  if (flag === undefined) return;
  throw usageError(
    flag,
    `, beside ${source.name} \`${source.text}\`, which is compiled already`,
    'give it to what compiles the object, or give the C source',
  );
}

function rejectWithoutSource(request: Request, field: Field): void {
  const value = given(request, field);
  if (value === undefined) return;
  throw usageError(
    value,
    `, without ${request.nameOf('source')}`,
    `give ${request.nameOf('source')} too, or a config file instead`,
  );
}

/** A limit of the config file's own is closer to its benchmark, and holds. */
function withDefaultLimits(request: Request, benchmarks: readonly BenchmarkPlan[]): BenchmarkPlan[] {
  const { threshold, maxSlowdownPercent, maxSpeedupLossPercent } = limitsSchema.shape;
  const asked: Limits = {
    ...limitFrom(request, 'threshold', 'threshold', threshold.unwrap()),
    ...limitFrom(request, 'max-slowdown', 'maxSlowdownPercent', maxSlowdownPercent.unwrap()),
    ...limitFrom(request, 'max-speedup-loss', 'maxSpeedupLossPercent', maxSpeedupLossPercent.unwrap()),
    ...exactLimitsFrom(
      allGiven(request, 'budget'),
      allGiven(request, 'max-growth'),
      given(request, 'max-instructions-growth'),
    ),
  };
  return benchmarks.map((benchmark) => ({ ...benchmark, limits: withDefaults(benchmark.limits, asked) }));
}

/** A benchmark's own choice wins. */
function withTwin(request: Request, benchmarks: readonly BenchmarkPlan[]): BenchmarkPlan[] {
  const asked = given(request, 'twin');
  const twin = asked && parseChoice(asked, twinChoices);
  const seeds = given(request, 'seed-maps') && ({ seedMaps: true } as const);
  return benchmarks.map((benchmark) => ({ ...(twin && { twin }), ...seeds, ...benchmark }));
}

function limitFrom(request: Request, field: Field, name: keyof Limits, schema: z.ZodNumber): Limits {
  const value = given(request, field);
  return value === undefined ? {} : { [name]: parseNumber(value, schema) };
}

/** A benchmark of its name; of one that stands for every program of a file, one program: NAME/PROGRAM, as reports call it. */
function selected(request: Request, benchmarks: BenchmarkPlan[]): BenchmarkPlan[] {
  const only = allGiven(request, 'only');
  if (only.length === 0) return benchmarks;
  const chosen = only.map((value) => ({ value, ...chosenBy(value.text, benchmarks) }));
  const unknown = chosen.find(({ benchmark }) => benchmark === undefined)?.value;
  if (unknown !== undefined) {
    const names = benchmarks.map(({ name }) => name);
    throw usageError(unknown, `, which is no benchmark${didYouMean(unknown.text, names)}`, `give ${listed(names)}`);
  }
  return benchmarks.flatMap((benchmark) => {
    const ofIt = chosen.filter((choice) => choice.benchmark === benchmark);
    const programs = ofIt.flatMap(({ program }) => (program === undefined ? [] : [program]));
    if (ofIt.length > programs.length) return [benchmark];
    return [...new Set(programs)].map((program) => {
      const one = { ...benchmark, name: `${benchmark.name}/${program}`, program };
      delete one.every;
      return one;
    });
  });
}

function chosenBy(text: string, benchmarks: readonly BenchmarkPlan[]): { benchmark?: BenchmarkPlan; program?: string } {
  const named = benchmarks.find(({ name }) => name === text);
  if (named !== undefined) return { benchmark: named };
  const around = benchmarks.find(({ name, every }) => every && text.startsWith(`${name}/`) && !text.endsWith('/'));
  return around === undefined ? {} : { benchmark: around, program: text.slice(around.name.length + 1) };
}
