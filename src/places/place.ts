import type { Job, WorkerEvent } from './protocol.js';

/** Where a worker runs. One job in, validated events out. */
export interface Place {
  readonly name: 'process' | 'container';
  /**
   * Runs one job to its end and hands on every event, in order. Rejects with a KfaasError where the worker cannot be
   * started, speaks out of turn, or ends without `done`; with the signal's reason where it was aborted. Whatever the way
   * out, nothing of the worker is left when the promise settles.
   */
  run(job: Job, onEvent: (event: WorkerEvent) => void, signal: AbortSignal): Promise<void>;
}
