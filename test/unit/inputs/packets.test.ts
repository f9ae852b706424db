import { describe, expect, it } from 'vitest';
import { builtinBenchmarks, genericInputs } from '../../../src/inputs/builtins.js';
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

it('computes the example of RFC 1071, section 3', () => {
  expect(internetChecksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(~0xddf2 & 0xffff);
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

  it('gives fnv1a a payload of 64 bytes behind 42 bytes of headers, and generic inputs the same packet', () => {
    expect(packet('fnv1a', 'udp-64')).toHaveLength(42 + 64);
    expect(genericInputs()).toEqual([{ name: 'generic-udp', hex: packet('fnv1a', 'udp-64').toString('hex') }]);
  });

  it('adds 10 and 20', () => {
    expect(packet('add', '10+20').toString('hex')).toBe('0a00000014000000');
    expect(builtinBenchmarks().find(({ name }) => name === 'add')!.expect).toEqual({ retval: 30 });
  });
});
