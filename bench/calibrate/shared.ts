/** Rounds of one base and several heads: what a comparison does in the kernel, for many heads at once, until each has its gate. */
import { join } from 'node:path';
import { kernelSide } from '../../src/arms/kernel.js';
import { kernelProgram } from '../../src/arms/kernel-programs.js';
import type { Batch, Side } from '../../src/arms/side.js';
import { spreadOver } from '../../src/judge/looks.js';
import { isRunnable, loadProgram, type LoadedProgram } from '../../src/load/object.js';
import { drawFrom } from '../../src/measure/draw.js';
import { measureRounds } from '../../src/measure/rounds.js';
import { statisticsWatch } from '../bench.js';
import { budgetRounds, openGate, type Pace } from './gate.js';
import { packet, sourceOf, type HeadName, type ProgramName } from './heads.js';
import type { SharedLine } from './results.js';
import { measurementPlan } from './setting.js';
import type { CalibrationShop } from './workshop.js';

/** The base, and the base again. */
const BASES = 2;
/** Rounds beyond the time limit, so that the pace may turn out to be a little faster. */
const SPARE = 1.05;

/**
 * Loads everything anew, as a comparison does, and measures until the gate of every head has ended. Every round has fresh
 * loads of all, laid out and ordered as in a comparison.
 */
export function measureShared(
  shop: CalibrationShop,
  program: ProgramName,
  headsOfRound: readonly HeadName[],
  seed: number,
  pace: Pace,
): Pick<SharedLine, 'base' | 'again' | 'heads' | 'seconds'> {
  const { libbpf, folder } = shop;
  const loaded: LoadedProgram[] = [];
  const sides: Side[] = [];
  const statistics = statisticsWatch();
  try {
    const open = (revision: 'base' | 'again' | 'head', head: HeadName): void => {
      const object = shop.builds(program, head).head.object;
      const logFile = join(folder, 'verifier.log');
      const load = loadProgram(libbpf, { object, source: sourceOf(program), program, logFile });
      loaded.push(load);
      if (!isRunnable(load)) throw new Error(`${program} has no test run`);
      const { retval } = libbpf.testRun({ fd: load.fd, repeat: 1, dataIn: packet });
      const inputs = [{ name: 'packet', bytes: packet, retval, output: packet }];
      sides.push(kernelSide(libbpf, kernelProgram(libbpf, load, revision, inputs), statistics.wereOn));
    };
    open('base', 'none');
    open('again', 'none');
    for (const head of headsOfRound) open('head', head);
    const gates = headsOfRound.map(() => openGate(program, pace));
    const endedAfter = new Map<number, number>();
    const mostRounds = Math.ceil(SPARE * budgetRounds(pace));
    // A head whose gate has ended takes no more time.
    const contestants = sides.map((side, index) => resting(side, () => endedAfter.has(index - BASES)));
    const measured = measureRounds({
      ...{ benchmark: program, environment: 'here', sides: contestants, measurement: measurementPlan(seed) },
      minRounds: spreadOver.besideBase,
      layouts: pace.layouts,
      draw: drawFrom(seed),
      now: () => performance.now() / 1000,
      wasDisturbed: statistics.wasDisturbed,
      next: (rows) => {
        const [base = Number.NaN, again = Number.NaN, ...values] = rows.map((row) => row.values.at(-1));
        const rounds = rows[0]?.values.length ?? 0;
        for (const [index, gate] of gates.entries()) {
          if (endedAfter.has(index)) continue;
          if (gate.add(base, again, values[index] ?? Number.NaN) !== undefined) endedAfter.set(index, rounds);
        }
        return endedAfter.size === gates.length || rounds >= mostRounds ? 'enough' : 'more';
      },
    });
    const [base = [], again = [], ...columns] = measured.rows.map(({ values }) => picoseconds(values));
    const heads = headsOfRound.map((head, index) => {
      return { head, values: (columns[index] ?? []).slice(0, endedAfter.get(index)) };
    });
    return { base, again, heads, seconds: measured.seconds };
  } finally {
    for (const side of sides) side.dispose();
    for (const each of loaded) each.unload();
  }
}

/** The same side until it rests: then it lays nothing out, and what its batches say is not looked at. */
function resting(side: Side, rests: () => boolean): Side {
  const rest: Batch = { ns: 1, retries: 0 };
  return {
    ...side,
    arms: side.arms.map((arm) => ({
      ...arm,
      batch: (input, invocations) => (rests() ? rest : arm.batch(input, invocations)),
    })),
    prepare: (...given) => {
      if (!rests()) side.prepare(...given);
    },
  };
}

function picoseconds(ns: readonly number[]): number[] {
  return ns.map((value) => Math.round(value * 1000));
}
