/**
 * The part of GitHub that the action needs, as a small HTTP server on 127.0.0.1: issue comments with pages, their real limits
 * and error bodies, merge bases, git, and whatever answers a script puts before them. Every call is recorded.
 *
 * In a test: `const github = await startFakeGithub({ … })`. On its own, such as in a container that shares its network:
 * `node server.mjs [--port 8080] [--script script.json] [--log calls.jsonl]`. Beyond this folder it imports nothing but Node's own
 * modules.
 */
import console from 'node:console';
import { appendFileSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { answerGit, isGit } from './git.mjs';

/**
 * @typedef {object} Answer Given once, or `times`, instead of the API's own, to the next request that matches.
 * @property {string} [method] such as `POST`; absent: any
 * @property {string} [path] regular expression, searched in the path without its query; absent: any
 * @property {number} status
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] JSON
 * @property {number} [times] default 1
 * @property {boolean} [applied] true: the request has its effect all the same, as when only the answer is lost
 */
/**
 * @typedef {object} StoredComment
 * @property {number} id
 * @property {number} issue
 * @property {string} body
 * @property {string} login
 */
/**
 * @typedef {object} Script
 * @property {string} [viewer] whose token it is; default `github-actions[bot]`, as for GITHUB_TOKEN
 * @property {number[]} [pulls] the pull requests that exist; default: all
 * @property {{ issue: number, body: string, login: string }[]} [comments] there from the start
 * @property {boolean} [unlinked] true: no `link` header names the next page
 * @property {Record<string, string>} [mergeBases] commits by `branch...commit`
 * @property {{ folder: string, token: string }} [git] repositories by their path in a folder, and who may read them
 * @property {Answer[]} [answers]
 */
/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path without its query
 * @property {Record<string, string>} query
 * @property {unknown} body JSON, or null
 * @property {string | null} authorization
 * @property {number} status what was answered
 */
/** @typedef {{ status: number, body: unknown, headers?: Record<string, string> }} Response */

const longestComment = 65_536;

/** @type {(status: number, message: string, more?: object) => Response} */
const problem = (status, message, more = {}) => ({
  status,
  body: { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});

/** The comment's text in a request. @param {unknown} body */
function textOf(body) {
  return typeof body === 'object' && body !== null && 'body' in body && typeof body.body === 'string' ? body.body : '';
}

/** @param {Script} script */
function fakeApi(script) {
  const viewer = script.viewer ?? 'github-actions[bot]';
  let lastId = 1000;
  /** @type {StoredComment[]} */
  const comments = (script.comments ?? []).map((comment) => ({ ...comment, id: ++lastId }));

  /** @param {string} repository @param {StoredComment} comment */
  const shown = (repository, { id, issue, body, login }) => ({
    id,
    html_url: `https://github.example/${repository}/pull/${issue}#issuecomment-${id}`,
    body,
    user: { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' },
    performed_via_github_app: login.endsWith('[bot]') ? { slug: login.replace('[bot]', '') } : null,
  });

  /** @param {string} body @returns {Response | undefined} */
  const refusal = (body) => {
    if (body === '') return problem(422, 'Validation Failed');
    if (Array.from(body).length <= longestComment) return undefined;
    const message = `body is too long (maximum is ${longestComment} characters)`;
    const error = { resource: 'IssueComment', code: 'unprocessable', field: 'data', message };
    return problem(422, 'Validation Failed', { errors: [error] });
  };

  /** @param {string} repository @param {number} issue @param {URLSearchParams} query @returns {Response} */
  const list = (repository, issue, query) => {
    const perPage = Math.min(Number(query.get('per_page') ?? 30), 100);
    const page = Number(query.get('page') ?? 1);
    const all = comments.filter((comment) => comment.issue === issue);
    const body = all.slice((page - 1) * perPage, page * perPage).map((comment) => shown(repository, comment));
    if (page * perPage >= all.length || script.unlinked) return { status: 200, body };
    const next = `<https://github.example/comments?per_page=${perPage}&page=${page + 1}>; rel="next"`;
    return { status: 200, body, headers: { link: next } };
  };

  /** @param {string} repository @param {number} issue @param {string} body @returns {Response} */
  const create = (repository, issue, body) => {
    const refused = refusal(body);
    if (refused !== undefined) return refused;
    const comment = { id: ++lastId, issue, body, login: viewer };
    comments.push(comment);
    return { status: 201, body: shown(repository, comment) };
  };

  /** @param {string} repository @param {number} id @param {string} body @returns {Response} */
  const update = (repository, id, body) => {
    const comment = comments.find((each) => each.id === id);
    if (comment === undefined) return problem(404, 'Not Found');
    if (comment.login !== viewer) return problem(403, 'Resource not accessible by integration');
    const refused = refusal(body);
    if (refused !== undefined) return refused;
    comment.body = body;
    return { status: 200, body: shown(repository, comment) };
  };

  /** @param {Pick<Call, 'method' | 'path' | 'body'>} call @param {URLSearchParams} query @returns {Response} */
  const answer = ({ method, path, body }, query) => {
    if (method === 'POST' && path.endsWith('/graphql'))
      return { status: 200, body: { data: { viewer: { login: viewer } } } };
    if (method === 'GET' && path.endsWith('/user')) {
      return viewer.endsWith('[bot]')
        ? problem(403, 'Resource not accessible by integration')
        : { status: 200, body: { login: viewer, type: 'User' } };
    }
    const compared = /\/compare\/(.+)$/.exec(path)?.[1];
    const mergeBase = compared && script.mergeBases?.[decodeURIComponent(compared)];
    if (method === 'GET' && mergeBase) return { status: 200, body: { merge_base_commit: { sha: mergeBase } } };
    const onIssue = /\/repos\/([^/]+\/[^/]+)\/issues\/(\d+)\/comments$/.exec(path);
    const onComment = /\/repos\/([^/]+\/[^/]+)\/issues\/comments\/(\d+)$/.exec(path);
    const [, repository = '', number = ''] = onIssue ?? onComment ?? [];
    if (onIssue !== null && script.pulls?.includes(Number(number)) === false) return problem(404, 'Not Found');
    if (onIssue !== null && method === 'GET') return list(repository, Number(number), query);
    if (onIssue !== null && method === 'POST') return create(repository, Number(number), textOf(body));
    if (onComment !== null && method === 'PATCH') return update(repository, Number(number), textOf(body));
    return problem(404, 'Not Found');
  };

  return { comments, answer };
}

/** @param {Answer[]} scripted what is left of the script; an answer that is used up is taken out @param {Pick<Call, 'method' | 'path'>} call */
function nextScripted(scripted, { method, path }) {
  const found = scripted.find(
    (answer) =>
      (answer.method === undefined || answer.method === method) &&
      (answer.path === undefined || new RegExp(answer.path).test(path)),
  );
  if (found === undefined) return undefined;
  found.times = (found.times ?? 1) - 1;
  if (found.times === 0) scripted.splice(scripted.indexOf(found), 1);
  return found;
}

/** @param {string} json @returns {unknown} */
function parseJson(json) {
  return json === '' ? null : JSON.parse(json);
}

/**
 * @param {Script} [script]
 * @param {{ port?: number, onCall?: (call: Call) => void }} [options] port 0, the default: any that is free
 */
export async function startFakeGithub(script = {}, { port = 0, onCall } = {}) {
  const { comments, answer } = fakeApi(script);
  const scripted = (script.answers ?? []).map((each) => ({ ...each }));
  /** @type {Call[]} */
  const calls = [];
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const authorization = request.headers.authorization ?? null;
      const asked = { method: request.method ?? 'GET', path: url.pathname, authorization };
      /** @type {(body: unknown, status: number) => void} */
      const record = (body, status) => {
        const call = { ...asked, query: Object.fromEntries(url.searchParams), body, status };
        calls.push(call);
        onCall?.(call);
      };
      const instead = nextScripted(scripted, asked);
      if (instead === undefined && script.git !== undefined && isGit(url.pathname)) {
        response.once('finish', () => record(null, response.statusCode));
        answerGit(script.git.folder, script.git.token, request, response);
        return;
      }
      const sent = parseJson(await text(request));
      const own =
        instead === undefined || instead.applied
          ? authorization === null
            ? problem(401, 'Requires authentication')
            : answer({ ...asked, body: sent }, url.searchParams)
          : undefined;
      const { status, body, headers } = instead ?? own ?? problem(500, 'Server Error');
      record(sent, status);
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(JSON.stringify(body ?? { message: 'scripted' }));
    })();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    comments,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function main() {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, script: { type: 'string' }, log: { type: 'string' } },
  });
  const script = values.script === undefined ? {} : parseJson(readFileSync(values.script, 'utf8'));
  const { log } = values;
  const github = await startFakeGithub(/** @type {Script} */ (script), {
    port: Number(values.port ?? 0),
    onCall: (call) => {
      if (log !== undefined) appendFileSync(log, `${JSON.stringify(call)}\n`);
    },
  });
  console.log(`listening on ${github.url}`);
  // As the first process of a container nothing ends it by default.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void github.close());
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
