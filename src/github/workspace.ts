/**
 * Files that the action leaves in the workspace. The workspace is the pull request's: a link in it may lead anywhere, and on
 * a self-hosted runner files that belong to root would be in the way of the next job.
 */
import { lchownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchRecord } from '../domain/record.js';
import { KfaasError, type Failure } from '../errors.js';

export const outputName = 'kfaas-bench-out';
const ignoreFile = '.gitignore';
const recordName = 'record.json';

function isFolder(file: string): boolean | undefined {
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory();
}

/** Refuses whatever is not a folder, a link to one too. */
function makeFolder(folder: string): string {
  if (isFolder(folder) !== true) mkdirSync(folder);
  return folder;
}

/**
 * Makes `kfaas-bench-out` in the workspace, with a folder of its own for every step but the first. Git does not see it.
 * @param step empty for the first
 * @returns the step's folder, absolute
 * @throws KfaasError (environment) where something else has this name, or it cannot be made
 */
export function makeOutputFolder(workspace: string, step: string): string {
  try {
    const outer = makeFolder(path.join(workspace, outputName));
    const folder = step === '' ? outer : makeFolder(path.join(outer, step));
    writeReplacing(path.join(outer, ignoreFile), '*\n');
    rmSync(path.join(folder, recordName), { recursive: true, force: true }); // an earlier run's would pass for this one's
    return folder;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KfaasError(
      {
        kind: 'environment',
        message: `the folder for results cannot be made: ${reason}`,
        remedy: `see that nothing else in the repository is called ${outputName} and that the workspace may be written to`,
      },
      { cause: error },
    );
  }
}

/** Takes the place of whatever has this name, instead of following a link. */
function writeReplacing(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(fresh, text, { flag: 'wx' });
  if (isFolder(file) === true) rmSync(file, { recursive: true });
  renameSync(fresh, file);
}

/** @returns the record's absolute path */
export function writeRecord(folder: string, record: BenchRecord): string {
  const file = path.join(folder, recordName);
  writeReplacing(file, `${JSON.stringify(record)}\n`);
  return file;
}

/** Names files of the workspace by their path in it: its own path is the container's, and no other step knows that. */
export function pathsInWorkspace(failure: Failure, workspace: string): Failure {
  const shortened = (text: string): string => text.replaceAll(`${workspace}/`, '');
  const { message, remedy, detail } = failure;
  return {
    ...failure,
    message: shortened(message),
    remedy: shortened(remedy),
    ...(detail === undefined ? {} : { detail: shortened(detail) }),
  };
}

/** Takes the folder away again where nothing was left in it. */
export function removeUnused(folder: string): void {
  if (readdirSync(folder).every((name) => name === ignoreFile)) rmSync(folder, { recursive: true });
}

/** Gives a folder and all in it to the workspace's owner; only root can, and only root has to. */
export function giveToOwner(workspace: string, folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(workspace);
  const give = (file: string): void => {
    const kind = isFolder(file);
    if (kind === true) for (const name of readdirSync(file)) give(path.join(file, name));
    if (kind !== undefined) lchownSync(file, uid, gid);
  };
  give(folder);
}
