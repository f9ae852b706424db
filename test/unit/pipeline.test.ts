import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Base } from '../../src/base.js';
import type { Plan } from '../../src/domain/plan.js';
import { KfaasError } from '../../src/errors.js';
import { measurePlan, type Surroundings } from '../../src/pipeline.js';
import { measureJobSchema, type Job, type WorkerEvent } from '../../src/places/protocol.js';

const failure = { kind: 'environment', message: 'the worker is gone', remedy: 'start it again' } as const;
const names = ['first', 'second'];

const plan: Plan = {
  benchmarks: names.map((name) => ({
    ...{ name, source: `${name}.bpf.c`, cflags: [], inputs: [{ name: 'hex', hex: '00' }] },
    ...{ genericInputs: false, expect: {}, limits: { threshold: 2, maxSlowdownPercent: 5 } },
  })),
  measurement: { iterations: 1, compareWith: 'syscall', timeLimitSeconds: 1, seed: 1 },
  demo: false,
};

function ended(name: string): WorkerEvent {
  const benchmark = plan.benchmarks.find((one) => one.name === name)!;
  return { event: 'benchmark', benchmark: { plan: benchmark, programs: [], rounds: 0, seconds: 0 }, rows: [] };
}

/** A place whose worker tells of these benchmarks and then comes to this end. */
function measure(told: readonly string[], end: (job: Job) => void, given: Partial<Surroundings & { plan: Plan }> = {}) {
  return measurePlan(given.plan ?? plan, {
    ...{
      workingDirectory: '/',
      cacheFolder: '/',
      outputFolder: '/',
      toolVersion: '0',
      onEvent: () => undefined,
      signal: new AbortController().signal,
      ...given,
    },
    place: {
      name: 'process',
      run: (job, onEvent) => {
        for (const name of told) onEvent(ended(name));
        return Promise.resolve(job).then(end);
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
    await expect(measure(['first'], fails, { signal: interrupted.signal })).rejects.toThrow('stop');
  });

  const head = { revision: 'head', kind: 'folder', name: '.', reason: 'head is the working directory' } as const;
  const ofBase = { ...head, revision: 'base', name: '/old', reason: 'the base is the folder /old' } as const;
  const change = { benchmark: 'first', what: 'threshold 3x → 2x', loosened: true };
  const tree: Base = {
    kind: 'tree',
    sentence: ofBase.reason,
    folder: '/old/a',
    root: '/old',
    builtFrom: [ofBase, head],
    notes: ['it lacks b'],
    comparison: { changes: [change], vanished: ['old'], warnings: [{ code: 'base-config', message: 'w' }] },
  };
  const none: Base = { kind: 'none', sentence: 'no base: main is new', builtFrom: [head] };

  it('finds a source elsewhere in the checkout in both trees, and one outside of it where it is', async () => {
    const checkout = mkdtempSync(path.join(tmpdir(), 'kfaas-pipeline-'));
    onTestFinished(() => rmSync(checkout, { recursive: true }));
    for (const folder of ['.git', 'sub']) mkdirSync(path.join(checkout, folder));
    const sources = [`${checkout}/bpf/x.c`, `${checkout}-too/x.c`, 'own/x.c'];
    const benchmarks = sources.map((source, index) => ({ ...plan.benchmarks[0]!, name: String(index), source }));
    let given: Job | undefined;
    await measure([], (job) => (given = job), {
      plan: { ...plan, benchmarks },
      workingDirectory: path.join(checkout, 'sub'),
      base: tree,
    });
    const job = measureJobSchema.parse(given);
    expect(job.benchmarks.map(({ source }) => source)).toEqual(['../bpf/x.c', `${checkout}-too/x.c`, 'own/x.c']);
    expect(job.trees).toEqual([
      { revision: 'base', folder: '/old/a', root: '/old' },
      { revision: 'head', folder: path.join(checkout, 'sub'), root: checkout },
      { revision: 'again', folder: '/old/a', root: '/old' },
    ]);
  });

  it.each([
    [
      'a base',
      tree,
      { trees: ['base', 'head', 'again'], limits: { threshold: 2, maxSlowdownPercent: 5 } },
      {
        builtFrom: [ofBase, head],
        warnings: [
          { code: 'base-incomplete', message: 'it lacks b' },
          { code: 'base-config', message: 'w' },
        ],
        changes: [change],
        vanished: ['old'],
      },
    ],
    [
      'none, and why',
      none,
      { trees: ['head'], limits: { threshold: 2 } },
      { builtFrom: [head], noBase: none.sentence, warnings: [] },
    ],
    ['none asked for', undefined, { trees: ['head'], limits: { threshold: 2 } }, { warnings: [] }],
  ])('with %s, measures and limits what there is', async (_, base, inForce, told) => {
    let given: Job | undefined;
    const { record } = await measure([], (job) => (given = job), base && { base });
    expect(record).toMatchObject(told);
    expect(record.noBase).toBe('noBase' in told ? told.noBase : undefined);
    const { trees, benchmarks } = measureJobSchema.parse(given);
    expect({ trees: trees.map(({ revision }) => revision), limits: benchmarks[0]!.limits }).toEqual(inForce);
  });
});
