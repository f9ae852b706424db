/** What is told beside the figures of a base: saved records, changed limits, vanished benchmarks; on the real kernel, never judged. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord } from '../../src/domain/record.js';
import type { BenchmarkVerdict } from '../../src/domain/verdict.js';
import { runCommand } from '../helpers/command-line.js';
import { available } from '../helpers/require.js';

const fnv1a = readFileSync('bpf/functions/fnv1a.bpf.c', 'utf8');
/** The same hash, the loop ten times over. */
const slow = fnv1a.replace('i < PAYLOAD_BYTES;', 'i < 10 * PAYLOAD_BYTES;').replace('payload[i]', 'payload[i % 64]');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-stories-'));
  write('fnv1a.bpf.c', fnv1a);
  write('udp.bin', 'u'.repeat(106));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): void {
  writeFileSync(path.join(folder, name), content);
}

/** Benchmarks of one source on one input. */
function config(benchmarks: Readonly<Record<string, string>>): void {
  const entries = Object.entries(benchmarks).map(
    ([name, more]) => `  - { name: ${name}, source: fnv1a.bpf.c, inputs: [{ file: udp.bin }]${more} }\n`,
  );
  write('kfaas.yml', `version: 1\nbenchmarks:\n${entries.join('')}`);
}

function git(...args: string[]): string {
  const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
  return execFileSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

function commit(): string {
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'base');
  return git('rev-parse', 'HEAD');
}

const quick = ['--iterations', '20000', '--time-limit', '20'];

function run(...args: string[]) {
  return runCommand(args, { folder });
}

/** What a command tells as JSON, and what `report` tells of the record that it saved. */
async function told(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, ...quick, '--json', '--record', 'new.json');
  if (stdout === '') throw new Error(stderr);
  const { record, verdict } = JSON.parse(stdout) as {
    record: BenchRecord;
    verdict: { benchmarks: BenchmarkVerdict[] };
  };
  expect(recordSchema.parse(record)).toEqual(record);
  const again = await run('report', 'new.json', '--json');
  expect(JSON.parse(again.stdout)).toEqual({ record, verdict });
  expect(again.code).toBe(code);
  const text = (await run('report', 'new.json')).stdout;
  return { code, record, benchmarks: verdict.benchmarks, text };
}

describe.skipIf(!available('kernel'))('compare --base record.json', () => {
  it('shows what was saved of head then, and judges by the limits of now alone', async () => {
    config({ hash: '', fresh: '' });
    const head = commit();
    const saved = await run('run', '--only', 'hash', ...quick, '--record', 'old.json');
    expect(saved.code, saved.stderr).toBe(0);
    expect(saved.stdout).not.toMatch(/^trees/m);

    write('fnv1a.bpf.c', slow);
    const compared = await told('compare', '--base', 'old.json', '--max-slowdown', '1');
    expect(compared.code).toBe(0);
    const [hash, fresh] = compared.benchmarks;
    expect([hash!.outcome, hash!.gates]).toEqual(['pass', []]);
    expect(hash!.advisory).toMatchObject({ kind: 'figures', machine: [], workload: [] });
    if (hash!.advisory?.kind !== 'figures') throw new Error('no figures');
    expect(hash!.advisory.kernel!.change).toBeGreaterThan(2);
    expect(hash!.advisory.speedup!.change).toBeLessThan(0);
    const insns = hash!.advisory.figures.find(({ metric }) => metric === 'verified-insns')!;
    expect(insns.now).toBeGreaterThan(insns.saved);
    expect(fresh!.advisory).toEqual({ kind: 'none', reason: 'the saved record does not have it' });
    expect(compared.record.savedBase).toMatchObject({ path: 'old.json', commit: head, dirty: false });
    expect(compared.text).toMatch(/^saved {4}kernel time \+\d+ % \(.* ns\); speedup −.*; verified-insns [\d,]+ → /m);
    expect(compared.text).toMatch(
      new RegExp(`^saved {4}the saved record old\\.json of .* UTC, commit ${head.slice(0, 7)}, on Linux `, 'm'),
    );
    expect(compared.text).toContain('max-slowdown, max-speedup-loss and growth are not judged');

    const gated = await told('compare', '--base', 'old.json', '--only', 'hash', '--threshold', '100000');
    expect(gated.code).toBe(1);
    expect(gated.benchmarks[0]!.gates).toMatchObject([{ gate: 'threshold', outcome: 'fail' }]);

    const record = recordSchema.parse(JSON.parse(readFileSync(path.join(folder, 'old.json'), 'utf8')));
    record.benchmarks[0]!.programs[0]!.proof!.runCount.counted += 1;
    write('old.json', JSON.stringify(record));
    const forged = await told('compare', '--base', 'old.json', '--only', 'hash');
    expect(forged.code).toBe(0);
    expect(forged.text).toMatch(/^saved {4}it is not proven there: .*the kernel counted/m);
  });

  it.each([
    ['{}', 'no record of version 1'],
    ['{"schema": "kfaas-bench/record", "version": 7}', 'is a record of version 7'],
  ])('refuses %s before anything is measured', async (content, problem) => {
    write('old.json', content);
    const { code, stderr } = await run('compare', '--base', 'old.json', 'fnv1a.bpf.c');
    expect(code).toBe(2);
    expect(stderr).toContain('--base is `old.json`, which ');
    expect(stderr).toContain(problem);
  });
});

describe.skipIf(!available('kernel'))('compare --base HEAD', () => {
  it('tells loosened limits, changed inputs and vanished benchmarks, and fails for none of them', async () => {
    config({ hash: ', max-slowdown: 300, expect: { retval: 0 }', old: '' });
    commit();
    write('udp.bin', 'v'.repeat(106));
    config({ hash: ', max-slowdown: 400', renamed: ', max-slowdown: 400' });
    const { code, record, text } = await told('compare', '--base', 'HEAD');
    expect(code).toBe(0);
    expect(record.changes).toEqual([
      { benchmark: 'hash', what: 'max-slowdown 300 % → 400 %', loosened: true },
      { benchmark: 'hash', what: 'expected return value 0 removed', loosened: true },
      { benchmark: 'hash', what: 'input `udp.bin` changed', loosened: false },
      { benchmark: 'renamed', what: 'new', loosened: false },
    ]);
    expect(record.vanished).toEqual(['old']);
    expect(text.match(/^(loosened|changed|vanished) .*$/gm)).toEqual([
      'loosened hash: max-slowdown 300 % → 400 %; expected return value 0 removed',
      'changed  hash: input `udp.bin` changed',
      'changed  renamed: new',
      'vanished `old` is in the base and not in head; one that was renamed is told as vanished and as new',
    ]);
  });

  it('takes a config of the base that is wrong for no fault of head', async () => {
    write('kfaas.yml', 'version: 1\nbenchmark: []\n');
    commit();
    config({ hash: ', max-slowdown: 400' });
    const { code, record, text } = await told('compare', '--base', 'HEAD');
    expect(code).toBe(0);
    expect([record.changes, record.vanished]).toEqual([undefined, undefined]);
    expect(text).toMatch(/^warning {2}limits and inputs are not compared .* kfaas\.yml:2:1: unknown key `benchmark`/m);
  });
});
