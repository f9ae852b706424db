import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtinInputs, fileInputs, gathered, packetInputs } from '../../../src/inputs/given-inputs.js';
import { allBuiltinPackets, builtinPacket } from '../../../src/inputs/packet-set.js';
import { failureFrom } from '../../helpers/failure.js';

const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const four = allBuiltinPackets().slice(0, 4);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-given-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const given = (text: string) => ({ name: 'file', text });
const fromCapture = (name: string, packets?: string) =>
  fileInputs(given(name), captures, packets === undefined ? undefined : { name: 'packets', text: packets });
const mistake = (call: () => unknown): string => {
  const { kind, message, remedy } = failureFrom(call);
  return `${kind}: ${message} | ${remedy}`;
};

describe('a capture', () => {
  it('is known by how it begins, and gives an input for each packet', () => {
    expect(fromCapture('tcpdump.pcap')).toEqual(
      four.map(({ hex }, index) => ({ name: `tcpdump.pcap#${String(index + 1)}`, hex })),
    );
    writeFileSync(path.join(folder, 'no-suffix'), readFileSync(path.join(captures, 'editcap.pcapng')));
    expect(fileInputs(given('no-suffix'), folder)[3]).toEqual({ name: 'no-suffix#4', hex: four[3]!.hex });
  });

  it.each([
    ['2', [2]],
    ['2-3', [2, 3]],
    ['1,3-4', [1, 3, 4]],
  ])('gives the packets %s', (packets, numbers) => {
    expect(fromCapture('tcpdump.pcap', packets).map(({ name }) => name)).toEqual(
      numbers.map((number) => `tcpdump.pcap#${String(number)}`),
    );
  });

  it.each([
    ['0', 'packets is `0`, which begins before the first packet'],
    ['3-2', 'packets is `3-2`, which ends before it begins'],
    ['1-5', 'packets is `1-5`, and tcpdump.pcap has 4 packets'],
    ['all', 'packets is `all` | give packets by number'],
  ])('has no packets %s', (packets, message) => {
    expect(mistake(() => fromCapture('tcpdump.pcap', packets))).toContain(`usage: ${message}`);
  });

  it('of bare IP packets is given Ethernet headers', () => {
    const [v4, v6] = fromCapture('text2pcap-ip.pcapng').map(({ hex }) => hex);
    expect(v4).toMatch(/^0{24}08004500001c/);
    expect(v6).toMatch(/^0{24}86dd6000/);
  });

  it.each([12, 14, 101, 228, 229])('of bare IP packets is one by link type %i too', (linkType) => {
    const data = Buffer.from(readFileSync(path.join(captures, 'tcpdump.pcap')).subarray(0, 24));
    data.writeUInt32LE(linkType, 20);
    const [record, ip] = [Buffer.alloc(16), Buffer.from('4500', 'hex')];
    record.writeUInt32LE(ip.length, 8);
    record.writeUInt32LE(ip.length, 12);
    writeFileSync(path.join(folder, 'ip.pcap'), Buffer.concat([data, record, ip]));
    expect(fileInputs(given('ip.pcap'), folder)).toEqual([{ name: 'ip.pcap#1', hex: `${'0'.repeat(24)}08004500` }]);
  });

  it('with a packet of no bytes is refused', () => {
    const header = readFileSync(path.join(captures, 'tcpdump.pcap')).subarray(0, 24);
    writeFileSync(path.join(folder, 'hollow.pcap'), Buffer.concat([header, Buffer.alloc(16)]));
    expect(mistake(() => fileInputs(given('hollow.pcap'), folder))).toContain('whose packet 1 has 0 bytes');
  });

  it('of something else is refused by its link type', () => {
    const message = mistake(() => fromCapture('tcpdump-any.pcap'));
    expect(message).toContain('of whose packet 1 the link type is 276 (Linux cooked capture v2');
    expect(message).toContain('tcpdump -i eth0');
  });

  it('with packets that were cut is refused by their number', () => {
    expect(mistake(() => fromCapture('editcap-snapped.pcap', '2-3'))).toContain(
      'of whose packet 2 60 of 118 bytes were captured | capture whole packets (tcpdump -s 0)',
    );
  });

  it('that ends too early serves as far as it goes', () => {
    const data = readFileSync(path.join(captures, 'tcpdump.pcap'));
    writeFileSync(path.join(folder, 'cut.pcap'), data.subarray(0, -1));
    expect(fileInputs(given('cut.pcap'), folder, given('1-3'))).toHaveLength(3);
    expect(mistake(() => fileInputs(given('cut.pcap'), folder))).toContain(
      '`cut.pcap`, a capture that ends inside of packet 4',
    );
  });

  it('without packets, or with more than a benchmark can have, is refused', () => {
    const data = readFileSync(path.join(captures, 'tcpdump.pcap'));
    writeFileSync(path.join(folder, 'none.pcap'), data.subarray(0, 24));
    expect(mistake(() => fileInputs(given('none.pcap'), folder))).toContain('in which there is no packet');
    const record = data.subarray(24, 24 + 16 + 106);
    writeFileSync(
      path.join(folder, 'many.pcap'),
      Buffer.concat([data.subarray(0, 24), ...Array.from({ length: 501 }, () => record)]),
    );
    expect(mistake(() => fileInputs(given('many.pcap'), folder))).toContain(
      'more than the 500 inputs that a benchmark can have | choose some of them (packets: 1-500)',
    );
    expect(fileInputs(given('many.pcap'), folder, given('500-501'))).toHaveLength(2);
    const once = fileInputs(given('many.pcap'), folder, given('1-300'));
    expect(mistake(() => gathered([...once, ...once], given('x')))).toContain(
      '`600 packets`, with which there are more',
    );
  });
});

describe('a file that is no capture', () => {
  it('is one packet', () => {
    writeFileSync(path.join(folder, 'udp.bin'), Buffer.from('0102ff', 'hex'));
    expect(fileInputs(given('udp.bin'), folder)).toEqual([{ name: 'udp.bin', hex: '0102ff' }]);
  });

  it.each([
    ['zipped', gzipSync('packets'), undefined, 'file is `zipped`, which is compressed | unpack it: gunzip zipped'],
    ['a.pcap', Buffer.from('text'), undefined, 'file is `a.pcap`, which is no capture'],
    ['raw.bin', Buffer.from('text'), '1', 'packets is `1`, and raw.bin is no capture'],
    ['big', Buffer.alloc(65_536), undefined, 'file is `big`, which has 65,536 bytes'],
  ])('%s is refused where it was meant to be more', (name, bytes, packets, message) => {
    writeFileSync(path.join(folder, name), bytes);
    const selection = packets === undefined ? undefined : { name: 'packets', text: packets };
    expect(mistake(() => fileInputs(given(name), folder, selection))).toContain(message);
  });
});

describe('built-in packets', () => {
  it('are named one by one or all at once, and only all at once may some be left out', () => {
    expect(builtinInputs(given('tcp6'))).toEqual([builtinPacket('tcp6')]);
    expect(builtinInputs(given('all'))).toEqual(allBuiltinPackets());
    expect(builtinPacket('tcp6')).not.toHaveProperty('optional');
    expect(allBuiltinPackets()[0]).toHaveProperty('optional', true);
  });

  it('are listed where the name is wrong', () => {
    expect(mistake(() => builtinInputs(given('upd4')))).toContain(
      'no built-in packet (did you mean `udp4`?) | give `udp4`,',
    );
  });
});

describe('a packet on the command line', () => {
  it('is a file, part of a capture, a built-in packet or hex digits, in this order', () => {
    writeFileSync(path.join(folder, 'arp'), Buffer.from('ff', 'hex'));
    writeFileSync(path.join(folder, 'a#b.pcap'), readFileSync(path.join(captures, 'tcpdump.pcap')));
    const names = (text: string) => packetInputs(given(text), folder).map(({ name }) => name);
    expect(names('a#b.pcap')).toHaveLength(4);
    expect(names('a#b.pcap#2-3')).toEqual(['a#b.pcap#2', 'a#b.pcap#3']);
    expect(packetInputs(given('arp'), folder)).toEqual([{ name: 'arp', hex: 'ff' }]);
    expect(names('udp4')).toEqual(['udp4']);
    expect(names('0a')).toEqual(['hex']);
    expect(mistake(() => names('udp5'))).toContain('(did you mean `udp4`?)');
    expect(mistake(() => names('a#b.pcap#x'))).toContain('file behind # is `x`');
  });
});
