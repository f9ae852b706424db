/** Repositories to try things on, made by real git. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';

const settings = ['user.name=A', 'user.email=a@example.com', 'init.defaultBranch=main', 'protocol.file.allow=always'];

/** A temporary folder whose name needs care; the colon separates folders in some of git's variables. */
export function makeScratch(): { folder: string; temporary: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'kfaas trees-')));
  const temporary = path.join(folder, 'tmp: of the run');
  mkdirSync(temporary);
  return { folder, temporary, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What git prints, without the last line's end. */
export function git(folder: string, ...parameters: string[]): string {
  const config = settings.flatMap((setting) => ['-c', setting]);
  return execFileSync('git', ['-C', folder, ...config, ...parameters], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1' },
  }).trimEnd();
}

export function write(folder: string, file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

/** Commits the whole working copy. Returns the commit's id. */
export function commit(folder: string, message = 'a change'): string {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
  return git(folder, 'rev-parse', 'HEAD');
}

export function makeRepository(folder: string): string {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '--quiet');
  return folder;
}

export function clone(from: string, to: string, ...options: string[]): string {
  git(path.dirname(to), 'clone', '--quiet', ...options, `file://${from}`, to);
  return to;
}

/** As actions/checkout makes it: nothing but this ref, detached. */
export function checkoutOf(from: string, to: string, ref: string, depth = 1): string {
  makeRepository(to);
  git(to, 'remote', 'add', 'origin', `file://${from}`);
  const local = ref.replace('refs/', 'refs/remotes/');
  git(to, 'fetch', '--quiet', '--no-tags', `--depth=${depth}`, 'origin', `+${git(from, 'rev-parse', ref)}:${local}`);
  git(to, 'checkout', '--quiet', '--force', local);
  return to;
}

/** Upstream with main, a branch `feature` off it, one more commit on main, and what GitHub makes of the pull request. */
export function pullRequest(folder: string) {
  const upstream = makeRepository(path.join(folder, 'upstream'));
  write(upstream, 'bpf/a.bpf.c', 'int a = 1;\n');
  const fork = commit(upstream, 'where the branch starts');
  git(upstream, 'checkout', '--quiet', '-b', 'feature');
  write(upstream, 'bpf/a.bpf.c', 'int a = 2;\n');
  const head = commit(upstream, 'the change');
  git(upstream, 'checkout', '--quiet', 'main');
  write(upstream, 'bpf/b.bpf.c', 'int b = 1;\n');
  const main = commit(upstream, 'meanwhile');
  git(upstream, 'checkout', '--quiet', '--detach');
  git(upstream, 'merge', '--quiet', '--no-ff', '--no-edit', 'feature');
  const merge = git(upstream, 'rev-parse', 'HEAD');
  git(upstream, 'update-ref', 'refs/pull/2/merge', merge);
  git(upstream, 'update-ref', 'refs/pull/2/head', head);
  git(upstream, 'checkout', '--quiet', 'main');
  return { upstream, fork, head, main, merge };
}

/** Every file below a folder with its mode, owner, time and content: equal before and after, nothing was touched. */
export function stateOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const file = path.join(folder, name);
      const { mode, uid, mtimeMs } = lstatSync(file);
      const content = lstatSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : '';
      return [name, mode.toString(8), uid, mtimeMs, content].join(' ');
    });
}
