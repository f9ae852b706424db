import { afterEach, describe, expect, it } from 'vitest';
import { postComment, type CommentOptions, type CommentRequest } from '../../../src/github/comment.js';
import { markerLine } from '../../../src/github/marker.js';
import { startFakeGithub } from '../../helpers/fake-github/server.mjs';

type Script = NonNullable<Parameters<typeof startFakeGithub>[0]>;
type Github = Awaited<ReturnType<typeof startFakeGithub>>;

const bot = 'github-actions[bot]';
const marker = { key: 'a'.repeat(16), state: '1'.repeat(16) };
const otherMarker = { ...marker, key: 'b'.repeat(16) };
const longest = 65_536;

const started: Github[] = [];
afterEach(async () => {
  for (const github of started.splice(0)) await github.close();
});

async function post(script: Script, wish: Partial<CommentRequest> = {}, options: Partial<CommentOptions> = {}) {
  const github = await startFakeGithub(script);
  started.push(github);
  const request: CommentRequest = {
    apiUrl: github.url,
    token: 'secret-token',
    repository: { owner: 'octo', repo: 'repo' },
    pullRequest: { number: 7, fromFork: false },
    mode: 'always',
    failed: false,
    marker,
    render: () => '### the report\n',
    ...wish,
  };
  const result = await postComment(request, {
    signal: new AbortController().signal,
    budgetMs: 10_000,
    firstDelayMs: 5,
    ...options,
  });
  return {
    result,
    github,
    writes: github.calls.filter(({ path, method }) => method !== 'GET' && !path.includes('graphql')),
  };
}

function comment(body: string, login = bot, issue = 7) {
  return { issue, body, login };
}

function statuses(calls: Github['calls']): string[] {
  return calls.map(({ method, status }) => `${method} ${status}`);
}

describe('postComment', () => {
  it('creates the first comment, under its marker', async () => {
    const { result, github } = await post({ comments: [comment('somebody else speaks', 'octocat')] });
    expect(result).toEqual({ done: 'created', url: 'https://github.example/octo/repo/pull/7#issuecomment-1002' });
    expect(github.comments.at(-1)).toMatchObject({ issue: 7, body: `${markerLine(marker)}### the report\n` });
    expect(github.calls[0]?.authorization).toBe('token secret-token');
  });

  it('updates it in place from then on', async () => {
    const first = await post({});
    const { result, github } = await post({ comments: first.github.comments }, { render: () => 'another' });
    expect(result).toEqual({ done: 'updated', url: 'https://github.example/octo/repo/pull/7#issuecomment-1001' });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toBe(`${markerLine(marker)}another`);
  });

  it('finds it on a later page', async () => {
    const before = Array.from({ length: 230 }, (_, index) => comment(`comment ${index}`, 'octocat'));
    const { result, github } = await post({ comments: [...before, comment(`${markerLine(marker)}old`)] });
    expect(result.done).toBe('updated');
    expect(github.calls.filter(({ method }) => method === 'GET').map(({ query }) => query.page)).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('finds it there too where the server does not link its pages', async () => {
    const before = Array.from({ length: 100 }, (_, index) => comment(`comment ${index}`, 'octocat'));
    const { result } = await post({ comments: [...before, comment(`${markerLine(marker)}old`)], unlinked: true });
    expect(result.done).toBe('updated');
  });

  it("leaves alone another job's comment, another author's with the same marker, and one that quotes it", async () => {
    const comments = [
      comment(`${markerLine(otherMarker)}another job`),
      comment(`${markerLine(marker)}forged`, 'octocat'),
      comment(`look: ${markerLine(marker)}`),
      comment(`${markerLine(marker)}another pull request`, bot, 8),
    ];
    const { result, github } = await post({ comments });
    expect(result.done).toBe('created');
    expect(github.comments.slice(0, 4).map(({ body }) => body)).toEqual(comments.map(({ body }) => body));
  });

  it('knows its own comment by the token of a user or of another app, too', async () => {
    for (const viewer of ['octocat', 'my-bench[bot]']) {
      const forged = comment(`${markerLine(marker)}of the usual bot`);
      const { github } = await post({ viewer, comments: [forged, comment(`${markerLine(marker)}own`, viewer)] });
      expect(github.comments.map(({ body }) => body.includes('the report'))).toEqual([false, true]);
    }
  });

  it('knows it where the server has no GraphQL, and where it will not say whose token it is', async () => {
    const comments = (login: string) => [comment(`${markerLine(marker)}own`, login)];
    const noGraphql = { path: '/graphql', status: 404, times: 9 };
    const user = await post({ viewer: 'octocat', comments: comments('octocat'), answers: [noGraphql] });
    expect(user.result.done).toBe('updated');
    const nobody = await post({ comments: comments(bot), answers: [noGraphql] });
    expect(nobody.result.done).toBe('updated');
  });

  it('creates another where its own was deleted in the meantime', async () => {
    const script = { comments: [comment(`${markerLine(marker)}old`)], answers: [{ method: 'PATCH', status: 404 }] };
    expect((await post(script)).result.done).toBe('created');
  });
});

describe('the modes of postComment', () => {
  const old = { comments: [comment(`${markerLine(marker)}old`)] };

  it('on-change writes only what says something else', async () => {
    const same = await post(old, { mode: 'on-change' });
    expect(same.result).toMatchObject({
      done: 'unchanged',
      url: expect.stringMatching(/issuecomment-1001$/) as string,
    });
    expect(same.writes).toEqual([]);
    const changed = await post(old, { mode: 'on-change', marker: { ...marker, state: '2'.repeat(16) } });
    expect(changed.result.done).toBe('updated');
    expect((await post({}, { mode: 'on-change' })).result.done).toBe('created');
  });

  it('on-failure begins with a failure, and tells when it is over', async () => {
    const passed = await post({}, { mode: 'on-failure' });
    expect(passed.result).toMatchObject({ done: 'none' });
    expect(passed.writes).toEqual([]);
    expect((await post({}, { mode: 'on-failure', failed: true })).result.done).toBe('created');
    expect((await post(old, { mode: 'on-failure' })).result.done).toBe('updated');
  });
});

describe('what GitHub may answer to postComment', () => {
  const forbidden = {
    method: 'POST',
    status: 403,
    body: { message: 'Resource not accessible by integration' },
    times: 9,
  };

  it('403: ends in the permission to paste, and is not tried again', async () => {
    const { result, github } = await post({ answers: [forbidden] });
    expect(result).toMatchObject({ done: 'failed' });
    const { warning } = result as { warning: string };
    expect(warning).toMatch(/^No comment was written on pull request #7 \(HTTP 403: Resource not accessible/);
    expect(warning).toMatch(/fork/);
    expect(warning).not.toMatch(/comes from a fork/);
    expect(warning).toMatch(/permissions:\n {6}contents: read\n {6}pull-requests: write$/);
    expect(statuses(github.calls)).toEqual(['GET 200', 'POST 403']);
  });

  it('403 of a fork: says that no setting helps, and that nothing is lost', async () => {
    const { result } = await post({ answers: [forbidden] }, { pullRequest: { number: 7, fromFork: true } });
    expect((result as { warning: string }).warning).toMatch(/comes from a fork: .* read-only\. Nothing is lost/);
  });

  it('401 and 404: names the token', async () => {
    for (const [status, message] of [
      [401, 'Bad credentials'],
      [404, 'Not Found'],
    ] as const) {
      const { result, github } = await post({ answers: [{ status, body: { message }, times: 9 }] });
      expect((result as { warning: string }).warning).toMatch(/github-token/);
      expect(github.calls).toHaveLength(1);
    }
  });

  it('422 for its length: writes a shorter one', async () => {
    const tooLong = {
      message: 'Validation Failed',
      errors: [{ message: 'body is too long (maximum is 65536 characters)' }],
    };
    const answers = [{ method: 'POST', status: 422, body: tooLong }];
    const { result, github } = await post({ answers }, { render: (characters) => 'x'.repeat(characters) });
    expect(result.done).toBe('created');
    expect(github.comments[0]?.body.length).toBe(32_000);
  });

  it('never exceeds what GitHub takes', async () => {
    const { result, github } = await post({}, { render: (characters) => '✅'.repeat(characters) });
    expect(result.done).toBe('created');
    expect(github.comments[0]?.body.length).toBe(longest);
  });

  it('422 for another reason: is not tried again', async () => {
    const { result, github } = await post({ answers: [{ method: 'POST', status: 422, times: 9 }] });
    expect(result.done).toBe('failed');
    expect(statuses(github.calls)).toEqual(['GET 200', 'POST 422']);
  });

  it('429: waits and tries again', async () => {
    const answers = [{ method: 'POST', status: 429, headers: { 'retry-after': '1' } }];
    const { result, github } = await post({ answers });
    expect(result.done).toBe('created');
    expect(statuses(github.calls)).toEqual(['GET 200', 'POST 429', 'GET 200', 'POST 201']);
  });

  it('429 for longer than there is time: gives up at once, with a warning', async () => {
    const { result, github } = await post({ answers: [{ status: 429, headers: { 'retry-after': '3600' }, times: 9 }] });
    expect((result as { warning: string }).warning).toMatch(/HTTP 429.*\n.*again later/);
    expect(github.calls).toHaveLength(1);
  });

  it('500 twice, then 200', async () => {
    const { result, github } = await post({ answers: [{ method: 'POST', status: 500, times: 2 }] });
    expect(result.done).toBe('created');
    expect(github.comments).toHaveLength(1);
  });

  it('an answer that is lost after the comment was created: does not create it twice', async () => {
    const { result, github } = await post({
      answers: [{ method: 'POST', path: 'comments', status: 502, applied: true }],
    });
    expect(result.done).toBe('updated');
    expect(github.comments).toHaveLength(1);
  });

  it('500 for ever: ends within its time, with a warning', async () => {
    const { result } = await post(
      { answers: [{ status: 503, times: 1_000 }] },
      {},
      { budgetMs: 300, firstDelayMs: 50 },
    );
    expect((result as { warning: string }).warning).toMatch(/HTTP 503/);
  });

  it('nothing at all: ends with a warning', async () => {
    const { result } = await post({}, { apiUrl: 'http://127.0.0.1:9' }, { budgetMs: 200, firstDelayMs: 50 });
    expect((result as { warning: string }).warning).toMatch(/^No comment was written on pull request #7/);
  });

  it('lets itself be interrupted', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(new Error('SIGTERM')), 50);
    const answers = [{ status: 429, headers: { 'retry-after': '5' }, times: 9 }];
    await expect(post({ answers }, {}, { signal: interrupt.signal })).rejects.toThrow('SIGTERM');
  });
});
