import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MapContents } from '../../../src/domain/plan.js';
import { elementTypes } from '../../../src/load/map-contents.js';
import { told, type Typed } from '../../../src/load/map-values.js';
import { loadProgram } from '../../../src/load/object.js';
import { readAllElements, loadTwinned, type TwinnedObject } from '../../../src/twin/object.js';
import { proveTwin } from '../../../src/twin/proof.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

describe.skipIf(!available('kernel'))('contents of maps', () => {
  let bench: TwinBench;
  let object: string;
  let folder: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    object = await bench.object('filled.bpf.c');
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-maps-'));
  });
  afterAll(() => {
    bench.close();
    rmSync(folder, { recursive: true });
  });

  const element = (key: Typed, value: Typed): MapContents['elements'][number] => ({
    key: { typed: key },
    value: { typed: value },
  });
  const filling = (map: string, ...elements: MapContents['elements']) => ({
    contents: [{ map, elements }],
    mayLack: false,
  });
  const loaded = (map: string, ...elements: MapContents['elements']): TwinnedObject =>
    loadTwinned(bench.tools.libbpf, object, 'served', filling(map, ...elements));

  /** What the kernel then has, `key value` in hex. */
  function held(map: string, ...elements: MapContents['elements']): string[] {
    const twinned = loaded(map, ...elements);
    try {
      const all = readAllElements(bench.tools.libbpf, twinned, bench.tools.cpu);
      const index = twinned.maps.findIndex(({ name }) => name === map);
      return all[index]!.map(({ key, value }) => `${key.toString('hex')} ${value.toString('hex')}`);
    } finally {
      twinned.close();
    }
  }

  const service = { address: '192.0.2.10', port: 9000, protocol: 17 };

  it('are laid out by their types, as C would', () => {
    const backend = {
      action: 'SEND',
      name: 'node-a',
      mac: '02:00:00:00:00:01',
      weight: -2,
      limits: [1, '18446744073709551615'],
      low: 5,
      half: [6, 7],
    };
    expect(held('services', element(service, backend))).toEqual([
      `c000020a23281100 ${'fdffffff' + '6e6f64652d610000' + '020000000001' + 'feff' + '00000000'}${
        '0100000000000000' + 'ffffffffffffffff' + '05000000' + '06000700'
      }`,
    ]);
    expect(held('services', element({ ...service, address: 1 }, {}))[0]).toMatch(/^0000000123281100 0+$/);
    expect(held('routes', element({ bits: 24, address: '192.0.2.0' }, 7))).toEqual(['18000000c0000200 07000000']);
    expect(held('routes', element({ bits: 24, address: [192, 0, 2, 0] }, '0x10'))[0]).toContain(' 10000000');
  });

  it('may be IPv6 addresses, and names of more than 32 bits', () => {
    const host = (address: string) => held('hosts', element(1, { address, size: 'LARGE' }));
    const large = '9a78563412000000';
    expect(host('2001:db8::1:0')).toEqual([`01000000 20010db8000000000000000000010000${large}`]);
    expect(host('::1')).toEqual([`01000000 ${'00'.repeat(15)}01${large}`]);
    expect(host('1:2:3:4:5:6:7:8')).toEqual([`01000000 00010002000300040005000600070008${large}`]);
  });

  it('may be bytes', () => {
    expect(held('plains', { key: { hex: '0102030405060708' }, value: { hex: '00'.repeat(31) + '01' } })).toEqual([
      `0102030405060708 ${'00'.repeat(31)}01`,
    ]);
  });

  it('without a type may be numbers', () => {
    expect(held('devices', element(2, 1))).toEqual(['02000000 01000000']);
  });

  it('of per-CPU maps are the same on every CPU', () => {
    const { libbpf } = bench.tools;
    const twinned = loaded('shares', element(1, 40));
    const { fd, info } = twinned.maps.find(({ name }) => name === 'shares')!;
    const values = Buffer.alloc(8 * libbpf.possibleCpus());
    expect(libbpf.lookupElement(fd, Buffer.from('01000000', 'hex'), values)).toBe(true);
    expect(info.valueBytes).toBe(8);
    for (let cpu = 0; cpu < libbpf.possibleCpus(); cpu += 1) expect(values.readBigUInt64LE(8 * cpu)).toBe(40n);
    twinned.close();
  });

  it('are told again as they could be written', () => {
    const { libbpf } = bench.tools;
    const twinned = loaded('plains', element(7, { name: 'ten', address: '10.0.0.1', balance: -1, ports: [1, 2] }));
    const index = twinned.maps.findIndex(({ name }) => name === 'plains');
    const [first] = readAllElements(libbpf, twinned, bench.tools.cpu)[index]!;
    const types = elementTypes(libbpf, twinned.maps[index]!.info);
    expect([told(types.key, first!.key), told(types.value, first!.value)]).toEqual([
      7,
      { name: 'ten', address: 0x0a000001, balance: -1, ports: [1, 2] },
    ]);
    expect(told(types.value, Buffer.from('61006200', 'hex').subarray(0, 4))).toBeUndefined();
    const withUnion = elementTypes(libbpf, twinned.maps.find(({ name }) => name === 'services')!.info).value;
    expect(told(withUnion, Buffer.alloc(withUnion.bytes))).toBeUndefined();
    twinned.close();
  });

  it('decide what both sides return', async () => {
    const contents = [
      { map: 'services', elements: [element(service, { action: 2 })] },
      { map: 'shares', elements: [element(0, 40)] },
    ];
    const packet = Buffer.alloc(64);
    packet.set([17], 23);
    packet.set([192, 0, 2, 10], 30);
    packet.writeUInt16BE(9000, 36);
    const inputs = [
      { name: 'served', bytes: packet },
      { name: 'other', bytes: Buffer.alloc(64) },
    ];
    const request = { object, program: 'served', inputs, filling: { contents, mayLack: false } };
    const { verdict } = await proveTwin(bench.tools, request);
    expect(verdict).toEqual({ kind: 'equal', changedMaps: 0, returnValues: 2, changedPackets: 0 });
    const bare = await proveTwin(bench.tools, { object, program: 'served', inputs });
    expect(bare.verdict.kind).toBe('equal but shallow');
  });

  const hexKey = { key: { hex: '00000000' }, value: { typed: {} } };
  it.each([
    ['services', element({ adress: 1 }, {}), 'element 1, key: there is no member adress, only address, port, protocol'],
    ['services', element({ port: 70_000 }, {}), 'key: port: 70000 does not fit into 2 bytes'],
    ['services', element({ port: 'http' }, {}), 'key: port: give a whole number, not "http"'],
    ['services', element(5, {}), 'key: give a mapping with address, port, protocol, not 5'],
    [
      'services',
      element(service, { action: 'STOP' }),
      'value: action: give one of DROP, PASS, SEND, or a whole number',
    ],
    ['services', element(service, { weight: 32_768 }), 'value: weight: 32768 does not fit into 2 signed bytes'],
    ['services', element(service, { weight: -32_769 }), 'value: weight: -32769 does not fit into 2 signed bytes'],
    ['services', element(service, { name: 'by 1 long' }), 'value: name: "by 1 long" is longer than 8 bytes'],
    ['services', element(service, { name: 'much too long' }), 'value: name: "much too long" is longer than 8 bytes'],
    ['services', element(service, { mac: '02:00' }), 'value: mac: give a list of 6 numbers'],
    ['services', element(service, { limits: [1] }), 'value: limits: give 2 items, not 1'],
    ['services', element(service, { high: 1, half: [1, 2] }), 'value: half and high share their bytes'],
    ['services', hexKey, "key: 00000000 has 4 bytes, and the map's have 8"],
    ['bits', element(1, { one: 1 }), 'value: one is a bit field: give its bytes as hex digits'],
    ['shares', element(2, 1), 'key 02000000: the kernel refuses it (E2BIG)'],
    ['waiting', element(2, 1), 'waiting is a map of type queue, which cannot be given elements'],
    ['ring', element(2, 1), 'ring is a map of type ringbuf'],
    ['service', element(1, 1), 'there is no map service in '],
  ])('that do not fit are told: %s %j', (map, wrong, message) => {
    const failure = failureFrom(() => loaded(map, wrong));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(message);
    if (map === 'service') expect(failure.remedy).toContain('name one of: services, shares, routes');
  });

  it('are left out where a base has no such map', () => {
    const request = { object, source: 'filled.bpf.c', program: 'served', logFile: path.join(folder, 'log') };
    const contents = [{ map: 'gone', elements: [] }, ...filling('shares', element(0, 1)).contents];
    const base = loadProgram(bench.tools.libbpf, { ...request, filling: { contents, mayLack: true } });
    expect(base.lackingMaps).toEqual(['gone']);
    base.unload();
  });
});
