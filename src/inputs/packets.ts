/**
 * Well-formed packets with right lengths and checksums, as the built-in inputs. Addresses are of the documentation
 * ranges (RFC 5737, RFC 3849), MAC addresses locally administered.
 */

const etherTypes = { ipv4: 0x0800, vlan: 0x8100, ipv6: 0x86dd } as const;
const protocols = { icmp: 1, tcp: 6, udp: 17 } as const;

export interface Endpoints {
  readonly source: string;
  readonly destination: string;
}
export interface Flow extends Endpoints {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Bytes 0, 1, 2, …: long enough to be work, and nothing that compresses to a special case. */
export function countingPayload(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => index & 0xff));
}

/** The internet checksum (RFC 1071) over 16-bit words, an odd last byte padded with zero. */
export function internetChecksum(...parts: readonly Buffer[]): number {
  const data = Buffer.concat(parts);
  let sum = 0;
  for (let offset = 0; offset < data.length; offset += 2) {
    sum += (data.readUInt8(offset) << 8) + (offset + 1 < data.length ? data.readUInt8(offset + 1) : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function withChecksum(segment: Buffer, offset: number, pseudoHeader: Buffer): Buffer {
  segment.writeUInt16BE(internetChecksum(pseudoHeader, segment), offset);
  return segment;
}

function ipv4Address(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function ipv6Address(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const missing = 8 - groups(head).length - groups(tail).length;
  const bytes = Buffer.alloc(16);
  const all = [...groups(head), ...Array.from({ length: missing }, () => 0), ...groups(tail)];
  all.forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  return bytes;
}

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

export function ethernet(etherType: keyof typeof etherTypes, payload: Buffer): Buffer {
  const addresses = Buffer.from('020000000002' + '020000000001', 'hex');
  return Buffer.concat([addresses, u16(etherTypes[etherType]), payload]);
}

/** Ethernet with one 802.1Q tag. */
export function taggedEthernet(vlanId: number, etherType: keyof typeof etherTypes, payload: Buffer): Buffer {
  return ethernet('vlan', Buffer.concat([u16(vlanId, etherTypes[etherType]), payload]));
}

/** `options` is padded by the caller to whole 32-bit words. */
export function ipv4(
  { source, destination }: Endpoints,
  protocol: keyof typeof protocols,
  payload: Buffer,
  options = Buffer.alloc(0),
): Buffer {
  const headerBytes = 20 + options.length;
  const dontFragment = 0x4000;
  const header = Buffer.concat([
    Buffer.from([0x40 | (headerBytes / 4), 0]),
    u16(headerBytes + payload.length, 1, dontFragment),
    Buffer.from([64, protocols[protocol], 0, 0]),
    ipv4Address(source),
    ipv4Address(destination),
    options,
  ]);
  return Buffer.concat([withChecksum(header, 10, Buffer.alloc(0)), payload]);
}

export function ipv6({ source, destination }: Endpoints, protocol: keyof typeof protocols, payload: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(payload.length),
    Buffer.from([protocols[protocol], 64]),
  ]);
  return Buffer.concat([header, ipv6Address(source), ipv6Address(destination), payload]);
}

/** The pseudo header that TCP and UDP checksums cover (RFC 9293, RFC 8200 section 8.1). */
function pseudoHeader({ source, destination }: Endpoints, protocol: keyof typeof protocols, bytes: number): Buffer {
  const address = source.includes(':') ? ipv6Address : ipv4Address;
  return Buffer.concat([address(source), address(destination), u16(protocols[protocol], bytes)]);
}

export function udp(flow: Flow, payload: Buffer): Buffer {
  const header = u16(flow.sourcePort, flow.destinationPort, 8 + payload.length, 0);
  const segment = Buffer.concat([header, payload]);
  return withChecksum(segment, 6, pseudoHeader(flow, 'udp', segment.length));
}

/** A segment in the middle of a connection: ACK and PSH are set. */
export function tcp(flow: Flow, payload: Buffer): Buffer {
  const header = Buffer.concat([
    u16(flow.sourcePort, flow.destinationPort, 0, 1, 0, 1),
    Buffer.from([(20 / 4) << 4, 0x18]),
    u16(0xffff, 0, 0),
  ]);
  const segment = Buffer.concat([header, payload]);
  return withChecksum(segment, 16, pseudoHeader(flow, 'tcp', segment.length));
}

/** An ICMP echo request. */
export function icmpEcho(payload: Buffer): Buffer {
  return withChecksum(Buffer.concat([Buffer.from([8, 0]), u16(0, 1, 1), payload]), 2, Buffer.alloc(0));
}

/** A UDP datagram over plain Ethernet and IPv4. */
export function udpPacket(flow: Flow, payload: Buffer): Buffer {
  return ethernet('ipv4', ipv4(flow, 'udp', udp(flow, payload)));
}

/** What a program is given whose user named no input: a valid frame to every networking program type. */
export function genericUdpPacket(): Buffer {
  return udpPacket(
    { source: '192.0.2.1', destination: '192.0.2.10', sourcePort: 40000, destinationPort: 9000 },
    countingPayload(64),
  );
}
