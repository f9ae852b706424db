/** Git over HTTP by git's own server (git-http-backend(1)), for whoever brings the token, as GitHub serves it. */
import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { URL } from 'node:url';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/** Whether a request is git's, by its path without the query. @param {string} file */
export function isGit(file) {
  return /\/(info\/refs|git-upload-pack)$/.test(file);
}

/**
 * @param {string} folder repositories are found in it by their path
 * @param {string} allowed the one token that may read them
 * @param {Request} request
 * @param {Response} response
 */
export function answerGit(folder, allowed, request, response) {
  const expected = `basic ${Buffer.from(`x-access-token:${allowed}`).toString('base64')}`;
  if (request.headers.authorization?.replace(/^basic/i, 'basic') === expected) backend(folder, request, response);
  else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
}

/** @param {string} folder @param {Request} request @param {Response} response */
function backend(folder, request, response) {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const program = path.join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  const cgi = spawn(program, {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      PATH_INFO: decodeURI(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(cgi.stdin);
  /** @type {Buffer[]} */
  const chunks = [];
  cgi.stdout.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
  cgi.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    for (const line of output.subarray(0, end).toString().split('\r\n')) {
      const [name = '', ...value] = line.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value.join(': '), 10);
      else response.setHeader(name, value.join(': '));
    }
    response.end(output.subarray(end + 4));
  });
}
