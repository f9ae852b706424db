/** Run statistics that somebody else turns on while we measure. */
import { KfaasError } from '../errors.js';
import type { Bench } from './bench.js';

/** Seconds of measuring that may be lost to somebody else's counting. */
const PATIENCE_SECONDS = 10;

/** Watches for run statistics that somebody else turns on: the rounds that they falsify are thrown away and told. */
export function statisticsWatch(benchmark: string, emit: Bench['emit']) {
  let seen = false;
  let lost = 0;
  let since = performance.now();
  return {
    wereOn: () => {
      seen = true;
    },
    /** Throws a KfaasError of kind environment where they stay on. */
    wasDisturbed: () => {
      const disturbed = seen;
      seen = false;
      if (!disturbed) since = performance.now();
      else lost += 1;
      if (performance.now() - since > PATIENCE_SECONDS * 1000) throw statisticsStayOn(benchmark);
      return disturbed;
    },
    tell: () => {
      if (lost === 0) return;
      const message =
        `${lost === 1 ? 'a round was' : `${String(lost)} rounds were`} thrown away because run statistics were on meanwhile, which adds two clock reads to ` +
        'every run; run nothing beside it that turns them on';
      emit({ event: 'warning', warning: { code: 'statistics-on', benchmark, message } });
    },
  };
}

function statisticsStayOn(benchmark: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `${benchmark}: run statistics are on, which adds two clock reads to every run in the kernel`,
    remedy:
      'turn them off (sysctl -w kernel.bpf_stats_enabled=0), and stop what holds them on: tools such as bpftop, `bpftool prog profile`',
  });
}
