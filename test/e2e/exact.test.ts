/** Limits on exact figures through the whole action, on the real kernel. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordSchema } from '../../src/domain/record.js';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { fnv1a, fnv1aPlanted } from '../helpers/e2e-programs.js';
import { pullRequest, stepOf } from '../helpers/e2e-pull-request.js';
import { runStep, type StepResult } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';

/** What the record holds of a program, as reports write it. */
function figure({ folders, outputs }: StepResult, benchmark: string, revision: string, metric: string): string {
  const record = readFileSync(path.join(folders.workspace, outputs['record'] ?? ''), 'utf8');
  const { rows } = recordSchema.parse(JSON.parse(record));
  const row = rows.find(
    (each) => each.benchmark === benchmark && each.revision === revision && each.metric.name === metric,
  );
  return (row?.values[0] ?? Number.NaN).toLocaleString('en-US');
}

describe.skipIf(!available('docker'))('a pull request', () => {
  it('that breaks a budget, or grows beyond its limit, is red, and its comment names both figures', async () => {
    const of = (name: string, limits: object) => ({ name, source: 'bpf/hash.bpf.c', 'max-slowdown': 900, ...limits });
    const benchmarks = [
      of('grown', { 'max-growth': { 'xlated-bytes': 1, 'stack-bytes': 0 } }),
      of('over', { budgets: { 'verified-insns': 100, 'stack-bytes': 512 } }),
      of('free', { 'max-growth': { 'xlated-bytes': { percent: 1, slack: 100_000 } } }),
    ];
    const pull = pullRequest({
      base: { 'kfaas.yml': JSON.stringify({ version: 1, benchmarks }), 'bpf/hash.bpf.c': fnv1a },
      head: { 'bpf/hash.bpf.c': fnv1aPlanted },
    });
    const github = await startGithub({ git: pull.git });
    const step = await runStep(stepOf(pull, github));
    const { exitCode, log, outputs, summary } = step;
    expect(exitCode, log).toBe(1);
    expect(outputs['verdict']).toBe('fail');
    const verdicts = JSON.parse(outputs['results'] ?? '') as { benchmark: string; verdict: string }[];
    expect(verdicts.map(({ benchmark, verdict }) => [benchmark, verdict])).toEqual([
      ['grown', 'fail'],
      ['over', 'fail'],
      ['free', 'pass'],
    ]);
    const [from, to] = ['base', 'head'].map((revision) => figure(step, 'grown', revision, 'xlated-bytes'));
    const insns = figure(step, 'over', 'head', 'verified-insns');
    expect(from).not.toBe(to);
    const [comment = ''] = commentsAfter(github.calls()).values();
    for (const text of [comment, summary]) {
      expect(text).toMatch(
        /^### ❌ `(grown` has grown from .* translated bytes \(\+.*, limit 1 %\)|over` needs .*), and 1 more fail$/m,
      );
      expect(text).toMatch(
        new RegExp(
          `^- \`grown\`: translated bytes grew from ${from} to ${to} \\(\\+[\\d.]+ %\\), beyond the limit of 1 %`,
          'm',
        ),
      );
      expect(text).toContain(`\n- \`over\`: ${insns} verified instructions, over the budget of 100`);
      expect(text).toMatch(new RegExp(`^\\| ❌ \\| \\*\\*\`grown\`\\*\\* .*\\| ${from}\\s→\\s${to} \\(\\*\\*\\+`, 'm'));
      expect(text).toMatch(new RegExp(`^\\| ❌ \\| \\*\\*\`over\`\\*\\* .*\\*\\*${insns} of 100\\*\\*`, 'm'));
      expect(text).toMatch(/pass here, fail by xlated-bytes\n/);
    }
  });
});
