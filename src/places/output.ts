/** The worker's output folder, brought back from its container as the archive that the engine makes of it. */
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { KfaasError } from '../errors.js';

/** Verifier logs are the largest files in it; the kernel's own limit of one is 16 MiB. */
const outputBytes = 1024 ** 3;

/**
 * Unpacks plain files and folders into `folder`, which exists; they belong to this process's user. What else the archive
 * holds (links, devices, names that lead out of it) is left out: it was made by whoever wrote the program under test.
 */
export async function saveOutput(archive: Readable, folder: string, limitBytes = outputBytes): Promise<void> {
  await pipeline(
    archive,
    bounded(limitBytes),
    extract({
      cwd: folder,
      strip: 1, // the archive's names begin with the folder's own
      preserveOwner: false,
      noMtime: true,
      onReadEntry: (entry) => {
        entry.mode = entry.type === 'Directory' ? 0o755 : 0o644; // a set-uid file of root would be a way out
      },
      filter: (_path, entry) => 'type' in entry && (entry.type === 'File' || entry.type === 'Directory'),
    }),
  );
}

function bounded(limitBytes: number): Transform {
  let seenBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      seenBytes += chunk.length;
      next(seenBytes > limitBytes ? tooLarge(limitBytes) : null, chunk);
    },
  });
}

function tooLarge(limitBytes: number): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `the worker's output folder holds more than ${limitBytes} bytes`,
    remedy: 'measure fewer benchmarks at once',
  });
}
