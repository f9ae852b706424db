/** Every program of an object, and objects alone, on the real kernel: what is told of each, and what the judge says of it. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Base } from '../../../src/base.js';
import { compileForKernel } from '../../../src/build/compile.js';
import type { BenchmarkPlan } from '../../../src/domain/plan.js';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import type { RunVerdict } from '../../../src/domain/verdict.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { measurePlan } from '../../../src/pipeline.js';
import { processPlace } from '../../../src/places/process.js';
import { genericInputsSentence } from '../../../src/report/facts.js';
import { sharedCache } from '../../helpers/build-cache.js';
import { compiledEntry } from '../../helpers/compiled.js';
import { openEngine, programsFolder, udpPacket, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('every program of an object', () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    engine = await openEngine();
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-every-'));
    variant('base', { OLD: 1, STRAYS: 0, LOOKS: 0 });
    variant('head', { OLD: 0, STRAYS: 1, LOOKS: 0 });
  });
  afterAll(() => {
    engine.close();
    rmSync(folder, { recursive: true });
  });

  /** A tree of its own, so that both are one project before and after a change. */
  function variant(tree: string, macros: Readonly<Record<string, number>>): void {
    mkdirSync(path.join(folder, tree), { recursive: true });
    copyFileSync(path.join(programsFolder, 'project/project.bpf.c'), path.join(folder, tree, 'project.bpf.c'));
    const lines = Object.entries(macros).map(([name, value]) => `#define ${name} ${value}\n`);
    writeFileSync(path.join(folder, tree, 'variant.h'), lines.join(''));
  }

  /** The compiled object of a source beside it, as a user's own steps leave it there. */
  async function compiled(tree: string, source: string, object: string): Promise<void> {
    const { bpf } = await engine.compile(source);
    mkdirSync(path.join(folder, tree), { recursive: true });
    copyFileSync(bpf, path.join(folder, tree, object));
  }

  function plan(benchmark: Partial<BenchmarkPlan>): BenchmarkPlan {
    const inputs = [{ name: 'generic-udp', hex: udpPacket().toString('hex') }];
    const common = { cflags: [], inputs, genericInputs: true, expect: {}, limits: {} };
    return { name: 'project', source: 'project.bpf.c', ...common, ...benchmark };
  }

  async function run(
    benchmarks: readonly BenchmarkPlan[],
    trees: { readonly head: string; readonly base?: string },
  ): Promise<{ record: BenchRecord; verdict: RunVerdict }> {
    const base: Base | undefined =
      trees.base === undefined
        ? undefined
        : {
            kind: 'tree',
            sentence: 'the base is a folder',
            folder: path.join(folder, trees.base),
            root: path.join(folder, trees.base),
            builtFrom: [],
            notes: [],
            comparison: { warnings: [] },
          };
    const outputFolder = path.join(folder, 'logs');
    mkdirSync(outputFolder, { recursive: true });
    const { record, failures } = await measurePlan(
      {
        benchmarks: [...benchmarks],
        measurement: { iterations: 5000, compareWith: 'syscall', rounds: 3, timeLimitSeconds: 20, seed: 7 },
        demo: false,
      },
      {
        place: processPlace({ entry: compiledEntry() }),
        workingDirectory: path.join(folder, trees.head),
        ...(base && { base }),
        cacheFolder: sharedCache(),
        outputFolder,
        toolVersion: '1.0.0',
        onEvent: () => undefined,
        signal: new AbortController().signal,
      },
    );
    expect(failures).toEqual([]);
    expect(recordSchema.parse(record)).toEqual(record);
    return { record, verdict: judgeRecord(record) };
  }

  function told({ record, verdict }: { record: BenchRecord; verdict: RunVerdict }, name: string) {
    const benchmark = record.benchmarks.find((each) => each.plan.name === name);
    const judged = verdict.benchmarks.find((each) => each.benchmark === name);
    if (benchmark === undefined || judged === undefined) throw new Error(`nothing is told of ${name}`);
    const rows = record.rows.filter((row) => row.benchmark === name);
    const times = rows.filter(({ metric }) => metric.name === 'time').map(({ revision, arm }) => `${revision} ${arm}`);
    return { benchmark, judged, rows, times };
  }

  describe('of a source, beside its base', () => {
    let result: Awaited<ReturnType<typeof run>>;
    beforeAll(async () => {
      const limits = { maxSlowdownPercent: 900, growth: { 'verified-insns': { percent: 10, slack: 64 } } };
      result = await run([plan({ every: true, limits })], { head: 'head', base: 'base' });
    });
    const of = (program: string) => told(result, `project/${program}`);

    it('is a benchmark of its own; what only the base has is named', () => {
      expect(result.record.benchmarks.map(({ plan: { name } }) => name).sort()).toEqual(
        ['acts', 'always_strays', 'asks', 'counts', 'fresh', 'lets_in', 'looks', 'numbers', 'on_sleep', 'strays'].map(
          (program) => `project/${program}`,
        ),
      );
      expect(result.record.vanished).toEqual(['project/gone']);
    });

    it.each([
      ['looks', 'tc', false],
      ['counts', 'xdp', true],
      ['lets_in', 'cgroup_skb', false],
    ])('is measured on both sides where it can be: %s', (program, type, hasTwin) => {
      const { benchmark, judged, times } = of(program);
      expect(benchmark.extent).toBeUndefined();
      for (const built of benchmark.programs) {
        expect(built.type).toBe(type);
        expect(built.nativeSha256).toBeDefined();
        expect(built.twin?.isShallow).toBe(hasTwin ? false : undefined);
      }
      expect(times).toContain('head syscall');
      expect(judged.outcome).not.toBe('untrusted');
      expect(judged.slowdown).toBeDefined();
    });

    it('is measured in the kernel alone where it has no user-space side', () => {
      const { benchmark, judged, times } = of('asks');
      const reason = 'its twin is unsupported: bpf_get_current_task';
      expect(benchmark.extent).toEqual({ covers: 'kernel', reason });
      expect(benchmark.programs.map(({ revision }) => revision)).toEqual(['base', 'again', 'head']);
      for (const built of benchmark.programs) {
        expect(built).toMatchObject({ type: 'tc', proof: { runCount: { asked: 5000, counted: 5000 } } });
        expect(built.nativeSha256).toBeUndefined();
      }
      expect(times).toEqual(['base kernel', 'again kernel', 'head kernel']);
      expect(judged.outcome).not.toBe('untrusted'); // three rounds are too few to tell more
      expect(judged.gates.map(({ gate }) => gate)).toContain('max-slowdown');
      expect(judged.ladder).toMatchObject([{ arm: 'kernel' }]);
      expect(judged.speedup).toBeUndefined();
      expect(judged.ladder[0]?.floorNs).toBeGreaterThan(0);
    });

    it.each([
      ['numbers', 'tc', /^the same input generic-udp gives something else each time, and does not settle/],
      [
        'on_sleep',
        'kprobe',
        /^SEC\("kprobe\/do_nanosleep"\): a kprobe program is not run: the kernel has no test run for such$/,
      ],
      ['acts', 'syscall', /^what a syscall program is given is its own/],
    ])('leaves its figures where it cannot be timed: %s', (program, type, reason) => {
      const { benchmark, judged, rows } = of(program);
      expect(benchmark).toMatchObject({ rounds: 0, seconds: 0, extent: { covers: 'figures' } });
      expect(benchmark.extent?.reason).toMatch(reason);
      expect(benchmark.programs).toMatchObject([
        { revision: 'base', type },
        { revision: 'head', type },
      ]);
      expect(rows.map(({ metric }) => metric.kind)).toEqual(rows.map(() => 'exact'));
      const ofLoad = ['verified-insns', 'verifier-states', 'xlated-bytes', 'jited-bytes', 'stack-bytes'];
      const figures = program === 'numbers' ? ['executed-insns', ...ofLoad] : ofLoad; // the counts need no time
      expect(judged.figures.map(({ metric }) => metric).sort()).toEqual(figures.sort());
      expect(judged.figures.every(({ value, baseValue }) => value === baseValue)).toBe(true);
      expect(judged).toMatchObject({ outcome: 'pass', ladder: [], gates: [{ gate: 'max-growth' }] });
    });

    it('fails where the verifier refuses it that took it in the base', () => {
      const { benchmark, judged, rows } = of('strays');
      expect(benchmark.failure).toMatchObject({ kind: 'verifier' });
      expect(judged.outcome).toBe('fail');
      expect(rows).toEqual([]);
      expect(result.verdict).toMatchObject({ outcome: 'fail', worst: 'project/strays' });
    });

    it('is told and fails nobody where it did not load before either; logs do not overwrite each other', () => {
      const { benchmark, judged } = of('always_strays');
      expect(benchmark.extent?.covers).toBe('nothing');
      expect(benchmark.extent?.reason).toMatch(/^does not load: the verifier rejects it \(E[A-Z]+\): R\d/);
      expect(judged).toMatchObject({ outcome: 'pass', ladder: [], gates: [], figures: [] });
      expect(readdirSync(path.join(folder, 'logs'))).toEqual(
        expect.arrayContaining([
          'project_always_strays.base.verifier.log',
          'project_always_strays.head.verifier.log',
          'project_strays.head.verifier.log',
        ]),
      );
    });

    it('that is new is measured without a base', () => {
      expect(of('fresh').benchmark.missingBase).toEqual({ reason: 'new' });
      expect(of('fresh').times).toContain('head kernel');
    });
  });

  it('is not there where the source does not compile: told where it never did, failed where it did', async () => {
    variant('broken', {}); // LOOKS is not defined
    const never = await run([plan({ every: true })], { head: 'broken', base: 'broken' });
    expect(told(never, 'project').benchmark.extent?.reason).toMatch(/^it does not compile for the kernel .*LOOKS/);
    expect(never.verdict.outcome).toBe('pass');
    const now = await run([plan({ every: true })], { head: 'broken', base: 'base' });
    expect(told(now, 'project').benchmark.failure?.kind).toBe('build');
    expect(now.verdict.outcome).toBe('fail');
  });

  describe('that is given as an object', () => {
    beforeAll(async () => {
      await compiled('objects', 'every_type.bpf.c', 'new.bpf.o');
      await compiled('objects', 'thousand.bpf.c', 'old.bpf.o');
      await compiled('objects', 'every_type.bpf.c', 'same.bpf.o');
      const project = { tree: path.join(folder, 'head'), source: 'project.bpf.c', cflags: [] };
      copyFileSync((await compileForKernel(engine.workshop, project)).bpf, path.join(folder, 'objects/asks.bpf.o'));
      mkdirSync(path.join(folder, 'no-objects'));
    });

    it('is measured as its translated twin, against the object that is named as its base', async () => {
      const object = { base: 'same.bpf.o' };
      const asked = plan({ name: 'on_tc', source: 'new.bpf.o', object, program: 'on_tc', genericInputs: false });
      const result = await run([asked], { head: 'objects', base: 'no-objects' });
      const { benchmark, judged, times } = told(result, 'on_tc');
      expect(benchmark.extent).toBeUndefined();
      expect(benchmark.programs.map(({ twin }) => twin?.kind)).toEqual(['translated', 'translated', 'translated']);
      expect(times).toContain('base syscall');
      expect(judged.outcome).toBe('pass');
    });

    it('has no speedup to hold against a threshold: undecided, and it says why', async () => {
      const asked = plan({ source: 'asks.bpf.o', object: {}, program: 'asks', limits: { threshold: 2 } });
      const { judged } = told(await run([asked], { head: 'objects' }), 'project');
      expect(judged.outcome).toBe('inconclusive');
      expect(judged.sentence).toBe(
        'the threshold of 2x is not judged, since there is no speedup: its twin is unsupported: bpf_get_current_task',
      );
    });

    it('has a program that the other object has not', async () => {
      const asked = plan({ source: 'new.bpf.o', object: { base: 'old.bpf.o' }, program: 'on_tc' });
      const { benchmark } = told(await run([asked], { head: 'objects', base: 'no-objects' }), 'project');
      expect(benchmark.missingBase).toEqual({ reason: 'new' });
    });
  });

  it('is measured in the kernel alone where its type has no user-space side, on the inputs that get there', async () => {
    mkdirSync(path.join(folder, 'netfilter'));
    copyFileSync(path.join(programsFolder, 'netfilter.bpf.c'), path.join(folder, 'netfilter/netfilter.bpf.c'));
    const inputs = (['86dd', '0800', '0806'] as const).map((etherType) => ({
      name: etherType,
      hex: `${'00'.repeat(12)}${etherType}${'00'.repeat(40)}`,
      optional: true as const,
    }));
    const asked = plan({ source: 'netfilter.bpf.c', program: 'ipv6_alone', inputs, genericInputs: false });
    const { benchmark, judged, rows, times } = told(await run([asked], { head: 'netfilter' }), 'project');
    expect(benchmark.extent).toEqual({ covers: 'kernel', reason: 'a netfilter program has no user-space side' });
    expect(benchmark.programs).toMatchObject([
      {
        type: 'netfilter',
        proof: {
          inputs: [
            { input: '86dd', bytes: 54, retval: 1, outputBytes: 0 },
            { input: '0800', bytes: 54, retval: 0, outputBytes: 0 },
          ],
          runCount: { asked: 5000, counted: 5000 },
        },
      },
    ]);
    expect(benchmark.programs[0]?.proof?.inputs.some(({ isAfresh }) => isAfresh)).toBe(false);
    expect(times).toEqual(['head kernel']);
    expect(rows.map(({ metric }) => metric.name)).toContain('verified-insns');
    expect(judged.ladder[0]?.floorNs).toBeGreaterThan(0);
  });

  describe('that is given no packet', () => {
    beforeAll(() => {
      mkdirSync(path.join(folder, 'kernel-only'));
      copyFileSync(path.join(programsFolder, 'kernel_only.bpf.c'), path.join(folder, 'kernel-only/kernel_only.bpf.c'));
    });
    const measuredAs = async (benchmark: Partial<BenchmarkPlan>, name = 'project') =>
      told(await run([plan({ source: 'kernel_only.bpf.c', ...benchmark })], { head: 'kernel-only' }), name);

    it('is measured on the look-ups that built-in packets bring about', async () => {
      const inputs = allBuiltinPackets();
      const { benchmark, times } = await measuredAs({ program: 'documented', inputs });
      expect(benchmark.extent).toEqual({ covers: 'kernel', reason: 'a sk_lookup program has no user-space side' });
      const ofInputs = benchmark.programs[0]?.proof?.inputs.map(({ input, retval }) => `${input} ${String(retval)}`);
      expect(ofInputs?.slice(0, 5)).toEqual(['udp4 0', 'tcp4 1', 'udp6 0', 'tcp6 1', 'tcp4-syn 1']);
      expect(benchmark.programs[0]?.proof?.runCount).toEqual({ asked: 5000, counted: 5000 });
      expect(times).toEqual(['head kernel']);
    });

    it('is measured on arguments of zero where none are named, and the report says so', async () => {
      const { benchmark, times, judged } = await measuredAs({ program: 'weighed', inputs: allBuiltinPackets() });
      expect(benchmark.programs[0]?.proof).toMatchObject({
        inputs: [{ input: 'zeros', bytes: 96, retval: 0 }],
        runCount: { asked: 2000, counted: 2000 },
      });
      expect(times).toEqual(['head kernel']);
      expect(judged.ladder[0]?.floorNs).toBeGreaterThan(0);
      expect(genericInputsSentence(benchmark)).toBe('all arguments are zero; give real ones for real figures');
    });

    it('is not run on arguments that nobody named where it was only discovered', async () => {
      const all = await run([plan({ source: 'kernel_only.bpf.c', every: true })], { head: 'kernel-only' });
      const reasonOf = (program: string) => told(all, `project/${program}`).benchmark.extent;
      expect(reasonOf('weighed')).toEqual({
        covers: 'figures',
        reason: 'what a raw_tracepoint program is given is its own: name it with inputs',
      });
      expect(reasonOf('documented')).toMatchObject({ covers: 'kernel' });
      expect(reasonOf('writes')).toEqual({
        covers: 'figures',
        reason:
          'SEC("raw_tracepoint.w/sched_switch"): a raw_tracepoint_writable program is not run: the kernel has no test run for such',
      });
    });

    it('tells an input that does not fit before anything is built of it', async () => {
      const inputs = [{ name: 'look-up', hex: '00'.repeat(72) }];
      const { benchmark } = await measuredAs({ program: 'documented', inputs, genericInputs: false });
      expect(benchmark.programs).toEqual([]);
      expect(benchmark.failure).toMatchObject({
        kind: 'usage',
        message: 'documented: input look-up has family 0 in its struct bpf_sk_lookup',
      });
    });
  });

  it.each([
    ['is measured in the kernel alone where nothing asks for more', {}, undefined],
    ['does not build where a threshold asks for it', { threshold: 2 }, 'build'],
  ])('asked for by name, without a user-space side, %s', async (_, limits, kind) => {
    const asked = plan({ program: 'asks', genericInputs: false, limits });
    const { benchmark } = told(await run([asked], { head: 'head' }), 'project');
    expect(benchmark.failure?.kind).toBe(kind);
    const reason = 'its twin is unsupported: bpf_get_current_task';
    if (kind === undefined) expect(benchmark.extent).toEqual({ covers: 'kernel', reason });
    else expect(benchmark.failure?.message).toContain(reason);
  });

  it('asked for by name, has to give the same each time', async () => {
    const asked = plan({ program: 'numbers', genericInputs: false });
    const { benchmark, judged } = told(await run([asked], { head: 'head' }), 'project');
    expect(benchmark.failure).toMatchObject({ kind: 'proof' });
    expect(judged.outcome).toBe('untrusted');
  });
});
