import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { runCommand } from '../../helpers/command-line.js';
import { available } from '../../helpers/require.js';
import { fixture, named, openTwinBench, type TwinBench } from '../../helpers/twin.js';
import { packets } from '../../helpers/twin-packets.js';

const source = 'dissector.bpf.c';
const all = [
  ...allBuiltinPackets().map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') })),
  ...named(packets),
];
const sides = ['prove', 'proveNative'] as const;

describe.skipIf(!available('kernel'))('the twin of a flow dissector', () => {
  let bench: TwinBench;
  let scratch: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-flow-'));
  });
  afterAll(() => {
    rmSync(scratch, { recursive: true });
    bench.close();
  });

  it.each(sides)('fills the keys that the kernel gets, by tail calls and into a map: %s', async (prove) => {
    for (const inputs of [all, all.toReversed()]) {
      const { verdict } = await bench[prove](source, 'dissects', inputs);
      expect(verdict).toMatchObject({ kind: 'equal', returnValues: 2, changedMaps: 1 });
    }
  });

  it.each(sides)('has its offsets put into the packet, and nothing to load bytes from: %s', async (prove) => {
    const strayed = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => {
      const bytes = Buffer.alloc(40 + bits, 0x11);
      bytes[15] = bits & 1;
      bytes[16] = bits & 2;
      bytes[18] = bits >> 2;
      return bytes;
    });
    const { verdict } = await bench[prove](source, 'strays', [...named(strayed), ...all]);
    expect(verdict).toMatchObject({ kind: 'equal', returnValues: 3 });
  });

  it.each(sides)('is shallow where its keys stay as they were: %s', async (prove) => {
    const { verdict } = await bench[prove](source, 'idles', all);
    expect(verdict).toMatchObject({ kind: 'equal but shallow', changedPackets: 0 });
  });

  it('differs where a key does, and shows the packet', async () => {
    const text = readFileSync(fixture(source), 'utf8');
    const right = 'keys->thoff = keys->nhoff + sizeof(*ip);';
    expect(text).toContain(right);
    writeFileSync(path.join(scratch, source), text.replace(right, 'keys->thoff = keys->nhoff + 44;'));
    const { verdict } = await bench.proveNative(source, 'dissects', all, { tree: scratch, source, cflags: [] });
    expect(verdict).toMatchObject({
      kind: 'differs',
      difference: expect.stringMatching(/^output \(56 and 56 bytes\) at byte 2: 3600/) as string,
    });
  });

  async function measured(program: string, ...words: string[]): Promise<BenchRecord> {
    const file = path.join(scratch, 'record.json');
    const quick = ['--rounds', '4', '--iterations', '4000', '--seed', '7', '--record', file];
    const { code, stdout, stderr } = await runCommand(['run', source, '--program', program, ...words, ...quick], {
      folder: path.dirname(fixture(source)),
    });
    expect(code, stdout + stderr).toBe(0);
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  it.each([
    ['dissects', ['--twin', 'both'], 'native'],
    ['dissects', ['--twin', 'translated'], 'translated'],
    ['steps', [], undefined],
  ])('is timed beside the kernel, where every run begins with new keys: %s %s', async (program, words, kind) => {
    const packet = packets[0]?.toString('hex') ?? '';
    const { benchmarks, rows } = await measured(program, '--packet', packet, ...words);
    const [built] = benchmarks[0]?.programs ?? [];
    expect(benchmarks[0]?.extent).toBeUndefined();
    expect(built?.twin?.kind).toBe(kind);
    expect(built?.proof?.inputs).toMatchObject([{ outputBytes: 56, retval: 0 }]);
    expect(built?.proof?.inputs[0]?.isAfresh).toBeUndefined();
    const arms = rows.filter(({ metric }) => metric.name === 'time').map(({ arm }) => arm);
    expect(arms).toEqual(expect.arrayContaining(['kernel', 'call', 'syscall', 'wakeup']));
  });
});
