import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchmarkPlan, MeasurementPlan } from '../../../src/domain/plan.js';
import type { BenchmarkRecord, Row } from '../../../src/domain/record.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { processPlace } from '../../../src/places/process.js';
import { eventSchema, type MeasureJob, type WorkerEvent } from '../../../src/places/protocol.js';
import { sharedCache } from '../../helpers/build-cache.js';
import { compiledEntry } from '../../helpers/compiled.js';
import { programsFolder, udpPacket } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('a worker, spoken to by the protocol alone', () => {
  let entry: string;
  let output: string;
  beforeAll(() => {
    entry = compiledEntry();
    output = mkdtempSync(path.join(tmpdir(), 'kfaas-output-'));
  });
  afterAll(() => rmSync(output, { recursive: true }));

  const rounds = 3;
  const packet = { name: 'udp', hex: udpPacket().toString('hex') };
  const numbers = { name: '2+3', hex: '020000000300000000000000' };

  function plan(name: string, benchmark: Partial<BenchmarkPlan> = {}): BenchmarkPlan {
    const base = { name, source: 'every_type.bpf.c', cflags: [], program: name, inputs: [packet] };
    return { ...base, genericInputs: false, expect: {}, limits: {}, ...benchmark };
  }

  function job(benchmarks: BenchmarkPlan[], measurement: Partial<MeasurementPlan> = {}): MeasureJob {
    return {
      protocol: 1,
      kind: 'measure',
      place: 'process',
      trees: [{ revision: 'head', folder: programsFolder }],
      benchmarks,
      measurement: { iterations: 5000, compareWith: 'syscall', rounds, timeLimitSeconds: 20, seed: 7, ...measurement },
      folders: { cache: sharedCache(), output },
    };
  }

  async function run(asked: MeasureJob): Promise<WorkerEvent[]> {
    const events: WorkerEvent[] = [];
    await processPlace({ entry }).run(asked, (event) => events.push(event), new AbortController().signal);
    return events;
  }

  interface Told {
    readonly record: BenchmarkRecord;
    readonly rows: readonly Row[];
  }

  function told(events: readonly WorkerEvent[], name: string): Told {
    const found = events.flatMap((event) =>
      event.event === 'benchmark' && event.benchmark.plan.name === name ? [event] : [],
    );
    expect(found).toHaveLength(1);
    return { record: found[0]!.benchmark, rows: found[0]!.rows };
  }

  /** Newer kernels refuse more of them: what has no IP header behind Ethernet's though it says so. */
  const refusable = ['ethernet-alone', 'ethernet-and-1', 'ipv4-cut', 'ipv6-cut'];

  it.each([
    ['on_xdp', false],
    ['on_tc', true],
    ['on_socket', true],
  ])('%s is run on the built-in packets that it can be run on', async (name, leavesOut) => {
    const inputs = allBuiltinPackets();
    const events = await run(job([plan(name, { inputs })]));
    const { record } = told(events, name);
    expect(record.failure).toBeUndefined();
    const kept = record.plan.inputs;
    const refused = inputs.map((input) => input.name).filter((input) => !kept.some((each) => each.name === input));
    expect(kept).toEqual(inputs.filter((input) => !refused.includes(input.name)));
    expect(refusable.slice(0, leavesOut ? undefined : 0)).toEqual(expect.arrayContaining(refused));
    expect(record.programs[0]!.proof!.inputs.map(({ input }) => input)).toEqual(kept.map((input) => input.name));
    const warnings = events.flatMap((event) => (event.event === 'warning' ? [event.warning] : []));
    const leftOut = warnings.find(({ code }) => code === 'inputs-left-out');
    expect(leftOut?.message).toEqual(leavesOut ? expect.stringContaining(': ethernet-alone') : undefined);
    expect(warnings.map(({ code }) => code)).toContain('inputs-not-timed');
  });

  describe('measures every type of program', () => {
    let events: WorkerEvent[];
    beforeAll(async () => {
      const syscall = plan('on_syscall', { inputs: [numbers], expect: { retval: 0x8000_0005 } });
      events = await run(job([plan('on_xdp'), plan('on_tc'), plan('on_socket'), syscall]));
    });

    it.each([
      ['on_xdp', 'xdp'],
      ['on_tc', 'tc'],
      ['on_socket', 'socket_filter'],
      ['on_syscall', 'syscall'],
    ])('%s: with proof, all arms, both floors and the exact figures', (name, type) => {
      const { record, rows } = told(events, name);
      expect(record.failure).toBeUndefined();
      expect(record.rounds).toBe(rounds);
      expect(record.seconds).toBeGreaterThan(0);
      expect(record.programs).toHaveLength(1);
      expect(record.programs[0]).toMatchObject({ revision: 'head', program: name, type });
      const { proof } = record.programs[0]!;
      expect(proof?.inputs).toHaveLength(1);
      expect(proof?.runCount.counted).toBe(proof?.runCount.asked);
      expect(proof?.runCount.asked).toBe(type === 'syscall' ? 2000 : 5000);

      const sampled = rows.filter(({ metric }) => metric.kind === 'sampled');
      expect(sampled.map(({ arm, metric }) => `${arm} ${metric.name}`)).toEqual([
        'kernel time',
        'call time',
        'syscall time',
        'wakeup time',
        'kernel floor',
        'call floor',
      ]);
      for (const row of sampled) {
        expect(row).toMatchObject({ benchmark: name, revision: 'head', rounds: [0, 1, 2] });
        expect(row.values).toHaveLength(rounds);
        for (const value of row.values) expect(value).toBeGreaterThan(0);
        expect(row.evidence.batches).toBeGreaterThanOrEqual(row.arm === 'wakeup' ? rounds : 3 * rounds);
      }
      for (const arm of ['kernel', 'syscall']) {
        const row = sampled.find((candidate) => candidate.arm === arm && candidate.metric.name === 'time');
        expect(row?.evidence.invocations).toBeGreaterThanOrEqual(5000);
      }
      const exact = rows.filter(({ metric }) => metric.kind === 'exact').map(({ metric }) => metric.name);
      const ofLoad = ['verified-insns', 'verifier-states', 'xlated-bytes', 'jited-bytes', 'stack-bytes'];
      expect(exact.sort()).toEqual(['executed-insns', ...ofLoad].sort());
    });

    it('in an order that can be followed: builds, then the environment, then one benchmark after the other', () => {
      const order = events.flatMap((event) => {
        if (event.event === 'progress') return `${event.stage} ${event.benchmark}`;
        return event.event === 'benchmark' ? `told ${event.benchmark.plan.name}` : event.event;
      });
      const names = ['on_xdp', 'on_tc', 'on_socket', 'on_syscall'];
      const once = order.filter((line, at) => line !== order[at - 1]);
      expect(once).toEqual([
        ...names.map((name) => `build ${name}`),
        'environment',
        ...names.flatMap((name) => [`load ${name}`, `prove ${name}`, `measure ${name}`, `told ${name}`]),
        'done',
      ]);
    });

    it('and says what machine it did that on', () => {
      const environments = events.flatMap((event) => (event.event === 'environment' ? [event] : []));
      expect(environments).toHaveLength(1);
      const { id, environment } = environments[0]!;
      expect(environment).toMatchObject({ place: 'process', jit: true, node: process.versions.node });
      expect(environment.clang).toContain('clang version');
      expect(environment.libbpf).toMatch(/^\d+\.\d+/);
      expect(environment.pinnedCpu).toBeLessThan(environment.cpuCount);
      for (const { rows } of ['on_xdp', 'on_syscall'].map((name) => told(events, name))) {
        for (const row of rows) expect(row.environment).toBe(id);
      }
    });
  });

  it('measures base and head in the same rounds, each with its own proof, and of the base what is compared', async () => {
    const trees = [
      { revision: 'base', folder: programsFolder },
      { revision: 'head', folder: programsFolder },
    ] as const;
    const events = await run({ ...job([plan('on_tc')]), trees: [...trees] });
    const { record, rows } = told(events, 'on_tc');
    expect(record.programs.map(({ revision }) => revision)).toEqual(['base', 'again', 'head']);
    expect(record.programs.every(({ proof }) => proof !== undefined)).toBe(true);
    const arms = {
      base: ['kernel', 'syscall'],
      again: ['kernel', 'syscall'],
      head: ['kernel', 'call', 'syscall', 'wakeup'],
    };
    const times = rows.filter(({ metric }) => metric.name === 'time');
    expect(times.map(({ revision, arm }) => `${revision} ${arm}`)).toEqual(
      Object.entries(arms).flatMap(([revision, of]) => of.map((arm) => `${revision} ${arm}`)),
    );
    for (const row of times) expect(row.rounds).toEqual([0, 1, 2]);
  });

  it('goes on where a benchmark fails, and tells each failure with its benchmark', async () => {
    const events = await run(
      job(
        [
          plan('a syntax error', { source: 'broken/syntax.bpf.c', program: 'broken' }),
          plan('refused', { source: 'rejected/packet_bounds.bpf.c', program: 'packet_bounds' }),
          plan('wrong twin', { source: 'twin_differs.bpf.c', program: 'twin_differs' }),
          plan('crashes', { source: 'crashes.bpf.c', program: 'strays' }),
          plan('short', { source: 'every_type.bpf.c', program: 'on_xdp', inputs: [{ name: 'short', hex: '00' }] }),
          plan('late', { source: 'restless.bpf.c', program: 'late_in_kernel' }),
          plan('late in user space', { source: 'restless.bpf.c', program: 'late_in_user_space' }),
          plan('on_tc'),
        ],
        { iterations: 1000 },
      ),
    );
    const kinds = events.flatMap((event) =>
      event.event === 'benchmark' ? [[event.benchmark.plan.name, event.benchmark.failure?.kind]] : [],
    );
    expect(kinds).toEqual([
      ['a syntax error', 'build'],
      ['short', 'usage'], // told before anything else is built of it
      ['refused', 'verifier'],
      ['wrong twin', 'proof'],
      ['crashes', 'proof'],
      ['late', 'proof'],
      ['late in user space', 'proof'],
      ['on_tc', undefined],
    ]);
    expect(told(events, 'wrong twin').rows).toEqual([]);
    expect(told(events, 'late').record.failure?.message).toContain('a timed run did not give the proved result');
    expect(existsSync(path.join(output, 'refused.head.verifier.log'))).toBe(true);
    expect(events.at(-1)).toEqual({ event: 'done' });
  });

  it('times some of many inputs, proves all of them, and says so', async () => {
    const inputs = Array.from({ length: 20 }, (_, i) => ({
      name: `flow ${i}`,
      hex: Buffer.concat([udpPacket().subarray(0, 40), Buffer.alloc(24, i)]).toString('hex'),
    }));
    const events = await run(job([plan('on_tc', { inputs })], { iterations: 100 }));
    const { record, rows } = told(events, 'on_tc');
    expect(record.programs[0]?.proof?.inputs).toHaveLength(20);
    expect(rows.find(({ arm, metric }) => arm === 'call' && metric.name === 'time')?.evidence.batches).toBe(
      rounds * 8 * 3,
    );
    const warnings = events.flatMap((event) => (event.event === 'warning' ? [event.warning] : []));
    expect(warnings.filter(({ code }) => code === 'inputs-not-timed')).toMatchObject([{ benchmark: 'on_tc' }]);
  });

  it('that is given no job it knows says so, and that it is done', () => {
    const cases = [
      ['not JSON', 'Unexpected token'],
      ['{"protocol":99,"kind":"measure"}', 'a job that it does not understand'],
      ['', 'Unexpected end of JSON input'],
    ];
    for (const [text, message] of cases) {
      const { stdout, status } = spawnSync(process.execPath, [entry, 'worker'], { input: text!, encoding: 'utf8' });
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => eventSchema.parse(JSON.parse(line)));
      expect(events.map(({ event }) => event)).toEqual(['failure', 'done']);
      expect(events[0]?.event === 'failure' && events[0].failure.message).toContain(message);
      expect(status).toBe(0);
    }
  });

  it('keeps what a program prints out of what it says itself', async () => {
    const events = await run(job([plan('talks', { source: 'crashes.bpf.c' })], { iterations: 10, rounds: 2 }));
    expect(told(events, 'talks').record.failure).toBeUndefined();
  });
});
