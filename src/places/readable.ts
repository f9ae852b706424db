/** The worker is root without CAP_DAC_OVERRIDE: other users' files are to it what their mode says for others. */
import { stat } from 'node:fs/promises';
import { KfaasError } from '../errors.js';

/** @throws KfaasError (environment) for the first folder that a worker's container could not read */
export async function assertReadable(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const { uid, mode } = await stat(folder);
    if (uid === 0 || (mode & 0o005) === 0o005) continue;
    throw new KfaasError({
      kind: 'environment',
      message: `the worker may not read ${folder}: it belongs to user ${uid} and is closed to others (mode ${(mode & 0o777).toString(8)})`,
      remedy: `open it in a step before this one: chmod -R a+rX ${folder === '/github/workspace' ? '.' : folder}`,
    });
  }
}
