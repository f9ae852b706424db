import { describe, expect, it } from 'vitest';
import { builtinPacket, packetNames, type PacketName } from '../../../src/inputs/packet-set.js';
import { complaintAboutLookup, lookupOfPacket } from '../../../src/load/socket-lookups.js';

const packet = (name: PacketName): Buffer => Buffer.from(builtinPacket(name).hex, 'hex');
const lookup = (name: PacketName): Buffer => lookupOfPacket(packet(name)) ?? Buffer.alloc(0);
const port40000 = '9c40';

describe('the look-up of a socket', () => {
  it('is that of the host which receives an IPv4 packet', () => {
    expect(lookup('tcp4').toString('hex')).toBe(
      '0000000000000000' + // cookie
        '0200000006000000' + // AF_INET, TCP
        `c0000201${'00'.repeat(16)}${port40000}0000` + // remote
        `c000020a${'00'.repeat(16)}28230000` + // local, port 9000
        '0000000000000000',
    );
    expect(lookup('udp4-options')).toEqual(lookup('udp4'));
  });

  it('is that of the host which receives an IPv6 packet', () => {
    expect(lookup('udp6').toString('hex')).toBe(
      '0000000000000000' +
        '0a00000011000000' +
        `0000000020010db8${'00'.repeat(11)}01${port40000}0000` +
        `0000000020010db8${'00'.repeat(11)}1028230000` +
        '0000000000000000',
    );
  });

  it('takes place for whole TCP and UDP packets alone', () => {
    expect(packetNames.filter((name) => lookupOfPacket(packet(name)) !== undefined)).toEqual([
      ...['udp4', 'tcp4', 'udp6', 'tcp6', 'tcp4-syn', 'udp4-options', 'vxlan', 'geneve'],
    ]);
    const cut = [packet('tcp4').subarray(0, 14 + 20 + 19), packet('udp6').subarray(0, 14 + 40 + 7)];
    expect(cut.map(lookupOfPacket)).toEqual([undefined, undefined]);
    expect(lookupOfPacket(packet('udp6').subarray(0, 14 + 40 + 8))).toBeDefined();
  });
});

describe('what is wrong with an input of a program that chooses a socket', () => {
  function changed(offset: number, ...bytes: number[]): Buffer {
    const context = lookup('tcp4');
    Buffer.from(bytes).copy(context, offset);
    return context;
  }

  it('is nothing with a packet, nor with the structure of either length', () => {
    const good = [packet('tcp6'), lookup('udp6'), lookup('tcp4').subarray(0, 64), changed(62, 0, 0)];
    expect(good.map(complaintAboutLookup)).toEqual(good.map(() => undefined));
  });

  it.each([
    ['a cookie', changed(0, 1, 2), 'has cookie 0x201 in', 'leave its first 8 bytes zero'],
    ['a family', changed(8, 17), 'has family 17 in', '2 (AF_INET) or 10 (AF_INET6)'],
    ['a protocol', changed(12, 1), 'has protocol 1 in', '6 (TCP) or 17 (UDP)'],
    ['a port in network order', changed(60, 0, 0, 0x23, 0x28), 'has local_port 673382400 in', 'little-endian'],
    ['an interface', changed(64, 1), 'other than zero behind local_port', 'knows no ingress_ifindex'],
    ['the padding', changed(71, 1), 'other than zero behind local_port', 'zero'],
    ['few bytes', lookup('tcp4').subarray(0, 63), 'has 63 bytes', '64 to 72 bytes'],
    ['many bytes', Buffer.alloc(73), 'has 73 bytes', 'Ethernet frame'],
    ['an ICMP packet', packet('icmp4'), 'no socket is looked up', 'TCP or UDP'],
    ['a packet as long as the structure', packet('icmp6').subarray(0, 72), 'no socket is looked up', 'TCP or UDP'],
  ])('is %s', (_, input, clause, remedy) => {
    const complaint = complaintAboutLookup(input);
    expect(complaint?.clause).toContain(clause);
    expect(complaint?.remedy).toContain(remedy);
  });
});
