/** Which limits are in force: those against a base only where there is one, and there by default. */
import type { Limits, Plan } from '../domain/plan.js';

/** Percent. Several times what layout makes of a harmless edit where it is drawn anew in every round (docs/measurement.md). */
export const defaultMaxSlowdownPercent = 5;

/**
 * Of programs that nobody set a limit for. Exact figures have no noise, so the limits are about what matters: a tenth of the
 * size or of the verifier's work is more than a fix usually brings. The slack is what a small program may grow by unseen: a
 * branch or two for the verifier, 64 instructions of code. The stack ends at 512 bytes for all callers together, so that
 * its growth counts in bytes: an eighth of it.
 */
export const defaultGrowth = {
  'verified-insns': { percent: 10, slack: 100 },
  'xlated-bytes': { percent: 10, slack: 512 },
  'jited-bytes': { percent: 10, slack: 512 },
  'stack-bytes': { percent: 0, slack: 64 },
} as const satisfies Limits['growth'];

export function withBaseLimits(plan: Plan): Plan {
  return limited(plan, (limits) => ({ maxSlowdownPercent: defaultMaxSlowdownPercent, ...limits }));
}

export function withoutBaseLimits(plan: Plan): Plan {
  return limited(plan, ({ threshold, budgets }) => ({
    ...(threshold === undefined ? {} : { threshold }),
    ...(budgets === undefined ? {} : { budgets }),
  }));
}

/** A benchmark's own limits, each figure's for itself, and `others` where it has none. */
export function withDefaults(own: Limits, others: Limits): Limits {
  const limits = { ...others, ...own };
  if (own.budgets && others.budgets) limits.budgets = { ...others.budgets, ...own.budgets };
  if (own.growth && others.growth) limits.growth = { ...others.growth, ...own.growth };
  return limits;
}

function limited(plan: Plan, inForce: (limits: Limits) => Limits): Plan {
  const benchmarks = plan.benchmarks.map((benchmark) => ({ ...benchmark, limits: inForce(benchmark.limits) }));
  return { ...plan, benchmarks };
}
