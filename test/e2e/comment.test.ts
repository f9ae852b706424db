import { describe, expect, it } from 'vitest';
import { commentsAfter, startGithub, type Call, type Script } from '../helpers/e2e-github.js';
import { add, quick } from '../helpers/e2e-programs.js';
import { pullRequestEvent, secrets } from '../helpers/e2e-job.js';
import { runStep } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import { commandsObeyed } from '../helpers/runner-log.js';

const step = { files: add, with: { ...quick, source: 'bpf/add.bpf.c' } };
const passes = { verdict: 'pass', worst: 'add', record: 'kfaas-bench-out/record.json' };

function statuses(calls: readonly Call[]): string[] {
  return calls.filter(({ path }) => !path.endsWith('/graphql')).map(({ method, status }) => `${method} ${status}`);
}

function bodies(calls: readonly Call[]): string[] {
  return calls.flatMap(({ body }) =>
    body !== null && typeof body === 'object' && 'body' in body ? [String(body.body)] : [],
  );
}

describe.skipIf(!available('docker'))("the pull request's comment", () => {
  it('is created once, updated by the next run, and left alone by another job', async () => {
    const github = await startGithub();
    const first = await runStep({ ...step, github });
    expect(first.exitCode, first.log).toBe(0);
    expect(first.outputs['comment-url']).toBe('https://github.example/octo/kit/pull/7#issuecomment-1001');
    expect(statuses(github.calls())).toEqual(['GET 200', 'POST 201']);
    expect(github.calls().every(({ authorization }) => authorization === `token ${secrets.token}`)).toBe(true);
    expect(commentsAfter(github.calls()).get(1001)).toMatch(/^<!-- kfaas-bench .*-->\n### ✅ `add` is /);
    expect(first.log).not.toContain(secrets.token);

    const second = await runStep({ ...step, github, with: { ...step.with, threshold: '100000' } });
    expect(second.outputs['comment-url']).toBe(first.outputs['comment-url']);
    expect(statuses(github.calls()).slice(2)).toEqual(['GET 200', 'PATCH 200']);
    expect(commentsAfter(github.calls()).get(1001)).toMatch(/^<!-- kfaas-bench .*-->\n### ❌ `add` is /);

    const other = await runStep({ ...step, github, env: { GITHUB_JOB: 'bench-arm' } });
    expect(other.outputs['comment-url']).toMatch(/-1002$/);
    const comments = commentsAfter(github.calls());
    expect([...comments.keys()]).toEqual([1001, 1002]);
    expect(comments.get(1001)).toContain('❌');
  });

  it('is found on the second page', async () => {
    const others = Array.from({ length: 130 }, (_, number) => ({ issue: 7, body: `${number}`, login: 'octocat' }));
    const github = await startGithub({ comments: others });
    const first = await runStep({ ...step, github });
    const second = await runStep({ ...step, github });
    expect(first.outputs['comment-url']).toMatch(/-1131$/);
    expect(second.outputs['comment-url']).toBe(first.outputs['comment-url']);
    expect(statuses(github.calls())).toEqual(['GET 200', 'GET 200', 'POST 201', 'GET 200', 'GET 200', 'PATCH 200']);
    expect(github.calls().at(-1)?.path).toMatch(/\/comments\/1131$/);
  });

  const post = { method: 'POST', path: '/comments$' };

  const { pull_request: pull } = pullRequestEvent;
  const ofFork = { ...pull, head: { ...pull.head, repo: { full_name: 'mallory/kit' } } };

  it.each([
    ['of this repository', pull, /On a pull request from a fork/],
    ['of a fork', ofFork, /This pull request comes from a fork/],
  ])(
    '%s may be forbidden: the log ends in the permissions to paste, nothing else is lost',
    async (_, pull_request, why) => {
      const forbidden = {
        ...post,
        status: 403,
        body: { message: 'Resource not accessible by integration' },
        times: 99,
      };
      const github = await startGithub({ answers: [forbidden] });
      const event = { ...pullRequestEvent, pull_request };
      const { exitCode, lines, log, outputs, summary } = await runStep({ ...step, github, event });
      expect(exitCode, log).toBe(0);
      const [warning, ...more] = commandsObeyed(lines).filter(({ command }) => command === 'warning');
      expect(more).toEqual([]);
      expect(warning?.message).toMatch(/HTTP 403[^]*\n {4}permissions:\n {6}contents: read\n {6}pull-requests: write$/);
      expect(warning?.message).toMatch(why);
      expect(lines.slice(-2)).toEqual([expect.stringMatching(/^::warning::/), expect.stringMatching(/^pass: /)]);
      expect(outputs).toMatchObject(passes);
      expect(outputs['comment-url'] ?? '').toBe('');
      expect(summary).toMatch(/^### ✅ `add` is /);
      expect(statuses(github.calls())).toEqual(['GET 200', 'POST 403']);
    },
  );

  it.each<[string, Script['answers'], string[]]>([
    ['429 with Retry-After', [{ ...post, status: 429, headers: { 'retry-after': '2' } }], ['POST 429']],
    ['500 twice', [{ ...post, status: 500, times: 2 }], ['POST 500', 'POST 500']],
  ])('is tried again after %s', async (_, answers = [], refused) => {
    const github = await startGithub({ answers });
    const { exitCode, log, outputs } = await runStep({ ...step, github });
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ ...passes, 'comment-url': expect.stringMatching(/-1001$/) as string });
    expect(statuses(github.calls()).filter((call) => call.startsWith('POST'))).toEqual([...refused, 'POST 201']);
    expect(log).not.toContain('::warning');
  });

  it('is cut to what GitHub takes, and shortened where it takes less; the summary has it all', async () => {
    const names = Array.from({ length: 40 }, (_, number) => `benchmark-${number}`);
    const lengthy = Array.from({ length: 60 }, (_, number) => `#error ${'too long '.repeat(8)}${number}`).join('\n');
    const config = {
      version: 1,
      benchmarks: names.map((name) => ({ name, source: 'long.bpf.c', cflags: [`-D${name.replace('-', '_')}`] })),
    };
    const answers = [
      { ...post, status: 422, body: { message: 'Validation Failed', errors: [{ message: 'body is too long' }] } },
    ];
    const github = await startGithub({ answers });
    const { exitCode, log, summary } = await runStep({
      github,
      files: { 'kfaas.yml': JSON.stringify(config), 'long.bpf.c': lengthy },
    });
    expect(exitCode, log).toBe(1);
    const [refused = '', accepted = ''] = bodies(github.calls());
    expect(statuses(github.calls())).toEqual(['GET 200', 'POST 422', 'POST 201']);
    expect(refused.length).toBeGreaterThan(40_000);
    expect(refused.length).toBeLessThanOrEqual(65_536);
    expect(accepted.length).toBeGreaterThan(20_000);
    expect(accepted.length).toBeLessThanOrEqual(32_000);
    expect(accepted).toContain('long.bpf.c');
    for (const name of names) expect(summary).toContain(name);
    expect(summary.length).toBeGreaterThan(refused.length);
  });
});
