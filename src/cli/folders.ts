/** The folders that a run writes to. */
import { accessSync, constants, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { KfaasError } from '../errors.js';

/** By the XDG base directory specification, in which a relative path is not valid and is ignored. */
export function cacheFolder(environment: NodeJS.ProcessEnv, home = homedir()): string {
  const xdg = environment['XDG_CACHE_HOME'] ?? '';
  return path.join(path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'kfaas-bench');
}

/** @throws KfaasError (environment) where the folder cannot be made or written to. */
export function makeFolder(folder: string, remedy: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KfaasError(
      { kind: 'environment', message: `${folder} cannot be written to: ${reason}`, remedy },
      { cause: error },
    );
  }
}

export const defaultOutputFolder = 'kfaas-bench-out';

/** The default folder in the working directory, or a new one among the temporary files where that may not be written to. */
function makeDefaultFolder(workingDirectory: string): string {
  const folder = path.join(workingDirectory, defaultOutputFolder);
  try {
    makeFolder(folder, '');
    return folder;
  } catch {
    return mkdtempSync(path.join(tmpdir(), `${defaultOutputFolder}-`));
  }
}

/**
 * Runs `work` with a folder that exists meanwhile, and is left behind only where something is in it.
 * @param asked absolute; absent for the default.
 */
export async function withOutputFolder<T>(
  asked: string | undefined,
  workingDirectory: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = asked ?? makeDefaultFolder(workingDirectory);
  if (asked !== undefined) makeFolder(asked, 'name another folder with --output');
  try {
    return await work(folder);
  } finally {
    try {
      rmdirSync(folder);
    } catch {
      // Something is in it.
    }
  }
}
