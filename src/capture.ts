/** The maps of a program that is loaded on this machine, by way of the worker. */
import type { Captured, CaptureTarget } from './domain/captured.js';
import { KfaasError, type Failure } from './errors.js';
import type { Place } from './places/place.js';
import { protocolVersion } from './places/protocol.js';

/** @throws KfaasError where the worker fails, or there is no such program. */
export async function captureFrom(
  place: Place,
  target: CaptureTarget,
  limit: number,
  signal: AbortSignal,
): Promise<Captured> {
  const answers: Captured[] = [];
  const failures: Failure[] = [];
  await place.run(
    { protocol: protocolVersion, kind: 'capture', target, limit },
    (event) => {
      if (event.event === 'captured') answers.push(event.captured);
      if (event.event === 'failure') failures.push(event.failure);
    },
    signal,
  );
  if (failures[0] !== undefined) throw new KfaasError(failures[0]);
  const [captured] = answers;
  if (captured === undefined) throw new Error('a capture without an answer');
  return captured;
}
