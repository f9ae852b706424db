/** The one setting of calibration: this limit and this time; everything else as it is by default. */
import type { BenchmarkPlan, MeasurementPlan } from '../../src/domain/plan.js';
import { packet, sourceOf, type ProgramName } from './heads.js';

export const maxSlowdownPercent = 1;

export function measurementPlan(seed: number): MeasurementPlan {
  return { iterations: 1_000_000, compareWith: 'syscall', timeLimitSeconds: 20, seed };
}

export function benchmarkPlan(program: ProgramName): BenchmarkPlan {
  return {
    name: program,
    source: sourceOf(program),
    cflags: [],
    program,
    inputs: [{ name: 'packet', hex: packet.toString('hex') }],
    genericInputs: false,
    expect: {},
    limits: { maxSlowdownPercent },
  };
}
