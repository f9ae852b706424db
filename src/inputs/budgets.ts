/** Limits on exact figures, as the command line and the config file name them. */
import { z } from 'zod';
import { growthLimitSchema, limitsSchema, type GrowthLimit, type Limits } from '../domain/plan.js';
import { budgetMetrics, type BudgetMetric } from '../domain/words.js';
import { section } from './located-yaml.js';
import { parseChoice, parseNumber, usageError, type Given } from './values.js';

const budget = limitsSchema.shape.budgets.unwrap().valueType;
const { percent } = growthLimitSchema.shape;
const slack = growthLimitSchema.shape.slack.unwrap();

/** A mapping with a key for every exact figure, none of them required. */
function perMetric<Value extends z.ZodType>(value: Value) {
  return section({
    'verified-insns': value
      .optional()
      .describe('Instructions that the verifier goes through; it gives up at a million.'),
    'xlated-bytes': value.optional().describe('Size of the program as the kernel keeps it, 8 bytes an instruction.'),
    'jited-bytes': value.optional().describe('Size of the machine code.'),
    'stack-bytes': value.optional().describe('Stack of the deepest chain of calls; it ends at 512.'),
    'executed-insns': value
      .optional()
      .describe('Instructions of BPF that all inputs execute, each once; the same on every machine.'),
  } satisfies Record<BudgetMetric, z.ZodType>);
}

/** `budgets:` of the config file. */
export const budgetsSection = perMetric(budget);

/** `max-instructions-growth:` of the config file. */
export const instructionsGrowth = percent;

/** `max-growth:` of the config file: percent, or percent and slack. */
export const growthSection = perMetric(
  z.union(
    [
      percent,
      section({
        percent: percent.describe("Of the base's figure."),
        slack: slack.describe('Growth up to this many passes, whatever its share is.'),
      }),
    ],
    {
      error:
        'give percent, such as `10`, or percent and a slack that always passes, such as `{ percent: 10, slack: 64 }`',
    },
  ),
);

type Sections = {
  readonly budgets?: z.infer<typeof budgetsSection> | undefined;
  readonly 'max-growth'?: z.infer<typeof growthSection> | undefined;
  readonly 'max-instructions-growth'?: number | undefined;
};

/** What a config file's entry sets. */
export function exactLimitsOf({
  budgets,
  'max-growth': growth,
  'max-instructions-growth': ofInstructions,
}: Sections): Pick<Limits, 'budgets' | 'growth'> {
  const executed = ofInstructions === undefined ? {} : { 'executed-insns': { percent: ofInstructions } };
  const others = growth && mapped(growth, (limit) => (typeof limit === 'number' ? { percent: limit } : limit));
  return {
    ...(budgets && { budgets: mapped(budgets, (limit) => limit) }),
    ...((growth !== undefined || ofInstructions !== undefined) && { growth: { ...others, ...executed } }),
  };
}

function mapped<From, To>(
  given: { readonly [M in BudgetMetric]?: From | undefined },
  change: (from: From) => To,
): Partial<Record<BudgetMetric, To>> {
  const limits: Partial<Record<BudgetMetric, To>> = {};
  for (const metric of budgetMetrics) {
    const limit = given[metric];
    if (limit !== undefined) limits[metric] = change(limit);
  }
  return limits;
}

/**
 * `NAME=VALUE`, `NAME=PERCENT[,SLACK]`, and `PERCENT` of executed instructions; of several for one figure the last, and that of a
 * name of its own.
 * @throws KfaasError (usage) that names the option and what is allowed.
 */
export function exactLimitsFrom(
  budgets: readonly Given[],
  growths: readonly Given[],
  ofInstructions?: Given,
): Pick<Limits, 'budgets' | 'growth'> {
  const executed = ofInstructions && { 'executed-insns': { percent: parseNumber(ofInstructions, percent) } };
  return {
    ...(budgets.length > 0 && { budgets: assigned(budgets, (value) => parseNumber(value, budget)) }),
    ...((growths.length > 0 || executed) && { growth: { ...assigned(growths, growthLimitFrom), ...executed } }),
  };
}

function assigned<Limit>(
  options: readonly Given[],
  parse: (value: Given) => Limit,
): Partial<Record<BudgetMetric, Limit>> {
  return Object.fromEntries(
    options.map((option) => {
      const [, name, text] = /^([^=]*)=(.*)$/s.exec(option.text) ?? [];
      if (name === undefined || text === undefined) {
        throw usageError(option, '', `give a figure and its limit, such as \`${budgetMetrics[0]}=1000\``);
      }
      const metric = parseChoice({ name: option.name, text: name }, budgetMetrics);
      return [metric, parse({ name: `${option.name} ${metric}`, text })];
    }),
  );
}

function growthLimitFrom({ name, text }: Given): GrowthLimit {
  const [percentText = '', slackText, ...rest] = text.split(',');
  if (rest.length > 0) throw usageError({ name, text }, '', 'give percent, or percent and slack, such as `10,64`');
  return {
    percent: parseNumber({ name, text: percentText }, percent),
    ...(slackText === undefined ? {} : { slack: parseNumber({ name: `slack of ${name}`, text: slackText }, slack) }),
  };
}
