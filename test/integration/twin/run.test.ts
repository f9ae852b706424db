import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForKernel } from '../../../src/build/compile.js';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import { builtinPacket } from '../../../src/inputs/packet-set.js';
import { runCommand } from '../../helpers/command-line.js';
import { openWorkshop, udpPacket } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';
import { fixture } from '../../helpers/twin.js';

const folder = path.dirname(fixture('flows.bpf.c'));
const packet = ['--packet', udpPacket().toString('hex')];
const quickly = ['--rounds', '4', '--iterations', '4000', '--seed', '7'];
const quick = [...packet, ...quickly];

describe.skipIf(!available('kernel'))('`run` and `compare` on programs with maps', () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-run-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  async function measured(command: string, ...words: string[]): Promise<BenchRecord> {
    const file = path.join(scratch, 'record.json');
    const { code, stdout, stderr } = await runCommand([command, ...words, ...quick, '--record', file], { folder });
    expect(code, stdout + stderr).toBe(0);
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  it('give a source with a table of flows and per-CPU counters a translated twin', async () => {
    const { benchmarks, rows } = await measured(
      'run',
      'flows.bpf.c',
      '--program',
      'flows_seen',
      '--twin',
      'translated',
    );
    const [benchmark] = benchmarks;
    expect(benchmark?.extent).toBeUndefined();
    expect(benchmark?.programs[0]?.twin).toMatchObject({ kind: 'translated', isShallow: false });
    expect(rows.filter(({ metric }) => metric.name === 'time').map(({ arm }) => arm)).toEqual([
      'kernel',
      'call',
      'syscall',
      'wakeup',
    ]);
  });

  it('give it its native twin where nothing else is asked for, and the translated one beside it where both are', async () => {
    const record = await measured('run', 'flows.bpf.c', '--program', 'flows_seen', '--twin', 'both');
    expect(record.benchmarks[0]?.programs[0]?.twin).toMatchObject({ kind: 'native', isShallow: false });
    const times = record.rows.filter(({ metric }) => metric.name === 'time').map(({ arm }) => arm);
    expect(times).toEqual(['kernel', 'call', 'syscall', 'wakeup', 'translated']);
    const alone = await measured('run', 'flows.bpf.c', '--program', 'flows_seen');
    expect(alone.benchmarks[0]?.programs[0]?.twin?.kind).toBe('native');
  });

  it('take the translated twin where the native one differs, and say so; where it was asked for, that is a failure', async () => {
    const [benchmark] = (await measured('run', 'otherwise.bpf.c')).benchmarks;
    expect(benchmark?.programs[0]?.twin).toMatchObject({
      kind: 'translated',
      notNative:
        'its native twin differs after all inputs: map calls, key 00000000, at byte 0: 0200000000000000 in the kernel, 0100000000000000 in the twin',
    });
    const { code, stdout } = await runCommand(['run', 'otherwise.bpf.c', '--twin', 'native', ...quick], { folder });
    expect(code).toBe(4);
    expect(stdout).toContain('otherwise: its native twin differs from the kernel after all inputs: map calls');
  });

  it('give an object alone its translated twin', async () => {
    const { bpf } = await compileForKernel(await openWorkshop(), { tree: folder, source: 'flows.bpf.c', cflags: [] });
    const [benchmark] = (await measured('run', bpf, '--program', 'flows_seen')).benchmarks;
    expect(benchmark?.programs[0]?.twin?.kind).toBe('translated');
  });

  it('prove base and head each', async () => {
    const record = await measured('compare', '--base', folder, 'flows.bpf.c', '--program', 'flows_seen');
    const programs = record.benchmarks[0]?.programs ?? [];
    expect(programs.map(({ revision }) => revision)).toEqual(['base', 'again', 'head']);
    for (const { twin, nativeSha256 } of programs) {
      expect(twin).toBeDefined();
      expect(nativeSha256).toBe(programs[0]?.nativeSha256);
    }
    expect(record.rows.some(({ revision, arm }) => revision === 'base' && arm === 'syscall')).toBe(true);
  });

  it.each(['identities', 'asks_who'])('time what is constant while it is proven: %s', async (program) => {
    const { benchmarks, rows } = await measured('run', 'lacking.bpf.c', '--program', program, '--twin', 'translated');
    expect(benchmarks[0]?.programs[0]?.twin?.replacedHelpers).not.toEqual([]);
    expect(rows.some(({ arm, metric }) => arm === 'call' && metric.name === 'time')).toBe(true);
  });

  it('leave user space out where no twin is wanted', async () => {
    const [benchmark] = (await measured('run', 'flows.bpf.c', '--program', 'flows_seen', '--twin', 'none')).benchmarks;
    expect(benchmark?.extent).toEqual({ covers: 'kernel', reason: '`twin: none` asks for no more' });
  });

  it.each([
    ['encapsulates', 'xdp', 120],
    ['tags', 'tc', 106],
    ['ages', 'tc', 106],
  ])('put the packet back for every run where it grows or ages: %s', async (program, type, outputBytes) => {
    const { benchmarks, rows } = await measured('run', 'rewrites.bpf.c', '--program', program);
    const [built] = benchmarks[0]?.programs ?? [];
    expect(built).toMatchObject({ type, proof: { inputs: [{ bytes: 106, outputBytes, isAfresh: true }] } });
    const sampled = rows.filter(({ metric }) => metric.kind === 'sampled').flatMap(({ values }) => values);
    expect(Math.min(...sampled)).toBeGreaterThan(0);
    const checked = rows.find(({ arm, metric }) => arm === 'kernel' && metric.name === 'time')?.evidence.invocations;
    expect(checked).toBeGreaterThanOrEqual(4000);
  });

  it.each([
    ['lacking.bpf.c', 'routes', { isShallow: true, replacedHelpers: [], notCompared: [] }],
    ['calls.bpf.c', 'ends', { isShallow: false, replacedHelpers: ['bpf_ktime_get_ns'] }],
    ['maps.bpf.c', 'queues', { isShallow: false, notCompared: expect.arrayContaining(['queue', 'stack']) as string[] }],
  ])('disclose in the record what the proof did not show: %s, %s', async (source, program, disclosed) => {
    const [benchmark] = (await measured('run', source, '--program', program, '--twin', 'translated')).benchmarks;
    expect(benchmark?.programs[0]?.twin).toMatchObject({ kind: 'translated', ...disclosed });
  });

  it('time what a program gives when its table is filled', async () => {
    const [benchmark] = (await measured('run', 'flows.bpf.c', '--program', 'newcomers')).benchmarks;
    expect(benchmark?.programs[0]?.proof?.inputs[0]?.retval).toBe(2); // XDP_DROP would be a newcomer
  });

  it.each(['translated', 'none'])(
    'run it where it is proven and timed alike: in a network of its own, which has no sockets (--twin %s)',
    async (twin) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const bytes = Buffer.from(builtinPacket('tcp4-syn').hex, 'hex');
      bytes.set([127, 0, 0, 1, 127, 0, 0, 1], 26);
      bytes.writeUInt16BE((server.address() as AddressInfo).port, 36);
      const words = ['sockets.bpf.c', '--twin', twin, '--packet', bytes.toString('hex')];
      const { code, stdout } = await runCommand(['run', ...words, ...quickly, '--json'], { folder });
      server.close();
      expect(code, stdout).toBe(0);
      const { record } = JSON.parse(stdout) as { record: BenchRecord };
      const [program] = record.benchmarks[0]!.programs;
      expect(program?.twin?.kind).toBe(twin === 'none' ? undefined : twin);
      expect(program?.proof?.inputs[0]?.retval).toBe(2); // 1 where the listening socket was found
    },
  );

  it('name what user space lacks', async () => {
    const words = ['lacking.bpf.c', '--program', 'routes', '--packet', '42'.repeat(60)];
    const [benchmark] = (await measured('run', ...words)).benchmarks;
    expect(benchmark?.extent?.reason).toBe('its twin is unsupported: bpf_fib_lookup with these flags');
  });

  it('end with exit code 4 where a twin is not what the kernel runs, and show where', async () => {
    const { code, stdout } = await runCommand(['run', 'in_order.bpf.c', ...quick], { folder });
    expect(code).toBe(4);
    expect(stdout).toMatch(/twin differs .* return value 0x[0-9a-f]{8} in the kernel, 0x[0-9a-f]{8} in the twin/);
    expect(stdout).toContain('packet of input hex');
  });
});
