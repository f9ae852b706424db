import { defineConfig } from 'vitest/config';

/** Integration and end-to-end tests share one kernel, one Docker engine and few CPUs: one file at a time. */
function project(name: string, groupOrder: number, testTimeoutMs: number, alone: boolean, globalSetup: string[] = []) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: testTimeoutMs,
      hookTimeout: testTimeoutMs,
      ...(alone ? { fileParallelism: false } : {}),
      globalSetup,
      sequence: { groupOrder },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 0, 20_000, false),
      project('integration', 1, 120_000, true, ['test/helpers/build-cache.ts']),
      project('e2e', 2, 600_000, true, ['test/helpers/e2e-image.ts']),
    ],
    reporters: ['default', './scripts/closing-line.ts'],
    cache: false, // a run under sudo leaves no file of root's behind
  },
});
