/** The maps of a program that is loaded, from the command line into a config file and back into maps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MapContents } from '../../../src/domain/plan.js';
import { readMapsFile } from '../../../src/inputs/given-maps.js';
import { loadTwinned, readAllElements, type TwinnedObject } from '../../../src/twin/object.js';
import { runCommand } from '../../helpers/command-line.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

describe.skipIf(!available('kernel'))('capture', () => {
  let bench: TwinBench;
  let object: string;
  let loaded: TwinnedObject;
  let folder: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    object = await bench.object('filled.bpf.c');
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-capture-'));
    loaded = load('deeper', contents);
  });
  afterAll(() => {
    loaded.close();
    bench.close();
    rmSync(folder, { recursive: true });
  });

  const route = (address: string, value: number) => ({
    key: { typed: { bits: 32, address } },
    value: { typed: value },
  });
  const plain = { name: 'cafe', address: '192.0.2.1', balance: '-9223372036854775808', ports: [1, 65535] };
  const contents: MapContents[] = [
    { map: 'plains', elements: [{ key: { typed: '0xffffffffffffffff' }, value: { typed: plain } }] },
    { map: 'routes', elements: [route('192.0.2.10', 3), route('192.0.2.11', 4)] },
  ];

  function load(program: string, filled: readonly MapContents[]): TwinnedObject {
    return loadTwinned(bench.tools.libbpf, object, program, { contents: filled, mayLack: false });
  }

  function held(twinned: TwinnedObject): string[] {
    const all = readAllElements(bench.tools.libbpf, twinned, bench.tools.cpu);
    return twinned.maps
      .flatMap(({ name }, i) =>
        all[i]!.map(({ key, value }) => `${name} ${key.toString('hex')} ${value.toString('hex')}`),
      )
      .sort();
  }

  it('writes what puts the same into maps again', async () => {
    const id = String(loaded.programs[0]!.id);
    const { code, stdout, stderr } = await runCommand(['capture', '--id', id]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`# Maps of deeper (id ${id})`);
    expect(stdout).toContain('{ key: { bits: 32, address: "c000020a" }, value: 3 }');
    expect(stdout).toContain('balance: "-9223372036854775808"');
    writeFileSync(path.join(folder, 'maps.yml'), stdout);
    const again = load('deeper', readMapsFile({ name: 'maps-file', text: 'maps.yml' }, folder));
    expect(held(again)).toEqual(held(loaded));
    expect(held(again)).toHaveLength(3);
    again.close();
  });

  it('says where a map holds more than it wrote', async () => {
    const id = String(loaded.programs[0]!.id);
    const { stdout } = await runCommand(['capture', '--id', id, '--limit', '1', '--json']);
    const captured = JSON.parse(stdout) as { maps: { map: string; elements: unknown[]; notes: string[] }[] };
    const routes = captured.maps.find(({ map }) => map === 'routes')!;
    expect(routes.elements).toHaveLength(1);
    expect(routes.notes).toEqual(['only the first 1 elements: it holds more (--limit)']);
    const all = JSON.parse(
      (await runCommand(['capture', '--id', id, '--limit', '2', '--json'])).stdout,
    ) as typeof captured;
    expect(all.maps.find(({ map }) => map === 'routes')).toMatchObject({ elements: [{}, {}], notes: [] });
  });

  it('knows a program by more of its name than the kernel keeps, and leaves its globals out', async () => {
    const long = loadTwinned(bench.tools.libbpf, await bench.object('edges.bpf.c'), 'of_pointers_to_read');
    const { code, stdout, stderr } = await runCommand(['capture', '--name', 'of_pointers_to_read', '--json']);
    long.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { maps } = JSON.parse(stdout) as { maps: { map: string }[] };
    expect(maps.filter(({ map }) => map.includes('.'))).toEqual([]);
  });

  it.each([
    [['--id', '4294967295'], 2, 'id `4294967295`: there is none (ENOENT)'],
    [['--name', 'no-such-program'], 2, 'no program that is loaded is called that'],
    [['--pinned', '/sys/fs/bpf/no-such-pin'], 2, 'there is none'],
    [[], 2, 'capture without a program'],
    [['--id', '1', '--name', 'x'], 2, 'capture with several programs'],
  ])('of nothing is refused: %j', async (args, exitCode, message) => {
    const { code, stderr } = await runCommand(['capture', ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(exitCode);
  });
});
