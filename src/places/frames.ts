/** A container's attached streams, taken apart (API: ContainerAttach, "Stream format"). */
import type { Readable } from 'node:stream';

const headerBytes = 8; // one byte: which stream; three bytes: 0; four bytes: the payload's length, big-endian
const stdoutStream = 1;

/**
 * Yields what was written to standard output, in chunks as they come; hands everything else to `onStderr`. The engine's
 * frames are as small as its copy buffer (32 KiB), so a frame is waited for as a whole.
 */
export async function* standardOutput(
  attached: Readable,
  onStderr: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of attached as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= headerBytes) {
      const end = headerBytes + pending.readUInt32BE(4);
      if (pending.length < end) break;
      const payload = pending.subarray(headerBytes, end);
      if (pending[0] === stdoutStream) yield payload;
      else onStderr(payload);
      pending = pending.subarray(end);
    }
  }
}
