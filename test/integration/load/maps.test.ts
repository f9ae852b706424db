import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openObject } from '../../../src/load/open-object.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('the maps of a loaded object', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  it('are told as the kernel made them, and their elements are read and written', async () => {
    const { libbpf } = engine;
    const { bpf } = await engine.compile('maps_and_calls.bpf.c');
    const object = openObject(libbpf, { object: bpf, source: bpf });
    libbpf.loadObject(object);
    const maps = libbpf.mapsOf(object).map((map) => ({ name: libbpf.mapName(map), fd: libbpf.mapFd(map) }));
    expect(maps.map(({ name }) => name)).toContain('weights');
    const fd = maps.find(({ name }) => name === 'weights')!.fd;
    const info = libbpf.mapInfo(fd);
    expect(info.name).toBe('weights');
    const own = libbpf.mapFdById(info.id);
    expect(libbpf.mapInfo(own)).toEqual(info);
    closeSync(own);

    const key = libbpf.nextKey(fd, undefined, info.keyBytes)!;
    expect(key).toEqual(Buffer.alloc(info.keyBytes));
    const value = Buffer.alloc(info.valueBytes, 0xa5);
    libbpf.updateElement(fd, key, value);
    const read = Buffer.alloc(info.valueBytes);
    expect(libbpf.lookupElement(fd, key, read)).toBe(true);
    expect(read).toEqual(value);
    const beyond = Buffer.alloc(info.keyBytes, 0xff);
    expect(libbpf.lookupElement(fd, beyond, read)).toBe(false);
    expect(() => libbpf.updateElement(fd, beyond, value)).toThrow('E2BIG');
    let keys = 0;
    for (let at: Buffer | undefined = key; at !== undefined; at = libbpf.nextKey(fd, at, info.keyBytes)) keys++;
    expect(keys).toBe(info.maxEntries);
    expect(libbpf.possibleCpus()).toBeGreaterThan(0);
    libbpf.closeObject(object);
  });

  it('stand beside the context of a packet program, which a test run gives back', async () => {
    const program = await engine.load('every_type.bpf.c', 'on_tc');
    const contextOut = Buffer.alloc(192); // sizeof(struct __sk_buff)
    engine.libbpf.testRun({ fd: program.fd, repeat: 1, dataIn: udpPacket(), contextOut });
    const ifindex = 40; // offsetof(struct __sk_buff, ifindex)
    expect(contextOut.readUInt32LE(ifindex)).toBe(1);
    program.unload();
  });
});
