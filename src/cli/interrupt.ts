/** Ctrl-C and its kin: work is aborted, cleans up after itself, and then the process ends as the shell expects. */
import { exitCodes, type ExitCode } from '../errors.js';

/** A closed terminal ends a run as a termination does. */
const exitCodeOfSignal = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.terminated,
} as const satisfies { readonly [S in NodeJS.Signals]?: ExitCode };

/** Why an aborted signal was aborted, and the exit code that says so. */
export class Interruption extends Error {
  constructor(
    readonly signalName: keyof typeof exitCodeOfSignal,
    readonly exitCode: ExitCode,
  ) {
    super(`interrupted by ${signalName}`);
    this.name = 'Interruption';
  }
}

/**
 * Runs `work` with a signal that is aborted by the first of the process's own signals; further ones change nothing.
 * @throws Interruption when `work` has settled, whatever it settled to, after it was interrupted.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const names = Object.keys(exitCodeOfSignal) as (keyof typeof exitCodeOfSignal)[];
  const listeners = names.map((name) => ({
    name,
    abort: () => {
      controller.abort(new Interruption(name, exitCodeOfSignal[name]));
    },
  }));
  for (const { name, abort } of listeners) process.on(name, abort);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const { name, abort } of listeners) process.off(name, abort);
  }
}
