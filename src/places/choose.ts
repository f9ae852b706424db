/** Where the worker of this process can run: beside it where it may load BPF, else in a container that may. */
import { existsSync, readFileSync } from 'node:fs';
import { KfaasError, failureOf } from '../errors.js';
import { containerPlace, siblings } from './container.js';
import type { Place } from './place.js';
import { mayLoadBpf } from './privilege.js';
import { processPlace } from './process.js';

/** @throws KfaasError (environment) where neither can be had */
export async function choosePlace(): Promise<Place> {
  const [status, uidMap] = ['status', 'uid_map'].map((name) => readFileSync(`/proc/self/${name}`, 'utf8'));
  if (mayLoadBpf(status ?? '', uidMap ?? '')) return processPlace();
  if (!inContainer()) {
    throw new KfaasError({
      kind: 'environment',
      message: 'this process may not load BPF programs: it has no CAP_SYS_ADMIN',
      remedy: 'run it as root: sudo kfaas-bench …',
    });
  }
  try {
    await siblings();
  } catch (error) {
    const { message, remedy } = failureOf(error);
    throw new KfaasError(
      {
        kind: 'environment',
        message: `this container may not load BPF programs, and cannot start one that may: ${message}`,
        remedy,
      },
      { cause: error },
    );
  }
  return containerPlace();
}

/** Docker, Podman, Kubernetes; an action's orchestrator is in one whatever made it. */
function inContainer(): boolean {
  const { KUBERNETES_SERVICE_HOST, GITHUB_ACTIONS } = process.env;
  if (KUBERNETES_SERVICE_HOST !== undefined || GITHUB_ACTIONS === 'true') return true;
  return ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file));
}
