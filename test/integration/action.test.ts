import { spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema } from '../../src/domain/record.js';
import { compiledEntry } from '../helpers/compiled.js';
import { startFakeGithub } from '../helpers/fake-github/server.mjs';
import { available } from '../helpers/require.js';

type Github = Awaited<ReturnType<typeof startFakeGithub>>;

const owner = 12_345;
const fnv1a = readFileSync('bpf/functions/fnv1a.bpf.c', 'utf8');
const quick = { source: 'bpf/mine.bpf.c', iterations: '20000', 'time-limit': '20' };

let temporary: string;
let workspace: string;
let github: Github;
beforeEach(async () => {
  temporary = mkdtempSync(path.join(tmpdir(), 'kfaas-temp-'));
  workspace = mkdtempSync(path.join(tmpdir(), 'kfaas-workspace-'));
  mkdirSync(path.join(workspace, 'bpf'));
  give('bpf/mine.bpf.c', fnv1a);
  github = await startFakeGithub();
});
afterEach(async () => {
  await github.close();
  for (const folder of [temporary, workspace]) rmSync(folder, { recursive: true });
});

function give(file: string, text: string): void {
  writeFileSync(path.join(workspace, file), text);
}

interface Ending {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Every input of action.yml, as the runner gives them, and a pull request's event. */
function environment(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const repository = { full_name: 'octo/repo' };
  const head = { sha: 'a'.repeat(40), repo: repository };
  const files = {
    event: JSON.stringify({ pull_request: { number: 7, head, base: { repo: repository } } }),
    out: '',
    summary: '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(temporary, name), text);
  const given = Object.entries({ 'github-token': 'token-of-the-job', ...inputs });
  return {
    PATH: process.env.PATH ?? '',
    HOME: temporary,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temporary,
    GITHUB_OUTPUT: path.join(temporary, 'out'),
    GITHUB_STEP_SUMMARY: path.join(temporary, 'summary'),
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path.join(temporary, 'event'),
    GITHUB_REPOSITORY: 'octo/repo',
    GITHUB_API_URL: github.url,
    GITHUB_WORKFLOW: 'CI',
    GITHUB_JOB: 'bench',
    ...Object.fromEntries(given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
}

function outputsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/^([\w-]+)<<(\S+)\n([^]*?)\n\2$/gm), ([, name = '', , value = '']): [string, string] => [
      name,
      value,
    ]),
  );
}

/** @param interruptAt what in the log brings SIGINT about, once */
async function runAction(inputs: Readonly<Record<string, string>>, { interruptAt }: { interruptAt?: string } = {}) {
  const child = spawn(process.execPath, [compiledEntry()], { cwd: workspace, env: environment(inputs) });
  let log = '';
  let awaited = interruptAt;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (awaited === undefined || !log.includes(awaited)) return;
      awaited = undefined;
      child.kill('SIGINT');
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const read = (name: string): string => readFileSync(path.join(temporary, name), 'utf8');
  return { code, log, outputs: outputsIn(read('out')), summary: read('summary') } satisfies Ending;
}

describe.skipIf(!available('kernel'))('the action', () => {
  it('measures, and leaves record, summary, outputs and a comment', async () => {
    chownSync(workspace, owner, owner);
    const { code, log, outputs, summary } = await runAction({ ...quick, threshold: '0.01' });
    expect(code, log).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', worst: 'mine', record: 'kfaas-bench-out/record.json' });
    for (const figure of ['speedup', 'user-ns', 'kernel-ns']) expect(Number(outputs[figure])).toBeGreaterThan(0);
    expect(JSON.parse(outputs.results ?? '')).toMatchObject([{ benchmark: 'mine', verdict: 'pass', threshold: 0.01 }]);
    const file = path.join(workspace, outputs.record ?? '');
    expect(recordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).demo).toBe(false);
    expect([file, path.dirname(file)].map((each) => statSync(each).uid)).toEqual([owner, owner]);
    expect(summary).toMatch(/^### ✅ `mine` is /);
    expect(log).toMatch(/^eBPF is .* than user-space execution!/m);
    expect(log).not.toContain('token-of-the-job');
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain('### ✅ `mine` is ');
    expect(outputs['comment-url']).toMatch(/pull\/7#issuecomment-1001$/);
  });

  it('updates its comment, and fails the job at the line of the program that misses its threshold', async () => {
    await runAction({ ...quick });
    const { code, log, outputs } = await runAction({ ...quick, threshold: '100000' });
    expect(code, log).toBe(1);
    expect(outputs.verdict).toBe('fail');
    expect(log).toMatch(/^::error title=mine fails,file=bpf\/mine\.bpf\.c,line=9::speedup .* is below the threshold/m);
    expect(github.comments.map(({ body }) => /### (.*) `mine`/.exec(body)?.[1])).toEqual(['❌']);
  });

  it('keeps the verdict where the comment is forbidden', async () => {
    await github.close();
    github = await startFakeGithub({
      answers: [{ status: 403, body: { message: 'Resource not accessible by integration' }, times: 9 }],
    });
    const { code, log, outputs, summary } = await runAction({ ...quick });
    expect(code, log).toBe(0);
    expect(log).toMatch(/^::warning::No comment was written.*pull-requests: write$/m);
    expect(outputs).toMatchObject({ verdict: 'pass' });
    expect(outputs['comment-url']).toBeUndefined();
    expect(summary).toMatch(/^### ℹ️ Nothing is gated: `mine` is /);
  });

  it('comments what does not compile, at its line', async () => {
    give('bpf/mine.bpf.c', fnv1a.replace('return hash;', 'return hash'));
    const { code, log, summary } = await runAction({ ...quick });
    expect(code, log).toBe(1);
    expect(log).toMatch(/^::error title=mine fails,file=bpf\/mine\.bpf\.c,line=20,col=\d+::/m);
    expect(summary).toMatch(/^### ❌ `mine` does not compile/);
    expect(github.comments[0]?.body).toContain('does not compile');
  });

  it('comments what the verifier rejects, and names its log as a later step finds it', async () => {
    give('bpf/mine.bpf.c', fnv1a.replace(/if \(.*\n\s*return 0;/, ''));
    const { code, log, summary } = await runAction({ ...quick });
    expect(code, log).toBe(1);
    expect(log).toMatch(/^::error title=mine fails,file=bpf\/mine\.bpf\.c,line=\d+::/m);
    expect(summary).toMatch(/^### ❌ the kernel's verifier rejects `mine`/);
    const file = /log is in (kfaas-bench-out\/\S+)/.exec(summary)?.[1];
    expect(existsSync(path.join(workspace, file ?? ''))).toBe(true);
  });

  it('reads a config file, and reproduces by it', async () => {
    give('kfaas.yml', 'version: 1\nbenchmarks:\n  - { name: from-config, source: bpf/mine.bpf.c, threshold: 0.01 }\n');
    const { code, summary } = await runAction({ ...quick, source: '' });
    expect(code).toBe(0);
    expect(summary).toMatch(/^kfaas-bench run --config kfaas.yml --only from-config --threshold 0.01 /m);
  });

  it('keeps to its one comment, whatever is found in the tree, and tells there of a config file that is wrong', async () => {
    const found = { ...quick, source: '' };
    await runAction(found);
    expect(github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 program checked') as string]);
    give('bpf/another.bpf.c', fnv1a);
    await runAction(found);
    expect(github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('2 programs checked') as string]);
    give('bpf/kfaas.yml', 'version: 1\nbenchmark: []\n');
    const { code, log } = await runAction({ ...found, config: 'kfaas.yml', 'working-directory': 'bpf' });
    expect(code, log).toBe(2);
    expect(log).toMatch(/^::error title=kfaas-bench,file=bpf\/kfaas\.yml,line=2,col=1::/m);
    give('kfaas.yml', 'version: 1\nbenchmark: []\n');
    expect((await runAction(found)).code).toBe(2);
    const wrong = expect.stringContaining('kfaas.yml:2:1: unknown key `benchmark`') as string;
    expect(github.comments.map(({ body }) => body)).toEqual([wrong, wrong]);
  });

  it('says of an input that is wrong what is allowed, and measures nothing', async () => {
    const { code, log, summary, outputs } = await runAction({ ...quick, threshold: '5x' });
    expect(code, log).toBe(2);
    expect(log).toMatch(/^::error title=kfaas-bench::input threshold is `5x`%0A→ give a number/m);
    expect(summary).toMatch(/^### ⚠️ Nothing was measured: input threshold is `5x`/);
    expect(outputs.verdict).toBe('inconclusive');
    expect(existsSync(path.join(workspace, 'kfaas-bench-out'))).toBe(false);
  });

  it('has no word of the pull request obeyed by the runner', async () => {
    const name = '::error::x';
    give('kfaas.yml', `version: 1\nbenchmarks:\n  - { name: '${name}', source: 'bpf/::set-output name=a::b.bpf.c' }\n`);
    cpSync(path.join(workspace, 'bpf/mine.bpf.c'), path.join(workspace, 'bpf/::set-output name=a::b.bpf.c'));
    const { code, log } = await runAction({ ...quick, source: '' });
    expect(code, log).toBe(0);
    expect(log).toContain('error::x');
    const commands = log.split('\n').filter((line) => /^\s*::/.test(line));
    expect(commands.filter((line) => !/^::((stop-commands|group)::.*|endgroup::|[\da-f-]{36}::)$/.test(line))).toEqual(
      [],
    );
  });

  it('ends at SIGINT, and leaves nothing in the workspace', async () => {
    const inputs = { ...quick, iterations: '1000000000', 'time-limit': '60' };
    const { code, log } = await runAction(inputs, { interruptAt: 'mine: prove' });
    expect(code, log).toBe(130);
    expect(log).toMatch(/interrupted by SIGINT\n$/);
    expect(existsSync(path.join(workspace, 'kfaas-bench-out'))).toBe(false);
    expect(github.calls).toEqual([]);
  });
});
