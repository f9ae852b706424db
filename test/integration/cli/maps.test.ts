/** What maps hold before the first input, and packets of captures, from a config file through to the record. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema, type BenchmarkRecord } from '../../../src/domain/record.js';
import { runCommand, type Ending } from '../../helpers/command-line.js';
import { available } from '../../helpers/require.js';
import { fixture, openTwinBench } from '../../helpers/twin.js';
import { loadTwinned } from '../../../src/twin/object.js';

describe.skipIf(!available('kernel'))('a run', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-maps-'));
    cpSync(fixture('filled.bpf.c'), path.join(folder, 'filled.bpf.c'));
    cpSync(fileURLToPath(new URL('../../fixtures/captures', import.meta.url)), folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(benchmarks: readonly object[]): Promise<Ending & { of: (name: string) => BenchmarkRecord }> {
    const all = benchmarks.map((each) => ({ source: 'filled.bpf.c', inputs: [{ packet: 'udp4' }], ...each }));
    writeFileSync(path.join(folder, 'kfaas.yml'), JSON.stringify({ version: 1, benchmarks: all }));
    const few = ['--rounds', '2', '--iterations', '200', '--record', 'record.json'];
    const ending = await runCommand(['run', '--config', 'kfaas.yml', ...few], { folder });
    expect(ending.leftovers).toEqual([]);
    const of = (name: string) => {
      const record = recordSchema.parse(JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')));
      return record.benchmarks.find(({ plan }) => plan.name === name)!;
    };
    return { ...ending, of };
  }

  const head = ({ programs, failure }: BenchmarkRecord) => {
    expect(failure).toBeUndefined();
    return programs.find(({ revision }) => revision === 'head')!;
  };
  const retvals = (record: BenchmarkRecord) => head(record).proof!.inputs.map(({ retval }) => retval);

  /** What `served` finds behind it: its action and its share, 2 + 40. */
  const typed = [
    { map: 'shares', elements: [{ key: 0, value: 40 }] },
    {
      map: 'services',
      elements: [{ key: { address: '192.0.2.10', port: 9000, protocol: 17 }, value: { action: 'PASS', weight: -2 } }],
    },
  ];
  const inHex = [
    { map: 'shares', elements: [{ key: '00000000', value: '2800000000000000' }] },
    { map: 'services', elements: [{ key: 'c000020a23281100', value: `02000000${'00'.repeat(44)}` }] },
  ];

  describe('with maps', () => {
    let ending: Awaited<ReturnType<typeof run>>;
    beforeAll(async () => {
      const served = { program: 'served' };
      ending = await run([
        { name: 'empty', ...served, expect: { retval: 0 } },
        { name: 'typed', ...served, maps: typed, expect: { retval: 42 } },
        { name: 'hex', ...served, maps: inHex, expect: { retval: 42 } },
        { name: 'translated', ...served, maps: inHex, twin: 'translated', expect: { retval: 42 } },
        { name: 'seeded', program: 'deeper', 'seed-maps': true, expect: { retval: 4 } },
      ]);
    });

    it('finds in them on both sides what they were given, by type and in hex', () => {
      expect(ending.code, ending.stdout).toBe(0);
      expect(['empty', 'typed', 'hex', 'translated'].map((name) => retvals(ending.of(name)))).toEqual([
        ...[[0], [42], [42], [42]],
      ]);
      expect(head(ending.of('hex')).twin?.kind).toBe('native');
      expect(head(ending.of('translated')).twin?.kind).toBe('translated');
      expect(ending.stdout).toMatch(/^maps {5}given: shares 1 element, services 1 element$/m);
    });

    it('executes what an empty map keeps it from', () => {
      const executed = (name: string) => head(ending.of(name)).executed!.inputs[0]!.instructions;
      expect(executed('hex')).toBeGreaterThan(executed('empty'));
      expect(executed('typed')).toBe(executed('hex'));
      expect(executed('translated')).toBe(executed('hex'));
    });

    it('is told which were seeded, and with how many keys', () => {
      expect(retvals(ending.of('seeded'))).toEqual([4]); // XDP_REDIRECT: behind both look-ups
      expect(head(ending.of('seeded')).seededMaps).toEqual([
        { map: 'routes', keys: 1 },
        { map: 'plains', keys: 1 },
      ]);
      expect(head(ending.of('typed')).seededMaps).toBeUndefined();
      expect(ending.stdout).toMatch(/^maps {5}seeded with keys .* in vain, .*: routes 1 key, plains 1 key$/m);
    });
  });

  it.each([
    [
      'a map that is not there',
      [{ map: 'service', elements: [] }],
      'there is no map service in the object of served\n',
    ],
    ['a short key', [{ map: 'routes', elements: [{ key: '0a00', value: 1 }] }], '0a00 has 2 bytes, and the map'],
    ['another type', [{ map: 'shares', elements: [{ key: 0, value: { a: 1 } }] }], 'maps: shares, element 1, value'],
    ['no such place', [{ map: 'shares', elements: [{ key: 2, value: 1 }] }], 'the kernel refuses it (E2BIG)'],
    ['a queue', [{ map: 'waiting', elements: [{ key: 0, value: 1 }] }], 'which cannot be given elements'],
  ])('is wrong usage with %s', async (_, maps, message) => {
    const { code, stdout } = await run([{ name: 'wrong', program: 'served', maps }]);
    expect(stdout).toContain(message);
    expect(code).toBe(2);
  });

  it('is not trusted where other contents lead to another value', async () => {
    const { code, stdout } = await run([{ name: 'wrong', program: 'served', maps: typed, expect: { retval: 43 } }]);
    expect(stdout).toMatch(/served: returned 0x0000002a on input udp4, expected 0x0000002b$/m);
    expect(code).toBe(4);
  });

  it('finds what was captured of a program that was loaded', async () => {
    const bench = await openTwinBench();
    const contents = typed.map(({ map, elements }) => ({
      map,
      elements: elements.map(({ key, value }) => ({ key: { typed: key }, value: { typed: value } })),
    }));
    const loaded = loadTwinned(bench.tools.libbpf, await bench.object('filled.bpf.c'), 'served', {
      contents,
      mayLack: false,
    });
    const id = String(loaded.programs[0]!.id);
    const { stdout } = await runCommand(['capture', '--id', id], { folder });
    loaded.close();
    bench.close();
    writeFileSync(path.join(folder, 'captured.yml'), stdout);
    const captured = { name: 'captured', program: 'served', 'maps-file': 'captured.yml', expect: { retval: 42 } };
    const ending = await run([captured]);
    expect(ending.code, ending.stdout).toBe(0);
    expect(retvals(ending.of('captured'))).toEqual([42]);
  });

  it('takes its packets from captures that tools wrote', async () => {
    const inputs = [{ file: 'tcpdump.pcap', packets: '1,3' }, { file: 'editcap.pcapng' }];
    const ending = await run([{ name: 'captures', program: 'served', maps: typed, inputs }]);
    expect(ending.code, ending.stdout).toBe(0);
    const { plan, programs } = ending.of('captures');
    const names = plan.inputs.map(({ name }) => name);
    expect(names).toEqual(
      [1, 3].map((n) => `tcpdump.pcap#${n}`).concat([1, 2, 3, 4].map((n) => `editcap.pcapng#${n}`)),
    );
    // udp4 is served; tcp4, udp6 and tcp6 are not
    expect(programs[0]!.proof!.inputs.map(({ retval }) => retval)).toEqual([42, 0, 42, 0, 0, 0]);
  });
});
