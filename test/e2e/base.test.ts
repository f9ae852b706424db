/** Head against the base of a pull request, checked out as actions/checkout does it, on the real kernel. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commentsAfter, startGithub, type Github } from '../helpers/e2e-github.js';
import { secrets } from '../helpers/e2e-job.js';
import { config, fnv1a, fnv1aBroken, fnv1aNeutral, fnv1aPlanted } from '../helpers/e2e-programs.js';
import { pullRequest, stepOf } from '../helpers/e2e-pull-request.js';
import { runStep, said, startStep, workerOf, workersOf } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import { commandsObeyed } from '../helpers/runner-log.js';

/** What is planted is far beyond it, and noise far below. */
const limits = { 'max-slowdown': 20 };
/** No number of rounds tells nothing from this, so it is measured for as long as it may. */
const undecidable = { 'max-slowdown': 0.001 };

const short = (commit: string) => commit.slice(0, 7);

/** The texts of all comments, and what git asked the server for. */
function told(github: Github) {
  const calls = github.calls();
  return {
    comments: [...commentsAfter(calls).values()],
    fetches: calls.filter(({ path, status }) => path === '/octo/kit/git-upload-pack' && status === 200),
  };
}

const basesIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('kfaas-bench-base'));

describe.skipIf(!available('docker'))('a pull request', () => {
  it('with a planted slowdown is red, and its comment names the benchmark with its percent', async () => {
    const pull = pullRequest({
      base: { ...config(limits, 'same', 'hash'), 'bpf/hash.bpf.c': fnv1a, 'bpf/same.bpf.c': fnv1a },
      head: { 'bpf/hash.bpf.c': fnv1aPlanted },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, lines, outputs, summary, folders } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(1);
    expect(outputs).toMatchObject({ verdict: 'fail', worst: 'hash' });
    expect(Number(outputs['slowdown'])).toBeGreaterThan(20);
    const { base, head, merge } = pull.commits;
    const { comments, fetches } = told(github);
    expect(comments).toHaveLength(1);
    for (const text of [comments[0] ?? '', summary]) {
      expect(text).toMatch(/^### ❌ `hash` is [\d.]+ % slower in the kernel than its base \(limit 20 %\)$/m);
      expect(text).toMatch(/^\| ✅ \| \*\*`same`\*\* .* unchanged program \|/m);
      expect(text).toContain(`commit \`${short(head)}\` · checked out \`${short(merge)}\` · base \`${short(base)}\``);
    }
    const first = `the base is ${short(base)}, the first parent of the merge commit of pull request #7 into main`;
    expect(lines.filter((line) => line.includes(first)).length).toBeGreaterThan(0);
    expect(log).toContain(`head is the working directory (${short(merge)})`);
    expect(log.split('\n').at(-1)).toMatch(/^fail: 1 of 2 benchmarks fails; hash: /);
    expect(commandsObeyed(lines).filter(({ command }) => command === 'error')).toMatchObject([
      { properties: { file: 'bpf/hash.bpf.c' } },
    ]);

    const basic = `basic ${Buffer.from(`x-access-token:${secrets.token}`).toString('base64')}`;
    expect(fetches.map(({ authorization }) => authorization?.replace(/^basic/i, 'basic'))).toContain(basic);
    for (const { authorization } of fetches) expect(authorization?.toLowerCase()).toBe(basic.toLowerCase());
    expect(log).not.toContain(secrets.token);
    expect(basesIn(folders.temp)).toEqual([]);
  });

  it.each([
    ['that changes no program', fnv1a, /unchanged program/],
    ['with a neutral edit', fnv1aNeutral, /^(?![^]*unchanged program)/],
  ])('%s is green', async (_, edited, says) => {
    const pull = pullRequest({
      base: { ...config(limits, 'hash'), 'bpf/hash.bpf.c': fnv1a },
      head: { 'bpf/hash.bpf.c': edited, 'NOTES.md': 'Nothing to run.\n' },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, outputs } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', worst: 'hash' });
    const [comment = ''] = told(github).comments;
    expect(comment).toMatch(/^### ✅ `hash`: kernel time /m);
    expect(comment).toMatch(says);
  });

  it('is judged by its threshold where there is nothing to compare with, and is told why', async () => {
    const pull = pullRequest({
      base: { ...config({ threshold: 0.001 }, 'mended'), 'bpf/mended.bpf.c': fnv1aBroken },
      head: {
        ...config({ threshold: 0.001 }, 'mended', 'fresh'),
        'bpf/mended.bpf.c': fnv1a,
        'bpf/fresh.bpf.c': fnv1a,
      },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, outputs, summary } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', slowdown: '' });
    for (const text of [told(github).comments[0] ?? '', summary]) {
      expect(text).toMatch(/^\| ✅ \| \*\*`fresh`\*\* .*\| new \|.*\| 0\.001x \|/m);
      expect(text).toMatch(/^\| ✅ \| \*\*`mended`\*\* .*\| no base \|.*\| 0\.001x \|/m);
      expect(text).toMatch(/^- `mended`: base: none that could be used: .*mended\.bpf\.c.* does not compile/m);
    }
    const again = await runStep(stepOf(pull, github, { with: { base: 'none', threshold: '0.001' } }));
    expect(again.exitCode, again.log).toBe(0);
    expect(again.summary).toContain('\nNo base: `base` is `none`\n');
  });

  it('is shown beside a saved record, and not judged by it', async () => {
    const pull = pullRequest({
      base: {
        ...config({ 'max-slowdown': 1, 'max-growth': { 'verified-insns': 0 } }, 'hash'),
        'bpf/hash.bpf.c': fnv1a,
      },
      head: { 'bpf/hash.bpf.c': fnv1aPlanted },
    });
    const github = await startGithub({ git: pull.git });
    const ofBase = {
      ...pull,
      checkOut: (workspace: string, url: string) => pull.checkOut(workspace, url, 'refs/heads/main'),
    };
    const saving = await runStep(stepOf(ofBase, github, { with: { base: 'none' } }));
    expect(saving.exitCode, saving.log).toBe(0);
    const saved = readFileSync(path.join(saving.folders.workspace, saving.outputs['record'] ?? ''), 'utf8');

    const files = { 'bench/old.json': saved };
    const { exitCode, log, outputs, summary } = await runStep(
      stepOf(pull, github, { files, with: { base: 'bench/old.json' } }),
    );
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', worst: 'hash', slowdown: '' });
    const [result] = JSON.parse(outputs['results'] ?? '') as { gates: unknown[]; figures: Record<string, number> }[];
    expect(result?.gates).toEqual([]);
    const [comment = ''] = told(github).comments;
    for (const text of [comment, summary]) {
      expect(text).toMatch(/^### ℹ️ Nothing is gated: `hash` is /m);
      expect(text).toMatch(
        /^\|.*\| against saved \(advisory\) \|.*\n.*\n\| ℹ️ \| \*\*`hash`\*\* .* \| \+\d+(\.\d)?\s% \|/m,
      );
      expect(text).toContain(`the saved record bench/old.json of `);
      expect(text).toContain(`commit ${short(pull.commits.base)}`);
      expect(text).toMatch(/max-slowdown, max-speedup-loss and growth are not judged/);
      expect(text).toMatch(/kernel time \+\d.* ns\); .*verified-insns [\d,]+ → [\d,]+/);
      expect(text).toContain('kfaas-bench compare --base bench/old.json --config kfaas.yml --only hash');
    }
  });

  it('has its base also where the runner mounts no temporary folder', async () => {
    const pull = pullRequest({
      base: { ...config(limits, 'hash'), 'bpf/hash.bpf.c': fnv1a },
      head: { 'NOTES.md': 'Nothing to run.\n' },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, folders } = await runStep(stepOf(pull, github, { runner: { mountsTemp: false } }));
    expect(exitCode, log).toBe(0);
    expect(told(github).comments[0]).toContain('unchanged program');
    expect(basesIn(`${folders.temp}/_github_home`)).toEqual([]);
  });

  it('shows its worker both trees and no token, and leaves nothing of them when it is cancelled', async () => {
    const pull = pullRequest({
      base: { ...config(undecidable, 'hash'), 'bpf/hash.bpf.c': fnv1a },
      head: { 'NOTES.md': 'Nothing to run.\n' },
    });
    const github = await startGithub({ git: pull.git });
    const running = startStep(stepOf(pull, github, { with: { 'time-limit': '300' } }));
    const { orchestrator, worker } = await workerOf(running);
    await said(running, 'hash: measure');
    const [base = ''] = basesIn(running.folders.temp);
    const inspection = execFileSync('docker', ['inspect', worker], { encoding: 'utf8' });
    const [{ Mounts }] = JSON.parse(inspection) as [{ Mounts: { Type: string; Destination: string; RW: boolean }[] }];
    const bound = Mounts.filter(({ Type }) => Type === 'bind').map(({ Destination, RW }) => [Destination, RW]);
    // The engine keeps them in a map, so their order is any.
    expect(bound.sort()).toEqual([
      [`/github/runner_temp/${base}/tree`, false],
      ['/github/workspace', false],
    ]);
    expect(inspection).toMatch(/"Destination": "\/github\/workspace\/\.git"|"Target": "\/github\/workspace\/\.git"/);
    for (const secret of Object.values(secrets)) expect(inspection).not.toContain(secret);
    running.client.kill('SIGINT');
    const { exitCode, log, folders } = await running.finished;
    expect(exitCode, log).toBe(130);
    expect(workersOf(orchestrator)).toEqual([]);
    expect(basesIn(folders.temp)).toEqual([]);
    expect(readdirSync(folders.workspace).sort()).toEqual(['.git', 'NOTES.md', 'README.md', 'bpf', 'kfaas.yml']);
  });
});
