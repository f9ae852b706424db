/** What the benchmarks of a job share. */
import type { BenchmarkPlan, MeasurementPlan } from '../domain/plan.js';
import type { Libbpf } from '../load/libbpf.js';
import type { UserSide } from '../load/native.js';
import type { MeasureJob, WorkerEvent } from '../places/protocol.js';

export interface Bench {
  readonly job: MeasureJob;
  /** How a benchmark of this job is measured. */
  readonly measurementOf: (plan: BenchmarkPlan) => MeasurementPlan;
  /** `gateCount` of all that are told of, of those too that were not built. */
  readonly gatesOfJob: number;
  readonly libbpf: Libbpf;
  readonly users: UserSide;
  /** Command or path. */
  readonly clang: string;
  /** Variants of the empty program's user-space library. */
  readonly emptyLibraries: readonly string[];
  /** Key of the environment in the record. */
  readonly environment: string;
  readonly emit: (event: WorkerEvent) => void;
}
