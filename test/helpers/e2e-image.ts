/** The action's image for the end-to-end tests, made once for all of them as the runner makes it: by the Dockerfile alone. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { available } from './require.js';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));
/** Checkouts that share an engine do not run each other's image. */
export const e2eImage = `kfaas-bench-e2e:${createHash('sha256').update(repositoryRoot).digest('hex').slice(0, 12)}`;

/** What it prints goes where errors go. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: repositoryRoot, stdio: ['ignore', process.stderr, process.stderr] });
}

/** What `src/` builds, and not what it built some time ago. */
function bringBundleUpToDate(): void {
  const wanted = execFileSync('scripts/sources-digest.sh', { cwd: repositoryRoot, encoding: 'utf8' });
  const stamp = path.join(repositoryRoot, 'dist/sources.sha256');
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : 'nothing';
  if (built !== wanted) run('scripts/build.sh', 'dist');
}

/** Called by vitest before the first end-to-end test, and not at all where none is to be run. */
export function setup(): void {
  if (!available('docker')) return;
  bringBundleUpToDate();
  run('scripts/stand-in-base.sh');
  // As the runner does (DockerCommandManager.DockerBuild), but quietly unless it fails.
  run('docker', 'build', '--quiet', '-t', e2eImage, '-f', path.join(repositoryRoot, 'Dockerfile'), repositoryRoot);
}
