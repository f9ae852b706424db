/** A job of one benchmark, for tests of what carries jobs around. */
import type { MeasureJob } from '../../src/places/protocol.js';

export const addBenchmark: MeasureJob['benchmarks'][number] = {
  name: 'add',
  source: 'add.bpf.c',
  cflags: [],
  inputs: [{ name: 'hex', hex: '00' }],
  genericInputs: false,
  expect: {},
  limits: {},
};

export function measureJob(parts: Partial<MeasureJob> = {}): MeasureJob {
  return {
    protocol: 1,
    kind: 'measure',
    place: 'process',
    trees: [{ revision: 'head', folder: '/src' }],
    benchmarks: [addBenchmark],
    measurement: { iterations: 1000, compareWith: 'syscall', timeLimitSeconds: 20, seed: 1 },
    folders: { cache: '/cache', output: '/output' },
    ...parts,
  };
}
