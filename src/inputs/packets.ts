/**
 * Headers with right lengths and checksums, from which packets are made. MAC addresses are locally administered.
 */

/** IEEE 802 numbers; `ethernet` is a whole frame inside of another packet. */
const etherTypes = {
  ipv4: 0x0800,
  arp: 0x0806,
  ethernet: 0x6558,
  vlan: 0x8100,
  ipv6: 0x86dd,
  qinq: 0x88a8,
} as const;
type EtherType = keyof typeof etherTypes;

/** IANA's protocol numbers, which are also IPv6's next headers. */
const protocols = {
  'hop-by-hop': 0,
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  fragment: 44,
  gre: 47,
  icmpv6: 58,
} as const;
type Protocol = keyof typeof protocols;

const macAddresses = { source: '020000000001', destination: '020000000002', broadcast: 'ffffffffffff' } as const;

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

export function ethernet(
  etherType: EtherType,
  payload: Buffer,
  destination: 'destination' | 'broadcast' = 'destination',
): Buffer {
  const addresses = Buffer.from(macAddresses[destination] + macAddresses.source, 'hex');
  return Buffer.concat([addresses, u16(etherTypes[etherType]), payload]);
}

/** What follows the EtherType of a VLAN tag: 802.1Q, or 802.1ad for the outer of two. */
export function vlanTag(vlanId: number, etherType: EtherType, payload: Buffer): Buffer {
  return Buffer.concat([u16(vlanId, etherTypes[etherType]), payload]);
}

/** Ethernet with one 802.1Q tag. */
export function taggedEthernet(vlanId: number, etherType: EtherType, payload: Buffer): Buffer {
  return ethernet('vlan', vlanTag(vlanId, etherType, payload));
}

/** One of the fragments of a datagram. */
export interface Fragment {
  /** Of the payload in its datagram; a multiple of 8. */
  readonly offsetBytes: number;
  readonly isLast: boolean;
}

interface Ipv4Extras {
  /** Whole 32-bit words. */
  readonly options?: Buffer;
  readonly fragment?: Fragment;
}

export function ipv4(
  { source, destination }: Endpoints,
  protocol: Protocol,
  payload: Buffer,
  { options = Buffer.alloc(0), fragment }: Ipv4Extras = {},
): Buffer {
  const headerBytes = 20 + options.length;
  const [dontFragment, moreFragments] = [0x4000, 0x2000];
  const place =
    fragment === undefined ? dontFragment : fragment.offsetBytes / 8 + (fragment.isLast ? 0 : moreFragments);
  const header = Buffer.concat([
    Buffer.from([0x40 | (headerBytes / 4), 0]),
    u16(headerBytes + payload.length, 1, place),
    Buffer.from([64, protocols[protocol], 0, 0]),
    ipv4Address(source),
    ipv4Address(destination),
    options,
  ]);
  return Buffer.concat([withChecksum(header, 10, Buffer.alloc(0)), payload]);
}

export function ipv6({ source, destination }: Endpoints, nextHeader: Protocol, payload: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(payload.length),
    Buffer.from([protocols[nextHeader], 64]),
  ]);
  return Buffer.concat([header, ipv6Address(source), ipv6Address(destination), payload]);
}

/** A hop-by-hop header with nothing but padding in it (RFC 8200 section 4.3). */
export function hopByHop(nextHeader: Protocol, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([protocols[nextHeader], 0, 1, 4, 0, 0, 0, 0]), payload]);
}

/** A fragment header and its part of the datagram (RFC 8200 section 4.5). */
export function ipv6Fragment(nextHeader: Protocol, payload: Buffer, { offsetBytes, isLast }: Fragment): Buffer {
  return Buffer.concat([Buffer.from([protocols[nextHeader], 0]), u16(offsetBytes | (isLast ? 0 : 1), 0, 1), payload]);
}

/** The pseudo header that TCP, UDP and ICMPv6 checksums cover (RFC 9293, RFC 8200 section 8.1). */
function pseudoHeader({ source, destination }: Endpoints, protocol: Protocol, bytes: number): Buffer {
  const address = source.includes(':') ? ipv6Address : ipv4Address;
  return Buffer.concat([address(source), address(destination), u16(protocols[protocol], bytes)]);
}

export function udp(flow: Flow, payload: Buffer): Buffer {
  const header = u16(flow.sourcePort, flow.destinationPort, 8 + payload.length, 0);
  const segment = Buffer.concat([header, payload]);
  return withChecksum(segment, 6, pseudoHeader(flow, 'udp', segment.length));
}

/** Flags of a segment in the middle of a connection, and of one that opens it. */
const tcpFlags = { data: 0x18 /* PSH, ACK */, syn: 0x02 } as const;

export function tcp(flow: Flow, payload: Buffer, kind: keyof typeof tcpFlags = 'data'): Buffer {
  const options = kind === 'syn' ? Buffer.from('020405b4', 'hex') : Buffer.alloc(0); // segments of 1,460 bytes
  const header = Buffer.concat([
    u16(flow.sourcePort, flow.destinationPort, 0, 1, 0, kind === 'syn' ? 0 : 1),
    Buffer.from([((20 + options.length) / 4) << 4, tcpFlags[kind]]),
    u16(0xffff, 0, 0),
    options,
  ]);
  const segment = Buffer.concat([header, payload]);
  return withChecksum(segment, 16, pseudoHeader(flow, 'tcp', segment.length));
}

/** An ICMP echo request. */
export function icmpEcho(payload: Buffer): Buffer {
  return withChecksum(Buffer.concat([Buffer.from([8, 0]), u16(0, 1, 1), payload]), 2, Buffer.alloc(0));
}

/** An ICMPv6 echo request (RFC 4443 section 4.1). */
export function icmpv6Echo(endpoints: Endpoints, payload: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([128, 0]), u16(0, 1, 1), payload]);
  return withChecksum(message, 2, pseudoHeader(endpoints, 'icmpv6', message.length));
}

/** Who has the destination's address (RFC 826)? */
export function arpRequest({ source, destination }: Endpoints): Buffer {
  return Buffer.concat([
    u16(1, etherTypes.ipv4),
    Buffer.from([6, 4, 0, 1]),
    Buffer.from(macAddresses.source, 'hex'),
    ipv4Address(source),
    Buffer.alloc(6),
    ipv4Address(destination),
  ]);
}

/** Without key, sequence number and checksum (RFC 2784). */
export function gre(etherType: EtherType, payload: Buffer): Buffer {
  return Buffer.concat([u16(0, etherTypes[etherType]), payload]);
}

/** A network's number in the upper three bytes. */
function networkId(id: number): Buffer {
  return u16(id >>> 8, (id & 0xff) << 8);
}

/** What UDP port 4789 carries (RFC 7348). */
export function vxlan(id: number, frame: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x08, 0, 0, 0]), networkId(id), frame]);
}

/** What UDP port 6081 carries, without options (RFC 8926). */
export function geneve(id: number, etherType: EtherType, payload: Buffer): Buffer {
  return Buffer.concat([u16(0, etherTypes[etherType]), networkId(id), payload]);
}
