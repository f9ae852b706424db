/**
 * The built-in packets: what programs are given whose users name no inputs, and what can be named one by one. Addresses are of the
 * documentation ranges (RFC 5737, RFC 3849).
 */
import { createHash } from 'node:crypto';
import type { Input } from '../domain/plan.js';
import {
  arpRequest,
  countingPayload,
  ethernet,
  geneve,
  gre,
  hopByHop,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  ipv6Fragment,
  taggedEthernet,
  tcp,
  udp,
  vlanTag,
  vxlan,
  type Flow,
  type Fragment,
} from './packets.js';

const flow4: Flow = { source: '192.0.2.1', destination: '192.0.2.10', sourcePort: 40000, destinationPort: 9000 };
const flow6: Flow = { ...flow4, source: '2001:db8::1', destination: '2001:db8::10' };
/** Between the ends of a tunnel. */
const outer4: Flow = { source: '198.51.100.1', destination: '198.51.100.2', sourcePort: 50000, destinationPort: 0 };

const payload = countingPayload(64);
const udp4 = ipv4(flow4, 'udp', udp(flow4, payload));
const tcp4 = ipv4(flow4, 'tcp', tcp(flow4, payload));
const udp6 = ipv6(flow6, 'udp', udp(flow6, payload));
const tcp6 = ipv6(flow6, 'tcp', tcp(flow6, payload));
const frame4 = ethernet('ipv4', udp4);

/** A datagram in two; UDP's header is in the first. */
const datagram = (flow: Flow): Buffer => udp(flow, countingPayload(128));
const first: Fragment = { offsetBytes: 0, isLast: false };
const later: Fragment = { offsetBytes: 72, isLast: true };
const partOf = (whole: Buffer, { offsetBytes, isLast }: Fragment): Buffer =>
  isLast ? whole.subarray(offsetBytes) : whole.subarray(0, later.offsetBytes);

const fragment4 = (fragment: Fragment): Buffer =>
  ethernet('ipv4', ipv4(flow4, 'udp', partOf(datagram(flow4), fragment), { fragment }));
const fragment6 = (fragment: Fragment): Buffer =>
  ethernet('ipv6', ipv6(flow6, 'fragment', ipv6Fragment('udp', partOf(datagram(flow6), fragment), fragment)));
const inUdp4 = (destinationPort: number, bytes: Buffer): Buffer =>
  ethernet('ipv4', ipv4(outer4, 'udp', udp({ ...outer4, destinationPort }, bytes)));

/** Bytes of no meaning, the same every time. */
const garbage = createHash('sha512').update('garbage').digest();
const garbageBehind = (versionByte: number): Buffer => Buffer.concat([Buffer.from([versionByte]), garbage]);

/** The commonest come first: of the whole set only the first few are timed. */
const packets = {
  udp4: frame4,
  tcp4: ethernet('ipv4', tcp4),
  udp6: ethernet('ipv6', udp6),
  tcp6: ethernet('ipv6', tcp6),
  'tcp4-syn': ethernet('ipv4', ipv4(flow4, 'tcp', tcp(flow4, Buffer.alloc(0), 'syn'))),
  icmp4: ethernet('ipv4', ipv4(flow4, 'icmp', icmpEcho(payload))),
  icmp6: ethernet('ipv6', ipv6(flow6, 'icmpv6', icmpv6Echo(flow6, payload))),
  'udp4-vlan': taggedEthernet(100, 'ipv4', udp4),
  'tcp6-vlan': taggedEthernet(100, 'ipv6', tcp6),
  'udp4-qinq': ethernet('qinq', vlanTag(200, 'vlan', vlanTag(100, 'ipv4', udp4))),
  'udp4-options': ethernet('ipv4', ipv4(flow4, 'udp', udp(flow4, payload), { options: routerAlert() })),
  'udp6-extension': ethernet('ipv6', ipv6(flow6, 'hop-by-hop', hopByHop('udp', udp(flow6, payload)))),
  'udp4-fragment-first': fragment4(first),
  'udp4-fragment-later': fragment4(later),
  'udp6-fragment-first': fragment6(first),
  'udp6-fragment-later': fragment6(later),
  ipip: ethernet('ipv4', ipv4(outer4, 'ipv4', udp4)),
  '6in4': ethernet('ipv4', ipv4(outer4, 'ipv6', udp6)),
  gre: ethernet('ipv4', ipv4(outer4, 'gre', gre('ipv4', udp4))),
  vxlan: inUdp4(4789, vxlan(7, frame4)),
  geneve: inUdp4(6081, geneve(7, 'ethernet', frame4)),
  arp: ethernet('arp', arpRequest(flow4), 'broadcast'),
  'ethernet-alone': ethernet('ipv4', Buffer.alloc(0)),
  'ethernet-and-1': ethernet('ipv4', Buffer.from([0x45])),
  'ipv4-cut': ethernet('ipv4', udp4.subarray(0, 10)),
  'ipv6-cut': ethernet('ipv6', udp6.subarray(0, 30)),
  'udp4-cut': ethernet('ipv4', udp4.subarray(0, 24)),
  garbage,
  'garbage-ipv4': ethernet('ipv4', garbageBehind(0x45)),
  'garbage-ipv6': ethernet('ipv6', garbageBehind(0x60)),
} as const satisfies { readonly [name: string]: Buffer };

/** RFC 2113: four bytes that routers look at. */
function routerAlert(): Buffer {
  return Buffer.from('94040000', 'hex');
}

export type PacketName = keyof typeof packets;
export const packetNames = Object.keys(packets) as PacketName[];

export function isPacketName(name: string): name is PacketName {
  return Object.hasOwn(packets, name);
}

export function builtinPacket(name: PacketName): Input {
  return { name, hex: packets[name].toString('hex') };
}

/** Not every type of program can be run on each of them. */
export function allBuiltinPackets(): Input[] {
  return packetNames.map((name) => ({ ...builtinPacket(name), optional: true }));
}
