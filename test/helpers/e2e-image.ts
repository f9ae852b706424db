/** The action's image for the end-to-end tests, made once for all of them as the runner makes it: by the Dockerfile alone. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { available } from './require.js';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));
export const e2eImage = 'kfaas-bench-e2e';

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: repositoryRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What `src/` builds, and not what it built some time ago. */
function bringBundleUpToDate(): void {
  const wanted = run('scripts/sources-digest.sh');
  const built = (): string => {
    try {
      return readFileSync(path.join(repositoryRoot, 'dist/sources.sha256'), 'utf8');
    } catch {
      return 'nothing';
    }
  };
  if (built() !== wanted) run('scripts/build.sh', 'dist');
}

/** Called by vitest before the first end-to-end test, and not at all where none is to be run. */
export function setup(): void {
  if (!available('docker')) return;
  bringBundleUpToDate();
  run('scripts/stand-in-base.sh');
  // As ContainerActionHandler.RunAsync and DockerCommandManager.DockerBuild have it.
  run('docker', 'build', '-t', e2eImage, '-f', path.join(repositoryRoot, 'Dockerfile'), repositoryRoot);
}
