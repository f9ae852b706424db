/** The checkouts that sources lie in, and which of them keep a token. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from './protocol.js';

/** The checkout that a folder lies in, since its sources may include headers from anywhere in it; else the folder itself. */
export function repositoryOf(folder: string): string {
  for (let above = folder; ; above = path.dirname(above)) {
    if (existsSync(path.join(above, '.git'))) return above;
    if (above === path.dirname(above)) return folder;
  }
}

/** What a job's sources lie in, each at its largest: the trees as they are, and a checkout for what is outside of them. */
export function sourceFolders(job: Job): string[] {
  if (job.kind !== 'measure') return [];
  const named = job.benchmarks
    .flatMap(({ source, object }) => [source, ...Object.values(object ?? {})])
    .filter((file) => file !== undefined);
  const outside = [...new Set(named)].filter((file) => path.isAbsolute(file));
  return [
    ...job.trees.map(({ folder, root = folder }) => root),
    ...outside.map((source) => repositoryOf(path.dirname(source))),
  ];
}

/** What actions/checkout writes into `.git/config` unless `persist-credentials` is false, and tokens in addresses. */
const credential = /extraheader|\/\/[^/\s@]+@/i;

/** The `.git` folders of these checkouts whose configuration, or that of a submodule, holds a credential. */
export async function gitFoldersWithCredentials(checkouts: readonly string[]): Promise<string[]> {
  const folders = [...new Set(checkouts)].map((checkout) => path.join(checkout, '.git'));
  const hold = await Promise.all(folders.map(holdsCredential));
  return folders.filter((_folder, index) => hold[index]);
}

async function holdsCredential(gitFolder: string): Promise<boolean> {
  const configs = [path.join(gitFolder, 'config'), ...(await submoduleConfigs(path.join(gitFolder, 'modules')))];
  const texts = await Promise.all(configs.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => credential.test(text));
}

async function submoduleConfigs(modules: string): Promise<string[]> {
  const names = await readdir(modules, { recursive: true }).catch(() => []);
  return names.filter((name) => /(^|\/)config(\.worktree)?$/.test(name)).map((name) => path.join(modules, name));
}
