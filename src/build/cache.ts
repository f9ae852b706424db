/** Compiled files, kept by the hash of everything that they depend on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

export function sha256(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts)
    hash
      .update(String(Buffer.byteLength(part)))
      .update('\0')
      .update(part);
  return hash.digest('hex');
}

export function sha256OfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * The cached file of that key; where there is none, `make` writes it to the path that it is given, in a folder that is
 * its own and may hold whatever else it writes meanwhile. Two runs may make the same file at once: the rename is atomic.
 */
export async function cached(
  folder: string,
  key: string,
  extension: string,
  make: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(folder, `${key}${extension}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const drafts = mkdtempSync(join(folder, 'draft-'));
  try {
    const draft = join(drafts, basename(path));
    await make(draft);
    renameSync(draft, path);
  } finally {
    rmSync(drafts, { recursive: true });
  }
  return path;
}
