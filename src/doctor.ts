/** What this machine can do: the worker's answers, and the orchestrator's own. */
import type { Probe } from './domain/probe.js';
import { KfaasError, type Failure } from './errors.js';
import { probeDocker } from './places/container.js';
import type { Place } from './places/place.js';
import { protocolVersion } from './places/protocol.js';

/** @throws KfaasError where the worker fails, or gives no answer at all. */
export async function examineMachine(place: Place, signal: AbortSignal): Promise<Probe[]> {
  const probes: Probe[] = [];
  const failures: Failure[] = [];
  await place.run(
    { protocol: protocolVersion, kind: 'probe' },
    (event) => {
      if (event.event === 'probes') probes.push(...event.probes);
      if (event.event === 'failure') failures.push(event.failure);
    },
    signal,
  );
  if (failures[0] !== undefined) throw new KfaasError(failures[0]);
  return [...probes, await probeDocker()];
}
