/** How a benchmark is measured: as the plan asks, or less, where nobody asked for it by name. Pure; worker and judge agree by it. */
import type { BenchmarkPlan, MeasurementPlan } from '../domain/plan.js';

/**
 * What is discovered may be dozens of programs: each of them gets a few seconds at most, and is not run a million times for the sake
 * of the number. Most need half a second.
 */
const discoveredSeconds = 5;
const discoveredIterations = 100_000;

export function measurementOf({ every }: BenchmarkPlan, measurement: MeasurementPlan): MeasurementPlan {
  if (every === undefined) return measurement;
  return {
    ...measurement,
    iterations: Math.min(measurement.iterations, discoveredIterations),
    timeLimitSeconds: Math.min(measurement.timeLimitSeconds, discoveredSeconds),
  };
}
