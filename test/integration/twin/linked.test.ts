/** Objects that `bpftool gen object` links of several sources: one may call what another defines. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForKernel } from '../../../src/build/compile.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { countTwin } from '../../../src/twin/counts.js';
import { proveTwin } from '../../../src/twin/proof.js';
import { runCommand } from '../../helpers/command-line.js';
import { programsFolder } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

/** Plain packets, each four times over, so that counters pass their limit. */
const inputs = allBuiltinPackets()
  .slice(0, 8)
  .flatMap((input) => [input, input, input, input])
  .map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));

describe.skipIf(!available('kernel'))('an object that is linked of two sources', () => {
  let bench: TwinBench;
  let folder: string;
  beforeAll(async () => {
    bench = await openTwinBench();
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-linked-'));
    const compiled = async (source: string): Promise<string> => {
      const unit = { tree: path.join(programsFolder, 'linked'), source, cflags: [] };
      const object = path.join(folder, source.replace('.c', '.o'));
      copyFileSync((await compileForKernel(bench.engine.workshop, unit)).bpf, object);
      return object;
    };
    // What defines a map comes first: bpftool 7.1 gives a map that is declared first the place of another.
    const parts = [await compiled('weighing.bpf.c'), await compiled('counting.bpf.c')];
    const environment = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` };
    for (const object of ['tree/linked.bpf.o', 'tree/linked']) {
      mkdirSync(path.join(folder, 'tree'), { recursive: true });
      execFileSync('bpftool', ['gen', 'object', path.join(folder, object), ...parts], { env: environment });
    }
  });
  afterAll(() => {
    bench.close();
    rmSync(folder, { recursive: true });
  });

  it.each(['count', 'beside'])('has a translated twin that is equal: %s', async (program) => {
    for (const object of ['linked.bpf.o', 'linked']) {
      const request = { object: path.join(folder, 'tree', object), program, inputs };
      expect((await proveTwin(bench.tools, request)).verdict).toMatchObject({ kind: 'equal', returnValues: 2 });
    }
  });

  it('has the lines of both counted', async () => {
    const object = path.join(folder, 'tree/linked');
    const counts = await countTwin(bench.tools, { object, program: 'count', inputsFor: () => inputs });
    const files = 'executed' in counts ? counts.executed.lines.map(({ file }) => path.basename(file)) : [];
    expect([...new Set(files)].sort()).toEqual(['counting.bpf.c', 'weighing.bpf.c']);
  });

  it('is run and compared, whatever it is called, and asks which program is meant', async () => {
    const tree = { folder: path.join(folder, 'tree') };
    const few = ['--iterations', '5000', '--rounds', '3'];
    const without = await runCommand(['run', 'linked', ...few], tree);
    expect([without.code, without.stdout + without.stderr]).toEqual([
      2,
      expect.stringMatching(/3 programs are in it[^]*beside \(tc\), finish \(xdp\), count \(xdp\)/),
    ]);
    const run = await runCommand(['run', 'linked', '--program', 'count', ...few], tree);
    expect([run.code, run.stdout]).toEqual([0, expect.stringMatching(/twin +translated from the instructions.*equal/)]);
    const output = path.join(folder, 'output');
    const compared = ['compare', 'linked.bpf.o', '--program', 'beside', '--base', '.', '--max-slowdown', '900'];
    const compare = await runCommand([...compared, ...few, '--output', output], tree);
    expect([compare.code, compare.stdout]).toEqual([
      0,
      expect.stringMatching(/unchanged program: its instructions are the same[^]*beside +inconclusive/),
    ]);
  });
});
