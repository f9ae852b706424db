import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunner, type Runner } from '../../../src/github/runner.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-runner-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const environment = {
  GITHUB_WORKSPACE: '/github/workspace',
  RUNNER_TEMP: '/',
  HOME: '/github/home',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REPOSITORY: 'octo/repo',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_API_URL: 'https://github.example/api/v3',
  GITHUB_RUN_ID: '42',
  GITHUB_SHA: 'f'.repeat(40),
  GITHUB_WORKFLOW: 'CI',
  GITHUB_JOB: 'bench',
  RUNNER_OS: 'Linux',
  RUNNER_ARCH: 'X64',
};

function runnerAt(eventName: string, payload: unknown): Runner {
  const file = path.join(folder, 'event.json');
  writeFileSync(file, typeof payload === 'string' ? payload : JSON.stringify(payload));
  return readRunner({ ...environment, GITHUB_EVENT_NAME: eventName, GITHUB_EVENT_PATH: file });
}

const own = { repo: { full_name: 'octo/repo' } };

describe('readRunner', () => {
  it('reads where it is', () => {
    expect(runnerAt('push', { before: 'x' })).toEqual({
      workspace: '/github/workspace',
      temporaryFolder: '/',
      apiUrl: 'https://github.example/api/v3',
      serverUrl: 'https://github.example',
      trigger: { eventName: 'push', payload: { before: 'x' }, ref: 'refs/heads/main', sha: 'f'.repeat(40) },
      repository: { owner: 'octo', repo: 'repo' },
      eventName: 'push',
      headSha: 'f'.repeat(40),
      runUrl: 'https://github.example/octo/repo/actions/runs/42',
      job: ['CI', 'bench', 'Linux', 'X64'],
      step: '',
    });
  });

  it('finds the pull request and its head, not the merge commit', () => {
    const payload = { pull_request: { number: 7, head: { sha: 'a'.repeat(40), ...own }, base: own } };
    for (const event of ['pull_request', 'pull_request_target', 'pull_request_review']) {
      const { pullRequest, headSha } = runnerAt(event, payload);
      expect(pullRequest).toEqual({ number: 7, headSha: 'a'.repeat(40), fromFork: false });
      expect(headSha).toBe('a'.repeat(40));
    }
  });

  it('knows a fork, also one that was deleted', () => {
    const fork = { sha: 'a', repo: { full_name: 'guest/repo' } };
    expect(runnerAt('pull_request', { pull_request: { number: 7, head: fork, base: own } }).pullRequest?.fromFork).toBe(
      true,
    );
    const gone = { sha: 'a', repo: null };
    expect(runnerAt('pull_request', { pull_request: { number: 7, head: gone, base: own } }).pullRequest?.fromFork).toBe(
      true,
    );
  });

  it('takes a comment on a pull request for one, and on an issue not', () => {
    expect(runnerAt('issue_comment', { issue: { number: 8, pull_request: { url: 'x' } } }).pullRequest?.number).toBe(8);
    expect(runnerAt('issue_comment', { issue: { number: 8 } }).pullRequest).toBeUndefined();
  });

  it('has none where the payload has none, is none, or is not there', () => {
    expect(runnerAt('schedule', {}).pullRequest).toBeUndefined();
    expect(runnerAt('pull_request', 'not json').pullRequest).toBeUndefined();
    expect(runnerAt('pull_request', { pull_request: { number: '7' } }).pullRequest).toBeUndefined();
    expect(readRunner({ ...environment, GITHUB_EVENT_PATH: '/nowhere' }).pullRequest).toBeUndefined();
  });

  it('keeps temporary files in its home where the runner mounts no folder for them', () => {
    const folderOf = (RUNNER_TEMP: string | undefined) => readRunner({ ...environment, RUNNER_TEMP }).temporaryFolder;
    expect(folderOf(folder)).toBe(folder);
    expect(folderOf('/home/runner/work/_temp')).toBe('/github/home');
    expect(folderOf(undefined)).toBe(tmpdir());
  });

  it('tells the steps of one job apart', () => {
    const step = (name: string) => readRunner({ ...environment, GITHUB_ACTION: name }).step;
    expect(step('__kiinitix_kfaas-bench')).toBe('');
    expect(step('__kiinitix_kfaas-bench_2')).toBe('2');
    expect(step('parsers')).toBe('parsers');
    expect(step('../up')).toBe('');
  });
});
