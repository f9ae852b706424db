/**
 * What rounds cost: a hundred of them, eight layouts each, base and head, of small programs in the kernel; seconds of wall time from the first
 * load to the last.
 *
 *   npm run bench:rounds
 */
import { kernelSide } from '../src/arms/kernel.js';
import { kernelProgram } from '../src/arms/kernel-programs.js';
import type { MeasurementPlan } from '../src/domain/plan.js';
import { drawFrom } from '../src/measure/draw.js';
import { measureRounds } from '../src/measure/rounds.js';
import { median, openBench, statisticsWatch, table } from './bench.js';

const ROUNDS = 100;
const REPETITIONS = 5;
const packet = Buffer.from(Array.from({ length: 128 }, (_, i) => (7 * i) & 0xff));
const measurement: MeasurementPlan = {
  iterations: 1,
  compareWith: 'call',
  rounds: ROUNDS,
  timeLimitSeconds: 60,
  seed: 1,
};

const bench = await openBench();
const statistics = statisticsWatch();
const programs = [await bench.load('small.bpf.c', 'small_tc'), await bench.load('small.bpf.c', 'small_xdp')];
bench.libbpf.pinThread(bench.cpu);

const rows = programs.map((program) => {
  const retval = bench.libbpf.testRun({ fd: program.fd, repeat: 1, dataIn: packet }).retval;
  const inputs = [{ name: 'packet', bytes: packet, retval, output: packet }];
  const seconds = Array.from({ length: REPETITIONS }, () => {
    const sides = (['base', 'head'] as const).map((revision) =>
      kernelSide(bench.libbpf, kernelProgram(bench.libbpf, program, revision, inputs), statistics.wereOn),
    );
    const measured = measureRounds({
      ...{ benchmark: program.name, environment: 'here', sides, measurement, minRounds: ROUNDS, draw: drawFrom(1) },
      now: () => performance.now() / 1000,
      wasDisturbed: statistics.wasDisturbed,
      next: (sofar) => ((sofar[0]?.values.length ?? 0) >= ROUNDS ? 'enough' : 'more'),
    });
    for (const side of sides) side.dispose();
    return measured.seconds;
  });
  return [program.type, String(ROUNDS), median(seconds).toFixed(3), Math.max(...seconds).toFixed(3)];
});
console.log(table(['program', 'rounds', 'median s', 'slowest s'], rows));
