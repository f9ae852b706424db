/**
 * `struct bpf_sk_lookup`: what programs that choose a socket are given, written out or as the packet that brings the look-up about.
 * Offsets are those of include/uapi/linux/bpf.h, the rules those of net/bpf/test_run.c.
 */

/** Behind the local port there was nothing before Linux 5.17; the kernel takes either length. */
export const lookupBytes = { least: 64, most: 72 } as const;

const at = {
  cookie: 0,
  family: 8,
  protocol: 12,
  remoteIp4: 16,
  remoteIp6: 20,
  remotePort: 36, // in network order
  localIp4: 40,
  localIp6: 44,
  localPort: 60, // a number of the machine's, 32 bits
  rest: 64,
} as const;

const AF_INET = 2;
const AF_INET6 = 10;

const TCP = 6;
const UDP = 17;
/** Shortest headers, bytes. */
const transports: ReadonlyMap<number, number> = new Map([
  [TCP, 20],
  [UDP, 8],
]);

const ETH_HLEN = 14;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

export interface Complaint {
  /** A clause about the input. */
  readonly clause: string;
  readonly remedy: string;
}

/** No structure that a program can be run on has an EtherType there: it would be of a protocol that no socket is looked up for. */
export function isIpPacket(input: Buffer): boolean {
  return input.length >= ETH_HLEN && [ETH_P_IP, ETH_P_IPV6].includes(input.readUInt16BE(ETH_HLEN - 2));
}

/** Of the host that receives it, where no connection of its is known; undefined where none takes place. */
export function lookupOfPacket(packet: Buffer): Buffer | undefined {
  if (!isIpPacket(packet)) return undefined;
  const isIpv4 = packet.readUInt16BE(ETH_HLEN - 2) === ETH_P_IP;
  return isIpv4 ? lookupOfIpv4(packet.subarray(ETH_HLEN)) : lookupOfIpv6(packet.subarray(ETH_HLEN));
}

function lookupOfIpv4(packet: Buffer): Buffer | undefined {
  if (packet.length < 20 || packet.readUInt8(0) >> 4 !== 4) return undefined;
  const isFragment = (packet.readUInt16BE(6) & 0x3fff) !== 0;
  const headerBytes = (packet.readUInt8(0) & 15) * 4;
  if (isFragment || headerBytes < 20) return undefined;
  const addresses = { remote: packet.subarray(12, 16), local: packet.subarray(16, 20) };
  return lookup(AF_INET, packet.readUInt8(9), addresses, packet.subarray(headerBytes));
}

function lookupOfIpv6(packet: Buffer): Buffer | undefined {
  if (packet.length < 40 || packet.readUInt8(0) >> 4 !== 6) return undefined;
  const addresses = { remote: packet.subarray(8, 24), local: packet.subarray(24, 40) };
  return lookup(AF_INET6, packet.readUInt8(6), addresses, packet.subarray(40));
}

function lookup(
  family: number,
  protocol: number,
  { remote, local }: { readonly remote: Buffer; readonly local: Buffer },
  transport: Buffer,
): Buffer | undefined {
  const headerBytes = transports.get(protocol);
  if (headerBytes === undefined || transport.length < headerBytes) return undefined;
  const context = Buffer.alloc(lookupBytes.most);
  context.writeUInt32LE(family, at.family);
  context.writeUInt32LE(protocol, at.protocol);
  remote.copy(context, family === AF_INET ? at.remoteIp4 : at.remoteIp6);
  local.copy(context, family === AF_INET ? at.localIp4 : at.localIp6);
  transport.copy(context, at.remotePort, 0, 2);
  context.writeUInt32LE(transport.readUInt16BE(2), at.localPort);
  return context;
}

/** What is wrong with an input of such a program. */
export function complaintAboutLookup(input: Buffer): Complaint | undefined {
  if (isIpPacket(input)) return lookupOfPacket(input) ? undefined : noLookup;
  if (input.length < lookupBytes.least || input.length > lookupBytes.most) return neither(input.length);
  return complaintAboutStructure(input);
}

const noLookup: Complaint = {
  clause: 'is a packet for which no socket is looked up',
  remedy: 'give a whole TCP or UDP packet that is no fragment, its header right behind that of IPv4 or IPv6',
};

function neither(bytes: number): Complaint {
  const { least, most } = lookupBytes;
  return {
    clause: `has ${String(bytes)} bytes, and is neither a packet of IPv4 or IPv6 nor a struct bpf_sk_lookup`,
    remedy: `give an Ethernet frame with a TCP or UDP packet, or a struct bpf_sk_lookup of ${String(least)} to ${String(most)} bytes`,
  };
}

function complaintAboutStructure(context: Buffer): Complaint | undefined {
  const zero = (start: number, end?: number): boolean => context.subarray(start, end).every((byte) => byte === 0);
  const inField = (field: string, value: number): string => `has ${field} ${String(value)} in its struct bpf_sk_lookup`;
  const [family, protocol] = [context.readUInt32LE(at.family), context.readUInt32LE(at.protocol)];
  const localPort = context.readUInt32LE(at.localPort);
  if (!zero(at.cookie, at.family)) {
    return {
      clause: `has cookie 0x${context.readBigUInt64LE(at.cookie).toString(16)} in its struct bpf_sk_lookup`,
      remedy: 'leave its first 8 bytes zero: no socket is chosen before the program runs',
    };
  }
  if (family !== AF_INET && family !== AF_INET6) {
    return { clause: inField('family', family), remedy: 'give 2 (AF_INET) or 10 (AF_INET6) in bytes 8 to 11' };
  }
  if (!transports.has(protocol)) {
    return { clause: inField('protocol', protocol), remedy: 'give 6 (TCP) or 17 (UDP) in bytes 12 to 15' };
  }
  if (localPort > 0xffff) {
    return {
      clause: inField('local_port', localPort),
      remedy: 'give at most 65535 in bytes 60 to 63, a little-endian number of 32 bits',
    };
  }
  if (!zero(at.rest)) {
    return {
      clause: 'has bytes other than zero behind local_port in its struct bpf_sk_lookup',
      remedy: 'leave them zero: a test run knows no ingress_ifindex',
    };
  }
  return undefined;
}
