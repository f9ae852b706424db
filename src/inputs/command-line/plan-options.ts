/** The options that make a plan, each defined once. */
import { growthLimitSchema, limitsSchema, measurementPlanSchema, twinChoices } from '../../domain/plan.js';
import { budgetMetrics, userArms } from '../../domain/words.js';
import { defaultMaxSlowdownPercent } from '../limits.js';
import { measurementDefaults } from '../plan.js';
import type { Field } from '../request.js';
import { allowedNumbers } from '../values.js';

const { iterations, rounds, seed, timeLimitSeconds } = measurementPlanSchema.shape;
const allowed = {
  iterations: allowedNumbers(iterations),
  rounds: allowedNumbers(rounds.unwrap()),
  seed: allowedNumbers(seed),
  'time-limit': allowedNumbers(timeLimitSeconds),
  threshold: allowedNumbers(limitsSchema.shape.threshold.unwrap()),
  'max-slowdown': allowedNumbers(limitsSchema.shape.maxSlowdownPercent.unwrap()),
  'max-speedup-loss': allowedNumbers(limitsSchema.shape.maxSpeedupLossPercent.unwrap()),
  'max-instructions-growth': allowedNumbers(growthLimitSchema.shape.percent),
};

/** Options of `run` and `compare` that make the plan; each is text here, and is parsed where the action's inputs are. */
export const planOptions = {
  config: ['-c, --config <file>', 'benchmarks to run (default: kfaas.yml where it exists)'],
  program: ['-p, --program <name>', 'program in SOURCE, where it holds more than one'],
  packet: [
    '--packet <file|name|hex>',
    "input of the program: a file's bytes, a capture's packets (trace.pcap, trace.pcap#1-20), a built-in packet (udp4, all), or hex digits; may be repeated",
  ],
  cflag: ['--cflag <flag>', 'flag for clang on both sides, such as --cflag=-Iinclude; may be repeated'],
  'seed-maps': ['--seed-maps', 'put the keys that a dry run looks up in vain into their maps first'],
  twin: [
    '--twin <kind>',
    `user-space side of a program with maps or helpers: ${twinChoices.join(', ')} (default: what proves equal; one in the config file wins)`,
  ],
  only: ['--only <name>', 'run this benchmark only; may be repeated'],
  iterations: [
    '-n, --iterations <number>',
    `invocations per side and benchmark, at least: ${allowed.iterations} (default: ${measurementDefaults.iterations})`,
  ],
  'compare-with': [
    '--compare-with <arm>',
    `user-space side of the speedup: ${userArms.join(', ')} (default: ${measurementDefaults.compareWith})`,
  ],
  threshold: [
    '--threshold <ratio>',
    `smallest speedup (user ÷ kernel) that passes: ${allowed.threshold} (default: none; one in the config file wins)`,
  ],
  budget: [
    '--budget <name=number>',
    `largest exact figure that passes, of ${budgetMetrics.join(', ')}: --budget ${budgetMetrics[0]}=4000; may be repeated`,
  ],
  'time-limit': [
    '--time-limit <seconds>',
    `measuring per benchmark: ${allowed['time-limit']} (default: ${measurementDefaults.timeLimitSeconds})`,
  ],
  rounds: ['--rounds <number>', `exactly so many: ${allowed.rounds} (default: as many as the verdict needs)`],
  seed: ['--seed <number>', `of every random draw: ${allowed.seed} (default: another each time; it is printed)`],
  'working-directory': ['-C, --working-directory <folder>', 'where paths start (default: the current folder)'],
} as const satisfies { readonly [F in Exclude<Field, 'source' | BaseField>]: readonly [string, string] };

type BaseField = 'base' | 'max-slowdown' | 'max-speedup-loss' | 'max-growth' | 'max-instructions-growth';

/** What `compare` has beyond `run`. */
export const baseOptions = {
  base: [
    '--base <ref|folder|record>',
    'what to compare with: a branch, tag or commit; a folder such as ../old; or a saved record.json, which nothing is judged by',
  ],
  'max-slowdown': [
    '--max-slowdown <percent>',
    `largest growth of kernel time that passes: ${allowed['max-slowdown']} (default: ${defaultMaxSlowdownPercent}; one in the config file wins)`,
  ],
  'max-speedup-loss': [
    '--max-speedup-loss <percent>',
    `largest loss of the speedup that passes: ${allowed['max-speedup-loss']} (default: none; one in the config file wins)`,
  ],
  'max-instructions-growth': [
    '--max-instructions-growth <percent>',
    `largest growth of executed instructions that passes, on every input: ${allowed['max-instructions-growth']} (default: none)`,
  ],
  'max-growth': [
    '--max-growth <name=percent[,slack]>',
    `largest growth of an exact figure that passes: --max-growth ${budgetMetrics[0]}=10, or 10,64 where up to 64 more pass as well; may be repeated`,
  ],
} as const satisfies { readonly [F in BaseField]: readonly [string, string] };

export const repeatable = new Set<string>(['packet', 'cflag', 'only', 'budget', 'max-growth']);

export function isPlanField(name: string): name is keyof typeof planOptions | BaseField {
  return name in planOptions || name in baseOptions;
}
