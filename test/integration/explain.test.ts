/** Executed instructions and the code of a change, on the real kernel through the command line and the comment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord } from '../../src/domain/record.js';
import { judgeRecord } from '../../src/judge/judge.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { cacheHome } from '../helpers/build-cache.js';
import { runCommand } from '../helpers/command-line.js';
import { compiledEntry } from '../helpers/compiled.js';
import { available } from '../helpers/require.js';

/** A packet longer than 100 bytes takes the branch; the loop goes round once for every byte from the second on. */
const base = `#include <kfaas.h>

SEC("tc")
int branching(struct __sk_buff *skb)
{
	__u32 sum = skb->len;

	asm volatile("r5 = 6" ::: "r5");
	if (skb->len > 100)
		asm volatile("%0 *= 3" : "+r"(sum));
	for (__u32 i = 0; i < skb->len && i < 512; i++)
		asm volatile("%0 += %1" : "+r"(sum) : "r"(i));
	return sum & 1;
}

char LICENSE[] SEC("license") = "GPL";
`;
const planted = 'asm volatile("r5 = 7" ::: "r5");';
const head = base.replace('\tif (skb->len', `\t/* what is below moves */\n\t${planted}\n\n\tif (skb->len`);
const plantedLine = head.split('\n').findIndex((line) => line.includes(planted)) + 1;

describe.skipIf(!available('kernel'))('a change of one instruction', () => {
  let folder: string;
  let told: { status: number | null; stdout: string };
  let record: BenchRecord;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-explain-'));
    for (const [tree, source] of Object.entries({ base, head })) {
      mkdirSync(path.join(folder, tree));
      writeFileSync(path.join(folder, tree, 'branching.bpf.c'), source);
      writeFileSync(path.join(folder, tree, 'short.bin'), Buffer.alloc(64, 1));
      writeFileSync(path.join(folder, tree, 'long.bin'), Buffer.alloc(200, 1));
    }
    const options = ['--base', '../base', '--packet', 'short.bin', '--packet', 'long.bin', '--iterations', '2000'];
    const limits = ['--rounds', '30', '--max-slowdown', '400', '--max-instructions-growth', '0', '--explain'];
    const command = [
      compiledEntry(),
      'compare',
      'branching.bpf.c',
      ...options,
      ...limits,
      '--record',
      '../record.json',
    ];
    const child = spawn(process.execPath, command, {
      cwd: path.join(folder, 'head'),
      env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: cacheHome() },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[status], stdout] = await Promise.all([
      once(child, 'close') as Promise<[number | null]>,
      text(child.stdout),
    ]);
    told = { status, stdout };
    record = recordSchema.parse(JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const executed = (wanted: 'base' | 'head') =>
    record.benchmarks[0]!.programs.find(({ revision }) => revision === wanted)!.executed!;

  it('fails a limit of 0 %, which no noise could', () => {
    expect(told.status).toBe(1);
    const [gate] = judgeRecord(record).benchmarks[0]!.gates.filter(({ outcome }) => outcome === 'fail');
    const [was, is] = [executed('base'), executed('head')].map(({ inputs }) => inputs[0]!.instructions);
    expect(is).toBe(was! + 1);
    expect(gate).toMatchObject({ gate: 'max-growth', metric: 'executed-insns', input: 'short.bin', value: is });
  });

  it('is named with its line, which was not there before, and nothing else is', () => {
    const [was, is] = [executed('base'), executed('head')].map(({ inputs }) => inputs[0]!.instructions);
    expect(told.stdout).toMatch(
      RegExp(
        `^where {4}on input \`short\\.bin\` ${was} → ${is} instructions: \\+1 at \`branching\\.bpf\\.c:${plantedLine}\` in \`branching\`; \\d+ lines unchanged$`,
        'm',
      ),
    );
    const row = `branching\\.bpf\\.c:${plantedLine} {2}branching +– +1 +\\+1 +`;
    expect(told.stdout).toMatch(RegExp(row));
    expect(told.stdout).toMatch(/^coverage the 2 inputs reach all of \d+ instructions$/m);
  });

  it('is the only difference of the code', () => {
    const [difference, ...others] = record.benchmarks[0]!.code!.functions;
    expect(others).toEqual([]);
    expect(difference!.lines.filter((line) => /^[-+]/.test(line))).toEqual([
      expect.stringMatching(/^\+(mov\w* \$0x7,|r5 = 7$)/),
    ]);
  });

  it('is told in BPF instructions to those whom the kernel shows no machine code, and why', async () => {
    const setting = (name: string) => Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));
    const isShownToAll = setting('kptr_restrict') === 0 && setting('perf_event_paranoid') <= 1;
    const options = ['--base', '../base', '--packet', 'short.bin', '--twin', 'none', '--rounds', '2', '--explain'];
    const { stdout } = await runCommand(['compare', 'branching.bpf.c', ...options], {
      folder: path.join(folder, 'head'),
      wrapper: ['capsh', '--drop=cap_syslog', '--', '-c', 'exec "$0" "$@"'],
    });
    if (isShownToAll) expect(stdout).toMatch(/^Machine code of `branching`: /m);
    else {
      const [, block = ''] =
        /^BPF instructions behind the verifier of `branching`: .*\n([^]*?)\n\n/m.exec(stdout) ?? [];
      expect(block).toMatch(/^ {2}\+r5 = 7$/m);
      expect(block).toMatch(/\n {2}no machine code: the kernel shows it to those with CAP_SYSLOG alone$/);
    }
  });

  it('is explained in the comment, folded, with its line in sight', () => {
    const markdown = renderMarkdown(judgeRecord(record), record, { toolVersion: '1.0.0', origin: {} }, 65_536);
    const [inSight = '', explanation = ''] = markdown.split('<details><summary>What changed');
    expect(inSight).toContain(`+1 at \`branching.bpf.c:${plantedLine}\` in \`branching\``);
    expect(explanation).toContain(`| \`branching.bpf.c:${plantedLine}\` | \`branching\` | – | 1 | +1 |`);
    expect(explanation).toMatch(/```diff\n@@ [^]*\n\+[^]*```/);
  });

  it('leaves the loop as often executed as it is long', () => {
    const looping = executed('head').lines.filter(({ loopTrips }) => loopTrips !== undefined);
    expect(looping.map(({ loopTrips }) => loopTrips)).toEqual([[64 - 1, 200 - 1]]);
  });
});
