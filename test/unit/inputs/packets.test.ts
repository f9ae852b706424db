import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtinBenchmarks } from '../../../src/inputs/builtins.js';
import { allBuiltinPackets, builtinPacket, packetNames, type PacketName } from '../../../src/inputs/packet-set.js';
import { internetChecksum } from '../../../src/inputs/packets.js';

function packet(benchmark: string, name: string): Buffer {
  const inputs = builtinBenchmarks().find((plan) => plan.name === benchmark)!.inputs;
  return Buffer.from(inputs.find((input) => input.name === name)!.hex, 'hex');
}

/** What a receiver computes over everything that a checksum covers, the checksum included, is zero. */
function transportChecksum(ip: Buffer): number {
  const headerBytes = (ip.readUInt8(0) & 0x0f) * 4;
  const segment = ip.subarray(headerBytes);
  const pseudo = Buffer.concat([ip.subarray(12, 20), Buffer.from([0, ip.readUInt8(9), 0, segment.length])]);
  return internetChecksum(pseudo, segment);
}

it('computes the example of RFC 1071, section 3, and pads an odd byte with zero', () => {
  expect(internetChecksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(~0xddf2 & 0xffff);
  expect(internetChecksum(Buffer.from('0001f2', 'hex'))).toBe(~0xf201 & 0xffff);
});

describe('the built-in packets', () => {
  it.each(['udp-match', 'tcp-match', 'tcp-options-match', 'tcp-no-match', 'icmp'])('%s is well-formed IPv4', (name) => {
    const frame = packet('tuple_filter', name);
    const ip = frame.subarray(14);
    expect(frame.readUInt16BE(12)).toBe(0x0800);
    expect(ip.readUInt16BE(2)).toBe(ip.length);
    expect(internetChecksum(ip.subarray(0, (ip.readUInt8(0) & 0x0f) * 4))).toBe(0);
    expect(name === 'icmp' ? internetChecksum(ip.subarray(20)) : transportChecksum(ip)).toBe(0);
  });

  it('knows a UDP packet byte by byte', () => {
    const frame = packet('tuple_filter', 'udp-match');
    expect(frame.subarray(0, 42).toString('hex')).toBe(
      '020000000002' + // to
        '020000000001' + // from
        '0800' +
        '4500005c00014000' + // IPv4, 92 bytes, do not fragment
        '4011' + // 64 hops, UDP
        '4e3b' +
        'c6336417' + // 198.51.100.23
        'c000020a' + // 192.0.2.10
        '9c40' + // 40000
        '0035' + // 53
        '0048' + // 72 bytes
        '928f',
    );
  });

  it('carries IPv4 in one VLAN tag', () => {
    const frame = packet('tuple_filter', 'vlan-match');
    expect(frame.subarray(12, 18).toString('hex')).toBe('810000640800');
    expect(frame.subarray(18)).toEqual(packet('tuple_filter', 'udp-match').subarray(14));
  });

  it('has IPv6 addresses and a checksum over them', () => {
    const ip = packet('tuple_filter', 'ipv6').subarray(14);
    expect(ip.subarray(0, 8).toString('hex')).toBe('6000000000481140');
    expect(ip.subarray(8, 24).toString('hex')).toBe('20010db8000000000000000000000023');
    const pseudo = Buffer.concat([ip.subarray(8, 40), Buffer.from([0, 17, 0, 72])]);
    expect(internetChecksum(pseudo, ip.subarray(40))).toBe(0);
  });

  it('cuts the truncated one inside of its IPv4 header, above the kernel’s least of 14 bytes', () => {
    expect(packet('tuple_filter', 'truncated')).toHaveLength(24);
  });

  it('gives fnv1a a payload of 64 bytes behind 42 bytes of headers', () => {
    expect(packet('fnv1a', 'udp-64')).toHaveLength(42 + 64);
  });

  it('adds 10 and 20', () => {
    expect(packet('add', '10+20').toString('hex')).toBe('0a00000014000000');
    expect(builtinBenchmarks().find(({ name }) => name === 'add')!.expect).toEqual({ retval: 30 });
  });
});

function bytesOf(name: PacketName): Buffer {
  return Buffer.from(builtinPacket(name).hex, 'hex');
}

/** Of a whole IPv6 packet whose upper-layer header follows at once or behind `extensionBytes`. */
function upperChecksum6(ip: Buffer, protocol: number, extensionBytes = 0): number {
  const segment = ip.subarray(40 + extensionBytes);
  return internetChecksum(Buffer.concat([ip.subarray(8, 40), Buffer.from([0, protocol, 0, segment.length])]), segment);
}

describe('the set for programs without inputs', () => {
  it('has no name that could be hex digits, and no packet twice', () => {
    expect(packetNames.filter((name) => /^[0-9a-f]+$/.test(name))).toEqual([]);
    expect(new Set(allBuiltinPackets().map(({ hex }) => hex)).size).toBe(packetNames.length);
  });

  it.each([
    ['udp4', 14],
    ['tcp4', 14],
    ['tcp4-syn', 14],
    ['udp4-options', 14],
    ['udp4-vlan', 18],
    ['udp4-qinq', 22],
    ['ipip', 34],
    ['gre', 38],
    ['vxlan', 14],
    ['vxlan', 64],
    ['geneve', 14],
    ['geneve', 64],
  ] as const)('%s has right lengths and checksums from byte %i on', (name, at) => {
    const ip = bytesOf(name).subarray(at);
    const header = ip.subarray(0, (ip.readUInt8(0) & 0x0f) * 4);
    expect([ip.readUInt16BE(2), internetChecksum(header), transportChecksum(ip)]).toEqual([ip.length, 0, 0]);
  });

  it.each([
    ['udp6', 14, 17, 0],
    ['tcp6', 14, 6, 0],
    ['tcp6-vlan', 18, 6, 0],
    ['icmp6', 14, 58, 0],
    ['udp6-extension', 14, 17, 8],
    ['6in4', 34, 17, 0],
  ] as const)('%s has right lengths and checksums from byte %i on', (name, at, protocol, extensionBytes) => {
    const ip = bytesOf(name).subarray(at);
    expect(ip.readUInt16BE(4)).toBe(ip.length - 40);
    expect(upperChecksum6(ip, protocol, extensionBytes)).toBe(0);
  });

  it.each([
    ['tcp4', 34, '9c40 2328 00000001 00000001 5018 ffff'], // RFC 9293: ports, numbers, 5 words, PSH and ACK
    ['tcp4-syn', 34, '9c40 2328 00000001 00000000 6002 ffff'],
    ['tcp4-syn', 54, '020405b4'],
    ['icmp4', 34, '0800'],
    ['icmp6', 54, '8000'],
    ['udp4-vlan', 12, '8100 0064 0800'],
    ['udp4-qinq', 12, '88a8 00c8 8100 0064 0800'],
    ['udp4-options', 14, '46'],
    ['udp4-options', 34, '94040000'],
    ['udp6-extension', 54, '1100 010400000000'],
    ['udp6-fragment-later', 54, '1100 0048 00000001'],
    ['ipip', 23, '04'],
    ['6in4', 23, '29'],
    ['gre', 23, '2f'],
    ['gre', 34, '0000 0800 45'],
    ['vxlan', 36, '12b5'],
    ['vxlan', 42, '08000000 000007 00 020000000002'],
    ['geneve', 36, '17c1'],
    ['geneve', 42, '0000 6558 000007 00 020000000002'],
    ['arp', 0, 'ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0000201 000000000000 c000020a'],
  ] as const)('%s has at byte %i what its RFC draws there: %s', (name, at, drawn) => {
    const hex = drawn.replaceAll(' ', '');
    expect(bytesOf(name).toString('hex', at, at + hex.length / 2)).toBe(hex);
  });

  it.each([
    ['udp4-fragment', 34, (ip: Buffer) => [(ip.readUInt16BE(6) & 0x1fff) * 8, (ip.readUInt16BE(6) & 0x2000) !== 0]],
    ['udp6-fragment', 62, (ip: Buffer) => [ip.readUInt16BE(42) & ~7, (ip.readUInt16BE(42) & 1) !== 0]],
  ] as const)('%s comes in two that make one datagram', (name, at, placeOf) => {
    const [first, later] = [bytesOf(`${name}-first`), bytesOf(`${name}-later`)];
    const datagram = Buffer.concat([first.subarray(at), later.subarray(at)]);
    expect(datagram.readUInt16BE(4)).toBe(datagram.length);
    expect(placeOf(first.subarray(14))).toEqual([0, true]);
    expect(placeOf(later.subarray(14))).toEqual([first.length - at, false]);
  });

  it('has the shortest that the kernel takes, and one byte more', () => {
    expect([bytesOf('ethernet-alone').length, bytesOf('ethernet-and-1').length]).toEqual([14, 15]);
  });
});

it('is documented, every one of it', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/config.md', import.meta.url)), 'utf8');
  expect(packetNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
