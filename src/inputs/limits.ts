/** Which limits are in force: those against a base only where there is one, and there by default. */
import type { Limits, Plan } from '../domain/plan.js';

/** Percent. Several times what layout makes of a harmless edit where it is drawn anew in every round (docs/measurement.md). */
export const defaultMaxSlowdownPercent = 5;

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
