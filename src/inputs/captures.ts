/**
 * Packet captures: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), of either byte order. Pure; times, names and
 * comments in them are passed over.
 */

export interface CapturedPacket {
  /** Of its interface: a LINKTYPE_ of https://www.tcpdump.org/linktypes.html. */
  readonly linkType: number;
  /** What was captured of it. */
  readonly bytes: Buffer;
  /** How long it was. */
  readonly originalBytes: number;
}

/** What is wrong with the file, as a clause behind its name. */
export class BrokenCapture extends Error {}

/** Magic numbers as the writer's machine has them: times in microseconds, and in nanoseconds. */
const pcapMagics = [0xa1b2c3d4, 0xa1b23c4d];
const sectionHeader = 0x0a0d0d0a;
const byteOrderMagic = 0x1a2b3c4d;

const pcapHeaderBytes = 24;
const pcapRecordBytes = 16;

/** Numbers in the byte order of the file, or of a section of it. */
interface Reader {
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
}

function readerOf(data: Buffer, isBigEndian: boolean): Reader {
  return isBigEndian
    ? { u16: (at) => data.readUInt16BE(at), u32: (at) => data.readUInt32BE(at) }
    : { u16: (at) => data.readUInt16LE(at), u32: (at) => data.readUInt32LE(at) };
}

/** Whether a file is a capture, by how it begins. */
export function isCapture(data: Buffer): boolean {
  return data.length >= 4 && (isPcap(data, false) || isPcap(data, true) || data.readUInt32BE(0) === sectionHeader);
}

function isPcap(data: Buffer, isBigEndian: boolean): boolean {
  return pcapMagics.includes(readerOf(data, isBigEndian).u32(0));
}

/** The packets in their order. Throws a BrokenCapture at the place that is wrong, behind the packets before it. */
export function packetsIn(data: Buffer): Generator<CapturedPacket> {
  return data.readUInt32BE(0) === sectionHeader ? pcapngPackets(data) : pcapPackets(data);
}

function* pcapPackets(data: Buffer): Generator<CapturedPacket> {
  if (data.length < pcapHeaderBytes) throw new BrokenCapture('ends inside of its header');
  const isBigEndian = isPcap(data, true);
  const { u16, u32 } = readerOf(data, isBigEndian);
  const linkType = u16(isBigEndian ? 22 : 20); // the lower half; above it are bits about the frame's check sequence
  for (let at = pcapHeaderBytes, number = 1; at < data.length; number += 1) {
    const bytes = at + pcapRecordBytes <= data.length ? u32(at + 8) : Infinity;
    const start = at + pcapRecordBytes;
    if (start + bytes > data.length) throw new BrokenCapture(`ends inside of packet ${String(number)}`);
    yield { linkType, bytes: data.subarray(start, start + bytes), originalBytes: u32(at + 12) };
    at = start + bytes;
  }
}

/** Types of pcapng's blocks that matter here. */
const blocks = { interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const;
/** Around a block: its type and its length, and its length once more behind it. */
const blockFrameBytes = 12;

interface Interface {
  readonly linkType: number;
  /** Bytes captured of a packet at most; 0: all. */
  readonly snapBytes: number;
}

function* pcapngPackets(data: Buffer): Generator<CapturedPacket> {
  let reader = readerOf(data, false);
  let interfaces: Interface[] = [];
  for (let at = 0; at < data.length;) {
    if (at + blockFrameBytes > data.length) throw new BrokenCapture(`ends inside of a block at byte ${String(at)}`);
    if (data.readUInt32BE(at) === sectionHeader) {
      reader = sectionReader(data, at);
      interfaces = []; // numbered anew in each section
    }
    const length = reader.u32(at + 4);
    if (length < blockFrameBytes || length % 4 !== 0)
      throw new BrokenCapture(`has a block of ${String(length)} bytes at byte ${String(at)}`);
    if (at + length > data.length) throw new BrokenCapture(`ends inside of a block at byte ${String(at)}`);
    const type = reader.u32(at);
    if (type === blocks.interface) interfaces.push(interfaceIn(reader, at, length));
    const packet = packetIn(data.subarray(0, at + length - 4), reader, at, type, interfaces);
    if (packet !== undefined) yield packet;
    at += length;
  }
}

function sectionReader(data: Buffer, at: number): Reader {
  for (const isBigEndian of [false, true]) {
    const reader = readerOf(data, isBigEndian);
    if (reader.u32(at + 8) === byteOrderMagic) return reader;
  }
  throw new BrokenCapture(`has no byte order at byte ${String(at + 8)}`);
}

function interfaceIn({ u16, u32 }: Reader, at: number, length: number): Interface {
  if (length < blockFrameBytes + 8)
    throw new BrokenCapture(`has an interface without a link type at byte ${String(at)}`);
  return { linkType: u16(at + 8), snapBytes: u32(at + 12) };
}

/** Where a block has what, from its start; a simple packet is of the first interface, and its length that of the interface. */
const layouts = {
  [blocks.enhancedPacket]: { interface: 8, captured: 20, original: 24, bytes: 28 },
  [blocks.packet]: { interface: 8, captured: 20, original: 24, bytes: 28 }, // obsolete
  [blocks.simplePacket]: { interface: undefined, captured: undefined, original: 8, bytes: 12 },
} as const;

/** @param data up to the end of the block's body */
function packetIn(
  data: Buffer,
  { u16, u32 }: Reader,
  at: number,
  type: number,
  interfaces: readonly Interface[],
): CapturedPacket | undefined {
  const layout = Object.entries(layouts).find(([known]) => Number(known) === type)?.[1];
  if (layout === undefined) return undefined;
  const broken = (what: string): BrokenCapture => new BrokenCapture(`has a packet ${what} at byte ${String(at)}`);
  const start = at + layout.bytes;
  if (start > data.length) throw broken('without its header');
  const number = layout.interface === undefined ? 0 : (type === blocks.packet ? u16 : u32)(at + layout.interface);
  const from = interfaces[number];
  if (from === undefined) throw broken(`of interface ${String(number)}, which is not described`);
  const originalBytes = u32(at + layout.original);
  const captured =
    layout.captured === undefined ? Math.min(originalBytes, from.snapBytes || Infinity) : u32(at + layout.captured);
  if (start + captured > data.length) throw broken('that is longer than its block');
  return { linkType: from.linkType, bytes: data.subarray(start, start + captured), originalBytes };
}
