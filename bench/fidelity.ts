/**
 * Is the kernel figure right? One load of a tc and of an xdp program, timed in interleaved batches by three clocks: ours
 * around the call, the program's own (entry of the batch's first run to entry of its last), and bpftool's.
 * Prints the table and whether the clocks agree; exits with 1 where they do not.
 *
 *   npm run bench:fidelity [-- BATCHES]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callOverheadNs } from '../src/arms/call-costs.js';
import { openDispatchers } from '../src/arms/dispatcher.js';
import type { RunnableProgram } from '../src/load/object.js';
import { drawFrom } from '../src/measure/draw.js';
import { median, openBench, table, type Bench } from './bench.js';

const batches = Number(process.argv[2] ?? 40);
const RUNS = 20_000;
const packet = Buffer.from(Array.from({ length: 142 }, (_, i) => (7 * i) & 0xff));

interface Batch {
  readonly oursNs: number;
  readonly ownNs: number;
  readonly bpftoolNs: number;
}

function bpftoolNs(program: RunnableProgram, packetFile: string): number {
  const { stdout, stderr } = spawnSync(
    'bpftool',
    ['prog', 'run', 'tag', program.info.tag, 'data_in', packetFile, 'repeat', String(RUNS)],
    { encoding: 'utf8' },
  );
  const duration = /duration \(average\): (\d+)ns/.exec(stdout)?.[1];
  if (duration === undefined) throw new Error(`bpftool: ${stderr}`);
  return Number(duration);
}

function measure(bench: Bench, program: RunnableProgram, packetFile: string): Batch[] {
  const overheadNs = callOverheadNs(bench.libbpf, program.type);
  const dispatchers = program.type === 'xdp' ? openDispatchers(bench.libbpf, program.recorded.flags) : undefined;
  const dispatcher = dispatchers?.deal(drawFrom(1));
  dispatcher?.put(program.fd);
  const fd = dispatcher?.fd ?? program.fd;
  const result = Array.from({ length: batches }, () => {
    const { cpuNs, retval } = bench.libbpf.testRun({ fd, repeat: RUNS, dataIn: packet });
    return {
      oursNs: (cpuNs - overheadNs) / RUNS,
      ownNs: retval / (RUNS - 1),
      bpftoolNs: bpftoolNs(program, packetFile),
    };
  });
  if (dispatcher !== undefined) dispatchers?.giveBack(dispatcher);
  dispatchers?.close();
  return result;
}

const signedPercent = (ratio: number): string => `${ratio < 1 ? '−' : '+'}${Math.abs(100 * (ratio - 1)).toFixed(2)} %`;

const bench = await openBench();
const programs = [
  await bench.load('stamped.bpf.c', 'stamped_tc', [`-DKFAAS_BATCH=${String(RUNS)}`]),
  await bench.load('stamped.bpf.c', 'stamped_xdp', [`-DKFAAS_BATCH=${String(RUNS)}`]),
];
bench.libbpf.pinThread(bench.cpu);

const folder = mkdtempSync(join(tmpdir(), 'kfaas-bench-'));
try {
  const packetFile = join(folder, 'packet.bin');
  writeFileSync(packetFile, packet);
  const rows = programs.map((program) => {
    const all = measure(bench, program, packetFile);
    const ours = median(all.map(({ oursNs }) => oursNs));
    const own = median(all.map(({ ownNs }) => ownNs));
    const bpftool = median(all.map(({ bpftoolNs }) => bpftoolNs));
    const toOwn = median(all.map(({ oursNs, ownNs }) => oursNs / ownNs));
    // bpftool prints whole nanoseconds, cut off: the truth is up to 1 ns above.
    const low = ours / (bpftool + 1);
    const high = ours / bpftool;
    const holds = Math.abs(toOwn - 1) <= 0.01 && low <= 1.02 && high >= 0.98;
    return {
      holds,
      cells: [
        program.type,
        ours.toFixed(2),
        own.toFixed(2),
        signedPercent(toOwn),
        String(bpftool),
        `${signedPercent(low)} … ${signedPercent(high)}`,
        holds ? 'yes' : 'NO',
      ],
    };
  });
  console.log(`${String(batches)} interleaved batches of ${String(RUNS)} runs, medians, ns per run\n`);
  const header = ['program', 'ours', 'its own clock', 'ours to it', 'bpftool', 'ours to it', 'agree'];
  console.log(
    table(
      header,
      rows.map(({ cells }) => cells),
    ),
  );
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
