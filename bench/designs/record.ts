/** Records runs on this machine's kernel. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kernelSide } from '../../src/arms/kernel.js';
import { kernelProgram } from '../../src/arms/kernel-programs.js';
import type { Side } from '../../src/arms/side.js';
import { installationFolder } from '../../src/installation.js';
import { drawFrom } from '../../src/measure/draw.js';
import { openBench, type Bench } from '../bench.js';
import { startLoad } from './load.js';
import {
  conditions,
  LAYOUTS_PER_BLOCK,
  recordedPrograms,
  recordedSides,
  save,
  type Condition,
  type RecordedProgram,
  type RecordedSide,
} from './recording.js';

/** How the layouts and the +3 % of each program come about. */
const plans: { readonly [P in RecordedProgram]: { extra: number; blocks: number } } = {
  straight: { extra: 11, blocks: 360 },
  branchy: { extra: 20, blocks: 220 },
};
const SLICES = 5;
const SLICE_NS = 60_000;
const packet = Buffer.from(Array.from({ length: 128 }, (_, i) => (7 * i) & 0xff));

interface Recorded {
  readonly side: Side;
  readonly ns: number[][];
  readonly pads: number[];
}

async function sidesOf(bench: Bench, name: RecordedProgram): Promise<Map<RecordedSide, Recorded>> {
  const opened = new Map<RecordedSide, Recorded>();
  for (const side of recordedSides) {
    const extra = side === 'slower' ? plans[name].extra : 0;
    const program = await bench.load(`${name}.bpf.c`, name, [`-DEXTRA=${String(extra)}`]);
    const { retval } = bench.libbpf.testRun({ fd: program.fd, repeat: 1, dataIn: packet });
    const inputs = [{ name: 'packet', bytes: packet, retval, output: packet }];
    const plain = kernelProgram(bench.libbpf, program, 'head', inputs);
    const pads: number[] = [];
    const loaded = {
      ...plain,
      load: (padCount: number) => {
        pads.push(padCount);
        return plain.load(padCount);
      },
    };
    opened.set(side, { side: kernelSide(bench.libbpf, loaded, () => undefined), ns: [], pads });
  }
  return opened;
}

function record(name: RecordedProgram, condition: Condition, sides: Map<RecordedSide, Recorded>): void {
  const seed = 1 + conditions.indexOf(condition);
  const draw = drawFrom(seed);
  const all = [...sides.values()];
  const invocations = invocationsOf(all);
  const layoutUs: number[] = [];
  for (const { ns, pads } of all) ns.length = pads.length = 0;
  for (let block = 0; block < plans[name].blocks; block++) {
    const strata = all.map(() => draw.shuffled(Array.from({ length: LAYOUTS_PER_BLOCK }, (_, i) => i)));
    for (let layout = 0; layout < LAYOUTS_PER_BLOCK; layout++) {
      const began = performance.now();
      for (const index of draw.shuffled(all.map((_, i) => i))) {
        all[index]?.side.prepare(draw, { index: strata[index]?.[layout] ?? 0, of: LAYOUTS_PER_BLOCK });
      }
      const slices = all.map((): number[] => []);
      for (let slice = 0; slice < SLICES; slice++) {
        for (const index of draw.shuffled(all.map((_, i) => i))) {
          const ns = all[index]?.side.arms[0]?.batch(0, invocations).ns ?? Number.NaN;
          slices[index]?.push(ns / invocations);
        }
      }
      for (const [index, { side, ns }] of all.entries()) {
        side.release();
        ns.push(slices[index] ?? []);
      }
      layoutUs.push(Math.round(1000 * (performance.now() - began)));
    }
  }
  const of = <T>(what: (recorded: Recorded) => T) =>
    Object.fromEntries([...sides].map(([side, recorded]) => [side, what(recorded)])) as Record<RecordedSide, T>;
  save({ program: name, condition, seed, ns: of(({ ns }) => ns), pads: of(({ pads }) => pads), layoutUs });
}

function invocationsOf([first]: readonly Recorded[]): number {
  if (first === undefined) throw new Error('no sides');
  first.side.prepare(drawFrom(1));
  const costs = Array.from({ length: 5 }, () => (first.side.arms[0]?.batch(0, 1000).ns ?? Number.NaN) / 1000);
  first.side.release();
  return Math.round(SLICE_NS / Math.min(...costs));
}

/** Records both programs under one condition. The load starts before this thread is pinned, which it would inherit. */
export async function recordUnder(condition: Condition): Promise<void> {
  mkdirSync(join(installationFolder(), 'bench', 'designs', 'recorded'), { recursive: true });
  const bench = await openBench();
  const endLoad = startLoad(condition);
  try {
    bench.libbpf.pinThread(bench.cpu);
    for (const name of recordedPrograms) {
      const began = performance.now();
      record(name, condition, await sidesOf(bench, name));
      console.log(`${name}, ${condition}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    }
  } finally {
    endLoad();
  }
}
