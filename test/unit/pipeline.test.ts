import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/domain/plan.js';
import { KfaasError } from '../../src/errors.js';
import { measurePlan } from '../../src/pipeline.js';
import type { WorkerEvent } from '../../src/places/protocol.js';

const failure = { kind: 'environment', message: 'the worker is gone', remedy: 'start it again' } as const;
const names = ['first', 'second'];

const plan: Plan = {
  benchmarks: names.map((name) => ({
    ...{ name, source: `${name}.bpf.c`, cflags: [], inputs: [{ name: 'hex', hex: '00' }] },
    ...{ genericInputs: false, expect: {}, limits: {} },
  })),
  measurement: { iterations: 1, compareWith: 'syscall', timeLimitSeconds: 1, seed: 1 },
  demo: false,
};

function ended(name: string): WorkerEvent {
  const benchmark = plan.benchmarks.find((one) => one.name === name)!;
  return { event: 'benchmark', benchmark: { plan: benchmark, programs: [], rounds: 0, seconds: 0 }, rows: [] };
}

/** A place whose worker tells of these benchmarks and then comes to this end. */
function measure(told: readonly string[], end: () => void, signal = new AbortController().signal) {
  return measurePlan(plan, {
    ...{
      workingDirectory: '/',
      cacheFolder: '/',
      outputFolder: '/',
      toolVersion: '0',
      onEvent: () => undefined,
      signal,
    },
    place: {
      name: 'process',
      run: (_job, onEvent) => {
        for (const name of told) onEvent(ended(name));
        return Promise.resolve().then(end);
      },
    },
  });
}

const fails = () => {
  throw new KfaasError(failure);
};

describe('measurePlan', () => {
  it('has the benchmarks in the order of the plan, whichever ended first', async () => {
    const { record } = await measure(['second', 'first'], () => undefined);
    expect(record.benchmarks.map((benchmark) => benchmark.plan.name)).toEqual(names);
  });

  it('keeps what was measured before the place failed', async () => {
    const { record, failures } = await measure(['first'], fails);
    expect(record.benchmarks.map((benchmark) => benchmark.plan.name)).toEqual(['first']);
    expect(failures).toEqual([failure]);
  });

  it('rejects where nothing was measured, and where it was interrupted', async () => {
    await expect(measure([], fails)).rejects.toMatchObject({ failure });
    const interrupted = new AbortController();
    interrupted.abort(new Error('stop'));
    await expect(measure(['first'], fails, interrupted.signal)).rejects.toThrow('stop');
  });
});
