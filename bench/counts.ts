/**
 * What an executed instruction costs: counted instructions against nanoseconds, over programs that get longer, one of arithmetic alone
 * and one that calls a helper every turn. The fastest of many fresh loads behind padding, less the empty program's.
 *
 *   npm run bench:counts
 */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { callOverheadNs } from '../src/arms/call-costs.js';
import { compileUnit } from '../src/build/compile.js';
import { installationFolder } from '../src/installation.js';
import { empty, padded } from '../src/load/instructions.js';
import { programTypeFacts } from '../src/load/program-types.js';
import { compileRunner } from '../src/twin/compile.js';
import { countTwin } from '../src/twin/counts.js';
import { median, openBench, table } from './bench.js';

const LOADS = 64;
const RUNS = 2_000;
const lengths = [0, 1, 2, 5, 10, 20, 50, 100, 200];

function packet(turns: number): Buffer {
  const bytes = Buffer.alloc(64, 1);
  bytes.writeUInt8(turns, 15);
  return bytes;
}

const bench = await openBench();
const { libbpf, workshop } = bench;
const { bpf } = await compileUnit(workshop, {
  tree: join(installationFolder(), 'bench', 'programs'),
  source: 'lengths.bpf.c',
  cflags: [],
});
const tools = { workshop, libbpf, runner: await compileRunner(workshop), cpu: bench.cpu };
const { kernelType, expectedAttachType, flags } = programTypeFacts.tc;

for (const name of ['arithmetic', 'lookups']) {
  const inputs = lengths.map((turns) => ({ name: String(turns), bytes: packet(turns) }));
  const counts = await countTwin(tools, { object: bpf, program: name, inputsFor: () => inputs });
  if ('notCounted' in counts) throw new Error(counts.notCounted);
  libbpf.pinThread(bench.cpu);
  const program = await bench.load('lengths.bpf.c', name);
  const overheadNs = callOverheadNs(libbpf, 'tc');
  const nsOf = (fd: number, dataIn: Buffer): number => {
    libbpf.testRun({ fd, repeat: RUNS, dataIn });
    return (libbpf.testRun({ fd, repeat: RUNS, dataIn }).cpuNs - overheadNs) / RUNS;
  };
  const floors: number[] = [];
  const times = inputs.map((): number[] => []);
  for (let load = 0; load < LOADS; load++) {
    const { insns, funcInfo } = padded(program.recorded, load);
    const fd = libbpf.reload(program.recorded.index, insns, funcInfo);
    const floor = libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(load) });
    floors.push(nsOf(floor, packet(0)));
    for (const [i, { bytes }] of inputs.entries()) times[i]?.push(nsOf(fd, bytes));
    for (const each of [fd, floor]) closeSync(each);
  }
  const floorNs = median(floors);
  const rows = counts.executed.inputs.map(({ input, instructions }, i) => {
    const ns = median(times[i] ?? []) - floorNs;
    return [input, String(instructions), ns.toFixed(1), (ns / instructions).toFixed(3)];
  });
  console.log(`${name}\n\n${table(['turns', 'instructions', 'ns', 'ns an instruction'], rows)}\n`);
}
