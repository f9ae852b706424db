import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { standardOutput } from '../../../src/places/frames.js';

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function read(bytes: Buffer, chunkBytes: number): Promise<{ out: string; err: string }> {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  let [out, err] = ['', ''];
  for await (const chunk of standardOutput(Readable.from(chunks), (said) => (err += Buffer.from(said).toString()))) {
    out += Buffer.from(chunk).toString();
  }
  return { out, err };
}

describe("a container's attached streams", () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'oops\n'), frame(1, ''), frame(1, 'two\n'), frame(3, 'hm')]);

  it.each([1, 3, 8, 9, 1000])('are told apart in chunks of %i bytes', async (chunkBytes) => {
    expect(await read(bytes, chunkBytes)).toEqual({ out: 'one\ntwo\n', err: 'oops\nhm' });
  });

  it('end with a frame that is cut off', async () => {
    expect(await read(bytes.subarray(0, 10), 4)).toEqual({ out: '', err: '' });
  });
});
