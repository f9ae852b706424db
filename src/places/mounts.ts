/** What a sibling container must mount to see the same files at the same paths. Pure. */
import path from 'node:path';
import { KfaasError } from '../errors.js';
import type { OwnMount } from './self.js';

/** A mount as the API takes it (API: `Mount`). */
export type Mount =
  | { readonly Type: 'bind'; readonly Source: string; readonly Target: string; readonly ReadOnly: true }
  /** Without a source: a volume of the container's own, removed with it. */
  | { readonly Type: 'volume'; readonly Target: string }
  | { readonly Type: 'tmpfs'; readonly Target: string; readonly ReadOnly: true };

/** Whether `file` is `folder` or lies in it. Both absolute and normal. */
export function isWithin(file: string, folder: string): boolean {
  const relative = path.posix.relative(folder, file);
  return relative === '' || (relative !== '..' && !relative.startsWith('../'));
}

/**
 * Read-only mounts for `folders` (absolute), each narrowed from the mount of ours that holds it, whatever that is: a bind,
 * a volume, or a larger mount that it lies deep inside; with the mounts of ours that lie inside of it. Folders of
 * `imageFolder`, which are not mounted, are in the sibling's image already.
 * @throws KfaasError (environment) for a folder that only our own container has
 */
export function sourceMounts(folders: readonly string[], own: readonly OwnMount[], imageFolder: string): Mount[] {
  const outermost = folders
    .map((folder) => path.posix.normalize(folder).replace(/(?<=.)\/$/, ''))
    .filter((folder, index, all) => all.indexOf(folder) === index)
    .filter((folder, _index, all) => !all.some((other) => other !== folder && isWithin(folder, other)));
  return outermost.flatMap((folder) => {
    const holder = own
      .filter((mount) => mount.Source !== '' && isWithin(folder, mount.Destination))
      .sort((a, b) => b.Destination.length - a.Destination.length)[0];
    if (holder === undefined) {
      if (isWithin(folder, imageFolder)) return [];
      throw notShared(folder);
    }
    const inside = own.filter((mount) => mount.Destination !== folder && isWithin(mount.Destination, folder));
    return [
      readOnly(path.posix.join(holder.Source, path.posix.relative(holder.Destination, folder)), folder),
      ...inside
        .filter((mount) => mount.Source !== '' && !mount.Source.endsWith('.sock'))
        .map((mount) => readOnly(mount.Source, mount.Destination)),
    ];
  });
}

function readOnly(source: string, target: string): Mount {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: true };
}

function notShared(folder: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `${folder} is on no volume of this container, so the worker's container cannot see it`,
    remedy: 'keep it under the workspace, or mount it with -v',
  });
}
