/** Head against its base on the command line, on the real kernel. What is planted is far beyond any noise, and so is the limit. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema } from '../../src/domain/record.js';
import type { BenchmarkVerdict } from '../../src/domain/verdict.js';
import { compiledEntry } from '../helpers/compiled.js';
import { available } from '../helpers/require.js';

const fnv1a = readFileSync('bpf/functions/fnv1a.bpf.c', 'utf8');
/** The same hash, the loop ten times over. */
const slow = fnv1a.replace('i < PAYLOAD_BYTES;', 'i < 10 * PAYLOAD_BYTES;').replace('payload[i]', 'payload[i % 64]');
/** A branch that no packet takes. */
const neutral = fnv1a.replace('__u32 hash', 'if (skb->len > 60000)\n\t\treturn 1;\n\n\t__u32 hash');
/** Time is spent on one side alone; the result is the same. */
const spinning = (condition: string, turns: number) =>
  fnv1a.replace(
    'return hash;',
    `volatile int sink;\n#${condition}\n\tfor (int i = 0; i < ${turns}; i++)\n\t\tsink = i;\n#endif\n\treturn hash;`,
  );
const slowInUserSpace = spinning('ifndef __bpf__', 20_000);
const slowInKernel = spinning('ifdef __bpf__', 500);
const broken = fnv1a.replace('return hash;', 'return hash');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-compare-'));
  for (const tree of ['head', 'base']) mkdirSync(path.join(folder, tree));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function give(tree: 'head' | 'base', programs: Readonly<Record<string, string>>): void {
  for (const [name, source] of Object.entries(programs)) {
    writeFileSync(path.join(folder, tree, `${name}.bpf.c`), source);
  }
}

async function compare(...args: string[]) {
  const sources = readdirSync(path.join(folder, 'head')).filter((name) => name.endsWith('.bpf.c'));
  const command = [compiledEntry(), 'compare', ...sources, '--iterations', '20000', '--time-limit', '40', ...args];
  const child = spawn(process.execPath, command, {
    cwd: path.join(folder, 'head'),
    env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: path.join(folder, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}

type Told = Omit<BenchmarkVerdict, 'record'>;

async function compareAsJson(...args: string[]) {
  const { status, stdout, stderr } = await compare('--json', ...args);
  if (stdout === '') throw new Error(stderr);
  const { record, verdict } = JSON.parse(stdout) as { record: unknown; verdict: { benchmarks: Told[] } };
  return { status, record: recordSchema.parse(record), verdicts: verdict.benchmarks };
}

const generous = ['--base', '../base', '--max-slowdown', '100'];

describe.skipIf(!available('kernel'))('compare', () => {
  it('fails what is slower, and only that', async () => {
    expect([slow, neutral, broken]).not.toContain(fnv1a);
    give('base', { broken, neutral: fnv1a, same: fnv1a, slow: fnv1a });
    give('head', { broken: fnv1a, fresh: fnv1a, neutral, same: fnv1a, slow });
    const { status, record, verdicts } = await compareAsJson(...generous);
    expect(status, JSON.stringify(record.benchmarks.map(({ failure }) => failure))).toBe(1);
    const told = Object.fromEntries(verdicts.map(({ benchmark, outcome, gates }) => [benchmark, { outcome, gates }]));
    const gate = { gate: 'max-slowdown', limit: 1 };
    expect(told).toMatchObject({
      slow: { outcome: 'fail', gates: [{ ...gate, outcome: 'fail' }] },
      neutral: { outcome: 'pass', gates: [{ ...gate, outcome: 'pass' }] },
      same: { outcome: 'pass', gates: [{ ...gate, outcome: 'pass' }] },
      fresh: { outcome: 'pass', gates: [] },
      broken: { outcome: 'pass', gates: [] },
    });

    const benchmarks = Object.fromEntries(record.benchmarks.map((each) => [each.plan.name, each]));
    const tagsOf = (name: string) =>
      benchmarks[name]!.programs.map(({ revision, tag, proof }) => ({ revision, tag, proof }));
    for (const name of ['slow', 'neutral', 'same']) {
      const [base, again, head] = tagsOf(name);
      expect([base!.revision, again!.revision, head!.revision]).toEqual(['base', 'again', 'head']);
      expect(again!.tag).toBe(base!.tag);
      expect(head!.tag === base!.tag).toBe(name === 'same');
      for (const { proof } of [base!, again!, head!]) expect(proof!.runCount.counted).toBeGreaterThanOrEqual(20_000);
      const times = record.rows.filter((row) => row.benchmark === name && row.metric.name === 'time');
      const kernel = times.filter(({ arm }) => arm === 'kernel');
      expect(kernel.map(({ revision }) => revision).toSorted()).toEqual(['again', 'base', 'head']);
      for (const { rounds, evidence } of kernel) {
        expect(rounds).toEqual(kernel[0]!.rounds);
        expect(evidence.batches).toBe(kernel[0]!.evidence.batches);
      }
      const besides = times.filter(({ revision, arm }) => revision !== 'head' && arm !== 'kernel');
      expect(besides.map(({ revision, arm }) => [revision, arm]).toSorted()).toEqual([
        ['again', 'syscall'],
        ['base', 'syscall'],
      ]);
    }
    expect(tagsOf('fresh').map(({ revision }) => revision)).toEqual(['head']);
    expect(benchmarks['fresh']!.missingBase).toEqual({ reason: 'new' });
    expect(benchmarks['broken']!.missingBase).toMatchObject({ reason: 'unusable', failure: { kind: 'build' } });
    expect(record.builtFrom).toMatchObject([
      { revision: 'base', kind: 'folder', name: '../base' },
      { revision: 'head', kind: 'folder', name: '.' },
    ]);
  });

  it('holds the speedup against the base, user space in the same rounds', async () => {
    give('base', { slow: fnv1a });
    give('head', { slow });
    const { status, record, verdicts } = await compareAsJson(...generous, '--max-speedup-loss', '20');
    expect(status).toBe(1);
    expect(verdicts[0]!.gates).toMatchObject([
      { gate: 'max-slowdown', outcome: 'fail' },
      { gate: 'max-speedup-loss', outcome: 'fail', limit: -0.2 },
    ]);
    const ofBase = record.rows.filter(({ revision, metric }) => revision === 'base' && metric.name === 'time');
    expect(ofBase.map(({ arm }) => arm)).toEqual(['kernel', 'syscall']);
  });

  it('looks at the kernel alone: a slower user-space side fails nothing, a faster one hides nothing', async () => {
    give('base', { kernel: slowInUserSpace, user: fnv1a });
    give('head', { kernel: slowInKernel, user: slowInUserSpace });
    const { status, verdicts } = await compareAsJson(...generous);
    expect(status).toBe(1);
    const gateOf = (name: string) => verdicts.find(({ benchmark }) => benchmark === name)!.gates;
    expect(gateOf('user')).toMatchObject([{ gate: 'max-slowdown', outcome: 'pass' }]);
    expect(gateOf('kernel')).toMatchObject([{ gate: 'max-slowdown', outcome: 'fail' }]);
    const [kernel, user] = ['kernel', 'user'].map((name) => verdicts.find(({ benchmark }) => benchmark === name)!);
    expect(user!.speedup!.estimate).toBeGreaterThan(10 * kernel!.speedup!.estimate);
  });

  it('holds exact figures against their limits, where the time is well within its own', async () => {
    give('base', { neutral: fnv1a });
    give('head', { neutral });
    const strict = await compareAsJson(...generous, '--max-growth', 'verified-insns=0', '--budget', 'stack-bytes=0');
    expect(strict.status).toBe(1);
    const [verdict] = strict.verdicts;
    const { value, baseValue = NaN } = verdict!.figures.find(({ metric }) => metric === 'verified-insns')!;
    expect(value).toBeGreaterThan(baseValue);
    expect(verdict!.gates).toMatchObject([
      { gate: 'max-slowdown', outcome: 'pass' },
      { gate: 'max-growth', metric: 'verified-insns', outcome: 'fail', value, baseValue, limit: 0 },
      { gate: 'budget', metric: 'stack-bytes', outcome: 'pass', value: 0, limit: 0 },
    ]);

    const grown = `verified instructions grew from ${baseValue} to ${value} \\(\\+0\\.\\d %\\)`;
    const failed = await compare(...generous, '--max-growth', 'verified-insns=0');
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(RegExp(`^verdict {2}fail: ${grown}, beyond the limit of 0 %$`, 'm'));
    const within = await compare(...generous, '--max-growth', 'verified-insns=10');
    expect(within.status).toBe(0);
    expect(within.stdout).toMatch(/^verdict {2}pass: kernel time /m);
    expect(within.stdout).toMatch(
      RegExp(`^figures {2}${baseValue} → ${value} verified instructions \\(\\+0\\.\\d %, limit 10 %\\), `, 'm'),
    );
  });

  it('holds a benchmark without a base against its threshold', async () => {
    give('head', { fresh: fnv1a });
    const { status, verdicts } = await compareAsJson(...generous, '--threshold', '100000');
    expect(status).toBe(1);
    expect(verdicts[0]!.gates).toMatchObject([{ gate: 'threshold', outcome: 'fail' }]);
  });

  it('compares with a commit, and leaves nothing of it behind', async () => {
    const head = path.join(folder, 'head');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
        cwd: head,
        encoding: 'utf8',
      });
    give('head', { slow: fnv1a });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'base');
    give('head', { slow });
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('kfaas-bench-base-'));
    const before = left();
    const { status, stdout } = await compare('--base', 'HEAD', '--max-slowdown', '100');
    expect(status).toBe(1);
    const commit = git('rev-parse', 'HEAD').trim().slice(0, 7);
    expect(stdout).toMatch(/^verdict {2}fail: kernel time \+\d+ % .* against the base is beyond the limit of 100 %$/m);
    expect(stdout).toContain(`the base is ${commit}, `);
    expect(stdout).toContain(`head is the working directory (${commit}, with changes)`);
    expect(stdout).toContain('limit 100 %');
    expect(left()).toEqual(before);
  });

  it('refuses a base that is not there', async () => {
    give('head', { fresh: fnv1a });
    expect(await compare('--base', '../nowhere')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('../nowhere') as string,
    });
  });
});
