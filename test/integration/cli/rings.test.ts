/** Programs that write to ring buffers, through `run`: nobody reads those, and a million runs would fill any. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import { runCommand, type Ending } from '../../helpers/command-line.js';
import { programsFolder } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

const benchmarks = [
  { name: 'small', program: 'tells' },
  { name: 'large', program: 'tells', cflags: ['-DRING_BYTES=16777216'] },
  { name: 'translated', program: 'tells', twin: 'translated' },
  { name: 'silent', program: 'passes' },
  { name: 'inside', program: 'tells_inside' },
];

describe.skipIf(!available('kernel'))('a ring buffer that nobody reads', () => {
  let folder: string;
  let ending: Ending;
  let record: BenchRecord;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-rings-'));
    const source = path.join(programsFolder, 'ring.bpf.c');
    const all = benchmarks.map((each) => ({ ...each, source, inputs: [{ packet: 'udp4' }, { packet: 'tcp6' }] }));
    writeFileSync(path.join(folder, 'kfaas.yml'), JSON.stringify({ version: 1, benchmarks: all }));
    const options = ['--rounds', '2', '--iterations', '1000000', '--record', 'record.json'];
    ending = await runCommand(['run', '--config', 'kfaas.yml', ...options], { folder });
    record = recordSchema.parse(JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const headOf = (name: string) => {
    const { programs, failure } = record.benchmarks.find(({ plan }) => plan.name === name)!;
    expect(failure).toBeUndefined();
    return programs[0]!;
  };

  it('is full on both sides before anything is timed, whatever its size, in a million runs', () => {
    expect(ending.code, ending.stdout).toBe(0);
    expect(ending.leftovers).toEqual([]);
    for (const name of ['small', 'large', 'translated', 'inside']) {
      expect(headOf(name).proof!.inputs.map(({ retval }) => retval)).toEqual([1, 1]); // XDP_DROP: no room
      const timed = (arm: string) =>
        record.rows.find((row) => row.benchmark === name && row.arm === arm && row.metric.name === 'time');
      for (const arm of ['kernel', 'syscall']) {
        expect(timed(arm)!.evidence.invocations).toBeGreaterThanOrEqual(1_000_000);
      }
    }
    expect(headOf('silent').proof!.inputs.map(({ retval }) => retval)).toEqual([2, 2]);
    expect(['small', 'translated'].map((name) => headOf(name).twin?.kind)).toEqual(['native', 'translated']);
  });

  it('is told, also where no result shows it', () => {
    expect(['large', 'silent'].map((name) => headOf(name).fullRings)).toEqual([['events'], ['events']]);
    expect(headOf('inside').fullRings).toEqual(['outer']);
    expect(ending.stdout.match(/^maps {5}full while timed, since nobody reads: events; /gm)).toHaveLength(4);
  });

  it('has room where instructions are counted', () => {
    const counted = headOf('silent').executed!.inputs.map(({ helperCalls }) => helperCalls);
    expect(counted).toEqual([1, 2].map(() => ({ bpf_ringbuf_reserve: 1, bpf_ringbuf_submit: 1 })));
  });
});
