import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isCapture, packetsIn } from '../../../src/inputs/captures.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';

function capture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/captures/${name}`, import.meta.url)));
}

const four = allBuiltinPackets()
  .slice(0, 4)
  .map(({ hex }) => hex);

function hexOf(data: Buffer): string[] {
  return [...packetsIn(data)].map(({ bytes }) => bytes.toString('hex'));
}

describe('what tools write', () => {
  it.each(['tcpdump.pcap', 'editcap-ns.pcap', 'editcap.pcapng'])('%s holds its packets', (name) => {
    expect(isCapture(capture(name))).toBe(true);
    const packets = [...packetsIn(capture(name))];
    expect(packets.map(({ bytes }) => bytes.toString('hex'))).toEqual(four);
    expect(
      packets.every(({ linkType, bytes, originalBytes }) => linkType === 1 && originalBytes === bytes.length),
    ).toBe(true);
  });

  it('dumpcap.pcapng holds UDP on a loopback device', () => {
    const packets = [...packetsIn(capture('dumpcap.pcapng'))];
    expect(packets).toHaveLength(4);
    for (const { linkType, bytes } of packets) {
      expect([linkType, bytes.readUInt16BE(12), bytes.toString('latin1', 42, 47)]).toEqual([1, 0x0800, 'hello']);
    }
  });

  it('tells how much of a packet was captured', () => {
    const lengths = [...packetsIn(capture('editcap-snapped.pcap'))].map(({ bytes, originalBytes }) => [
      bytes.length,
      originalBytes,
    ]);
    expect(lengths).toEqual([106, 118, 126, 138].map((original) => [60, original]));
    const pcap = Buffer.from(capture('tcpdump.pcap'));
    pcap.writeUInt32LE(1500, 24 + 12);
    expect(packetsIn(pcap).next().value).toMatchObject({ bytes: { length: 106 }, originalBytes: 1500 });
  });

  it('tells link types', () => {
    expect([...packetsIn(capture('text2pcap-ip.pcapng'))].map(({ linkType }) => linkType)).toEqual([101, 101]);
    expect([...packetsIn(capture('tcpdump-any.pcap'))].map(({ linkType }) => linkType)).toEqual([276, 276]);
  });
});

/** Turns numbers of the pcap format around: 4 bytes, two of 2, four of 4 in front, four of 4 before each packet. */
function asBigEndian(pcap: Buffer): Buffer {
  const data = Buffer.from(pcap);
  data.subarray(0, 4).swap32();
  data.subarray(4, 8).swap16();
  data.subarray(8, 24).swap32();
  for (let at = 24; at < data.length;) {
    const bytes = data.readUInt32LE(at + 8);
    data.subarray(at, at + 16).swap32();
    at += 16 + bytes;
  }
  return data;
}

it.each(['tcpdump.pcap', 'editcap-ns.pcap'])('%s reads the same from a big-endian machine', (name) => {
  const data = asBigEndian(capture(name));
  expect(isCapture(data)).toBe(true);
  expect([...packetsIn(data)]).toEqual([...packetsIn(capture(name))]);
});

/** A block of draft-ietf-opsawg-pcapng section 3.1, in either byte order. */
function block(isBigEndian: boolean, type: number, ...words: readonly (number | Buffer)[]): Buffer {
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (isBigEndian) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  const body = Buffer.concat(words.map((word) => (typeof word === 'number' ? u32(word) : word)));
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  return Buffer.concat([u32(type), u32(padded.length + 12), padded, u32(padded.length + 12)]);
}

function section(isBigEndian: boolean): Buffer {
  return block(isBigEndian, 0x0a0d0d0a, 0x1a2b3c4d, Buffer.from(isBigEndian ? [0, 1, 0, 0] : [1, 0, 0, 0]), 0, 0);
}

describe('pcapng', () => {
  it('has sections of different byte orders, each with interfaces of its own', () => {
    const ethernet = (isBigEndian: boolean, snapBytes: number): Buffer =>
      block(isBigEndian, 1, Buffer.from(isBigEndian ? [0, 1, 0, 0] : [1, 0, 0, 0]), snapBytes);
    const data = Buffer.concat([
      section(true),
      ethernet(true, 0),
      block(true, 6, 0, 0, 0, 3, 5, Buffer.from('aabbcc', 'hex')),
      block(true, 0x80000001, 7), // of a type that nobody here knows
      section(false),
      ethernet(false, 2),
      block(false, 3, 5, Buffer.from('ddee', 'hex')), // a simple packet, cut at its interface's 2 bytes
    ]);
    expect([...packetsIn(data)]).toEqual([
      { linkType: 1, bytes: Buffer.from('aabbcc', 'hex'), originalBytes: 5 },
      { linkType: 1, bytes: Buffer.from('ddee', 'hex'), originalBytes: 5 },
    ]);
  });

  it('has packets of several interfaces, obsolete ones beside today’s, and snap lengths of 0 that cut nothing', () => {
    const [linkOf, bytes] = [(type: number): Buffer => Buffer.from([type, 0, 0, 0]), Buffer.from('aabbcc', 'hex')];
    const dropped = Buffer.from([1, 0, 9, 0]); // an obsolete packet's interface is 16 bits, its dropped packets are the others
    const data = Buffer.concat([
      section(false),
      block(false, 1, linkOf(1), 0),
      block(false, 1, linkOf(101), 0),
      block(false, 6, 1, 0, 0, 3, 3, bytes),
      block(false, 2, dropped, 0, 0, 3, 4, bytes),
      block(false, 3, 3, bytes),
    ]);
    expect([...packetsIn(data)]).toEqual([
      { linkType: 101, bytes, originalBytes: 3 },
      { linkType: 101, bytes, originalBytes: 4 },
      { linkType: 1, bytes, originalBytes: 3 },
    ]);
  });

  it.each([
    ['of interface 0, which is not described', [section(false), block(false, 6, 0, 0, 0, 0, 0)]],
    ['longer than its block', [section(false), block(false, 1, 1, 0), block(false, 6, 0, 0, 0, 99, 99)]],
    ['longer than its block', [section(false), block(false, 1, 1, 0), block(false, 6, 0, 0, 0, 4, 4)]], // its length stands there
    ['an interface without a link type', [section(false), block(false, 1)]],
    ['a block of 13 bytes', [section(false), Buffer.from('010000000d000000000000000000000000', 'hex')]],
    ['a packet without its header', [section(false), block(false, 1, 1, 0), block(false, 6, 0)]],
    ['a block of 8 bytes', [section(false), Buffer.from('0100000008000000000000000000', 'hex')]],
    ['ends inside of a block', [section(false).subarray(0, 20)]],
  ])('that is broken is told: %s', (message, blocks) => {
    expect(() => hexOf(Buffer.concat(blocks))).toThrow(message);
  });
});

it('gives what is before the place where a file ends too early', () => {
  const data = capture('tcpdump.pcap');
  const packets = packetsIn(data.subarray(0, data.length - 1));
  expect([packets.next(), packets.next(), packets.next()].every(({ done }) => done === false)).toBe(true);
  expect(() => packets.next()).toThrow('ends inside of packet 4');
});

it('takes nothing else for a capture', () => {
  expect(isCapture(Buffer.from('0102', 'hex'))).toBe(false);
  expect(isCapture(Buffer.from(four[0]!, 'hex'))).toBe(false);
});
