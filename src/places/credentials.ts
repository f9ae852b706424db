/** Where a checkout keeps a token: actions/checkout writes one into `.git/config` unless `persist-credentials` is false. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const credential = /extraheader|\/\/[^/\s@]+@/i;

/** The `.git` folders of these trees whose configuration, or that of a submodule, holds a credential. */
export async function gitFoldersWithCredentials(trees: readonly string[]): Promise<string[]> {
  const folders = trees.map((tree) => path.join(tree, '.git'));
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
