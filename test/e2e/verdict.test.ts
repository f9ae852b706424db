import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordSchema } from '../../src/domain/record.js';
import { add, program, quick } from '../helpers/e2e-programs.js';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { declaredOutputs } from '../helpers/e2e-job.js';
import { runStep, type StepResult } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import { commandsObeyed, type WorkflowCommand } from '../helpers/runner-log.js';

function errors({ lines }: StepResult): WorkflowCommand[] {
  return commandsObeyed(lines).filter(({ command }) => command === 'error');
}

describe.skipIf(!available('docker'))('a job', () => {
  it('passes: every output, the summary, the record and the three lines', async () => {
    const github = await startGithub();
    const step = await runStep({ github, files: add, with: { ...quick, source: 'bpf/add.bpf.c' } });
    const { exitCode, log, outputs, summary, folders } = step;
    expect(exitCode, log).toBe(0);
    expect(Object.keys(outputs).sort()).toEqual(declaredOutputs().sort());
    expect(outputs).toMatchObject({ verdict: 'pass', worst: 'add', record: 'kfaas-bench-out/record.json' });
    expect(Number(outputs['user-ns']) / Number(outputs['kernel-ns'])).toBeGreaterThan(0);
    expect(JSON.parse(outputs['results'] ?? '')).toMatchObject([
      { benchmark: 'add', verdict: 'pass', threshold: 0.001 },
    ]);
    expect(log).toMatch(
      /^User-space execution time: [\d.]+ µs\b.*\nKernel-space .*µs\b.*\neBPF is [\d.]+x (faster|slower) than/m,
    );
    expect(log.split('\n').at(-1)).toMatch(/^pass: add: speedup /);
    expect(errors(step)).toEqual([]);
    expect(summary).toMatch(/^### ✅ `add` is .* \(threshold 0.001x\)/);

    const record = recordSchema.parse(
      JSON.parse(readFileSync(path.join(folders.workspace, outputs['record'] ?? ''), 'utf8')),
    );
    expect(Object.values(record.environments).map(({ place, seccomp }) => ({ place, seccomp }))).toEqual([
      { place: 'container', seccomp: false },
    ]);
    expect(record.benchmarks[0]?.programs[0]?.proof?.runCount).toEqual({ asked: 1000, counted: 1000 });
  });

  it('fails by its threshold, at the line of the program', async () => {
    const github = await startGithub();
    const step = await runStep({
      github,
      files: add,
      with: { ...quick, source: 'bpf/add.bpf.c', threshold: '100000' },
    });
    expect(step.exitCode, step.log).toBe(1);
    expect(step.outputs).toMatchObject({ verdict: 'fail', worst: 'add' });
    expect(errors(step)).toMatchObject([
      {
        properties: { file: 'bpf/add.bpf.c', line: '11' },
        message: expect.stringContaining('below the threshold of 100000x') as string,
      },
    ]);
    expect([...commentsAfter(github.calls()).values()]).toEqual([expect.stringContaining('### ❌ `add` is ')]);
    expect(step.summary).toMatch(/^### ❌ `add` is /);
  });

  it('fails where the verifier rejects the program, at the line that it names; the whole log is kept', async () => {
    const github = await startGithub();
    const step = await runStep({
      github,
      files: { 'ebpf/bpf/rejected.bpf.c': program('rejected')['bpf/rejected.bpf.c'] ?? '' },
      with: { source: 'bpf/rejected.bpf.c', 'working-directory': 'ebpf' },
    });
    expect(step.exitCode, step.log).toBe(1);
    expect(step.outputs).toMatchObject({ verdict: 'fail', record: 'kfaas-bench-out/record.json' });
    expect(errors(step)).toMatchObject([
      {
        properties: { file: 'ebpf/bpf/rejected.bpf.c', line: '10' },
        message: expect.stringContaining('invalid access to packet') as string,
      },
    ]);
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toContain("### ❌ the kernel's verifier rejects `rejected`");
    const log = /kfaas-bench-out\/\S+\.log/.exec(comment)?.[0] ?? 'no log';
    expect(readFileSync(path.join(step.folders.workspace, log), 'utf8')).toMatch(/processed \d+ insns/);
  });

  it('is not trusted where the two sides disagree', async () => {
    const github = await startGithub();
    const step = await runStep({
      github,
      files: program('disagree'),
      with: { ...quick, source: 'bpf/disagree.bpf.c' },
    });
    expect(step.exitCode, step.log).toBe(4);
    expect(step.outputs).toMatchObject({ verdict: 'untrusted', speedup: '', 'kernel-ns': '' });
    expect(errors(step)).toMatchObject([{ properties: { file: 'bpf/disagree.bpf.c' } }]);
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toContain('### ⛔ `disagree` is not proven');
    expect(comment).toMatch(/0x0*1e\b|\b30\b/);
  });

  it('runs the built-in functions where nothing is named, and says that nothing was gated', async () => {
    const github = await startGithub();
    const step = await runStep({ github, files: { 'README.md': '' }, with: { iterations: '1000', 'time-limit': '1' } });
    expect(step.exitCode, step.log).toBe(0);
    const results = JSON.parse(step.outputs['results'] ?? '') as { benchmark: string }[];
    expect(results.map(({ benchmark }) => benchmark)).toEqual(['fnv1a', 'tuple_filter', 'add']);
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toMatch(/^<!--.*-->\n> \*\*.*(nothing|none).*\*\*/i);
    expect(comment).not.toContain('✅');
  });
});
