/** Where the files that are shipped beside the code are: `src/`, `lib/` and `dist/` all lie at different depths. */
import { existsSync, readFileSync } from 'node:fs';
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

/** The version of this installation, from its package.json. */
export function toolVersion(): string {
  const file = path.join(installationFolder(), 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
