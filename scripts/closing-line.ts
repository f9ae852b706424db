/**
 * A vitest reporter that ends a run with one plain line, `212 passed, 0 failed, 0 skipped`. Everything that turned a
 * run red counts as failed: a file that did not load and an error outside of any test count once each. Where
 * KFAAS_REQUIRE is set a skipped test turns the run red as well.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function tally(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const passed = tests.filter((test) => test.result().state === 'passed').length;
  const failed = tests.filter((test) => test.result().state === 'failed').length;
  const broken = modules.filter((module) => !module.ok() && module.children.allTests('failed').next().done).length;
  return { passed, failed: failed + broken + unhandledErrors.length, skipped: tests.length - passed - failed };
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const { passed, failed, skipped } = tally(modules, unhandledErrors);
    if (failed > 0 || (skipped > 0 && process.env.KFAAS_REQUIRE)) process.exitCode = 1;
    // Other reporters print their own summary in this same event: come after it.
    setImmediate(() => process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
