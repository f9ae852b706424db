/** Packets that twins are proven with: well-formed ones, short ones, long ones, garbage, tags. */
import { udpPacket } from './engine.js';

/** IPv4 over Ethernet: TTL at 22, protocol at 23, source at 26. */
export function packet(change: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.from(udpPacket());
  change(bytes);
  return bytes;
}

const plain = [
  packet(),
  packet((bytes) => bytes.writeUInt8(1, 22)),
  packet((bytes) => bytes.writeUInt8(6, 23)),
  packet((bytes) => bytes.writeUInt32BE(0x0a00002a, 26)),
  packet((bytes) => bytes.writeUInt16BE(0x86dd, 12)),
  packet().subarray(0, 61),
  Buffer.concat([packet(), Buffer.alloc(301, 0x5a)]),
  Buffer.from(packet().toReversed()),
  Buffer.alloc(64),
];

/** Tagged once and twice. */
const tagged = [1, 2].map((tags) => {
  const inserted = Array.from({ length: tags }, (_, i) => Buffer.from([0x81, 0x00, 0x00, 0x64 + i]));
  return Buffer.concat([packet().subarray(0, 12), ...inserted, packet().subarray(12)]);
});

/** To everybody, and such as have a length where others have their type, in front of IPX and of LLC. */
const addressed = [
  packet((bytes) => bytes.fill(0xff, 0, 6)),
  packet((bytes) => bytes.writeUInt16BE(0x40, 12) && bytes.fill(0xff, 14, 16)),
  packet((bytes) => bytes.writeUInt16BE(0x40, 12)),
];

export const packets = [...plain, ...tagged, ...addressed];
