/** One cache of compiled programs for all integration tests of a run: each would otherwise build the same ones again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    cacheHome: string;
  }
}

/** Called by vitest before the first integration test; what it returns, after the last. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-cache-'));
  project.provide('cacheHome', folder);
  return () => rmSync(folder, { recursive: true });
}

/** What XDG_CACHE_HOME is to be, so that the command line uses the same cache. */
export const cacheHome = (): string => inject('cacheHome');

export const sharedCache = (): string => path.join(cacheHome(), 'kfaas-bench');
