/** Limits on what there is not where the kernel is measured alone (`twin: none`): they would judge nothing, for ever. */
import type { BenchmarkPlan, Limits } from '../domain/plan.js';
import type { KfaasError } from '../errors.js';
import { allGiven, type Field, type Request } from './request.js';
import { usageError, type Given } from './values.js';

/** A limit that there is nothing to hold against. */
export interface IdleLimit {
  /** As a config file has it, in backticks. */
  readonly inConfig: string;
  /** A clause. */
  readonly why: string;
  /** Where a request may have it, and how its text begins there. */
  readonly asked: readonly (readonly [field: Field, start: string])[];
}

const noSpeedup = 'without a user-space side there is no speedup';
const noCounts = 'it is a twin that counts executed instructions';

/** The first of a benchmark's limits that `twin: none` leaves idle; undefined where there is none. */
export function idleLimit({ twin, limits }: Pick<BenchmarkPlan, 'twin' | 'limits'>): IdleLimit | undefined {
  return twin === 'none' ? limitOnTwins(limits) : undefined;
}

function limitOnTwins({ threshold, maxSpeedupLossPercent, budgets, growth }: Limits): IdleLimit | undefined {
  if (threshold !== undefined) return { inConfig: '`threshold`', why: noSpeedup, asked: [['threshold', '']] };
  if (maxSpeedupLossPercent !== undefined) {
    return { inConfig: '`max-speedup-loss`', why: noSpeedup, asked: [['max-speedup-loss', '']] };
  }
  if (budgets?.['executed-insns'] !== undefined) {
    return { inConfig: '`executed-insns` in `budgets`', why: noCounts, asked: [['budget', 'executed-insns=']] };
  }
  if (growth?.['executed-insns'] !== undefined) {
    return {
      inConfig: '`max-instructions-growth` (`executed-insns` of `max-growth`)',
      why: noCounts,
      asked: [
        ['max-instructions-growth', ''],
        ['max-growth', 'executed-insns='],
      ],
    };
  }
  return undefined;
}

export const remedyOfIdle = (twin: string, limit: string): string =>
  `remove ${twin}, and user space is measured too; or ${limit}, and the kernel is judged alone`;

/**
 * Throws a KfaasError (usage) where one of the two was asked for beside the config file; what that itself says was held together as it
 * was read.
 */
export function rejectIdleLimits(request: Request, benchmarks: readonly BenchmarkPlan[]): void {
  for (const benchmark of benchmarks) {
    const idle = idleLimit(benchmark);
    if (idle !== undefined) throw mistakeOf(request, benchmark.name, idle);
  }
}

function mistakeOf(request: Request, benchmark: string, { inConfig, why, asked }: IdleLimit): KfaasError {
  const limit = asked
    .map(([field, start]) => allGiven(request, field).findLast(({ text }) => text.startsWith(start)))
    .find((found) => found !== undefined);
  const twin = allGiven(request, 'twin').findLast(({ text }) => text === 'none');
  if (twin === undefined) {
    if (limit === undefined) throw new Error(`${benchmark}: nobody asked for ${inConfig} or \`twin: none\``);
    return usageError(
      limit,
      `, and \`${benchmark}\` has \`twin: none\`: ${why}`,
      `give ${inConfig} in the config file to the benchmarks that it is meant for, or remove \`twin: none\``,
    );
  }
  return limit === undefined
    ? usageError(twin, `, and \`${benchmark}\` has ${inConfig}: ${why}`, remedyOfIdle(twin.name, inConfig))
    : besideEachOther(twin, limit, why);
}

function besideEachOther(twin: Given, limit: Given, why: string): KfaasError {
  return usageError(limit, `, beside ${twin.name} \`none\`: ${why}`, remedyOfIdle(twin.name, limit.name));
}
