/** Where the files that are shipped beside the code are: `src/`, `lib/` and `dist/` all lie at different depths. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { KfaasError } from './errors.js';

const landmark = path.join('bpf', 'include', 'kfaas.h');

/**
 * The folder that holds `bpf/`, looked for upwards from this file.
 * @throws KfaasError (environment) where the installation is incomplete.
 */
export function installationFolder(start = path.dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, landmark))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  throw new KfaasError({
    kind: 'environment',
    message: `${landmark} is in no folder above ${start}`,
    remedy: 'install kfaas-bench again, with its bpf folder beside its code',
  });
}
