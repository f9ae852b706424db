/** Runs one command to its end. */
import { spawn } from 'node:child_process';
import { unprivileged } from './unprivileged.js';

export interface RunResult {
  /** Exit code; undefined where the command could not be started or a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** Where it is started; default: where we were. */
  readonly folder?: string;
  /** Where it keeps files of its own: one that is killed leaves them there. */
  readonly temporaryFolder?: string;
}

/**
 * No shell, no standard input; in a container of our own no capabilities either: what is compiled is not trusted.
 * Rejects never; a command that is not there has no code.
 */
export function run(
  command: string,
  parameters: readonly string[],
  surroundings: Surroundings = {},
): Promise<RunResult> {
  const { folder, temporaryFolder } = surroundings;
  const [file, ...rest] = unprivileged([command, ...parameters], process.env);
  return new Promise((resolve) => {
    const child = spawn(file, rest, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(temporaryFolder === undefined ? {} : { TMPDIR: temporaryFolder }) },
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const end = (code: number | undefined): void => {
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    };
    child.on('error', () => {
      end(undefined);
    });
    child.on('close', (code) => {
      end(code ?? undefined);
    });
  });
}

/** As Promise.all, but it settles when all of them have: a failure leaves nothing running behind it. */
export async function allEnded<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
