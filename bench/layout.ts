/**
 * Layout luck: a branchy parser against copies of itself with a few dummy instructions in front, once loaded afresh in
 * every round and once loaded afresh behind random padding. What the dummies truly cost is measured on a program
 * without branches. Prints both tables and whether they hold; exits with 1 where they do not.
 *
 *   npm run bench:layout [-- ROUNDS]
 */
import type { Draw } from '../src/arms/side.js';
import { kernelSide } from '../src/arms/kernel.js';
import { kernelProgram } from '../src/arms/kernel-programs.js';
import type { MeasurementPlan } from '../src/domain/plan.js';
import { padded } from '../src/load/instructions.js';
import type { LoadedProgram } from '../src/load/object.js';
import { drawFrom } from '../src/measure/draw.js';
import { measureRounds } from '../src/measure/rounds.js';
import { mean, openBench, standardError, statisticsWereOn, table, type Bench } from './bench.js';

const DUMMIES = [2, 4, 6, 8, 10, 12, 14, 16] as const;
/** As many copies without dummies: a control. */
const rounds = Number(process.argv[2] ?? 800);
const seed = Number(process.argv[3] ?? 1);

/** Byte i is 7i: odd and even bytes in turn, so that the branches follow a pattern that has to be learnt. */
const packet = Buffer.from(Array.from({ length: 128 }, (_, i) => (7 * i) & 0xff));

interface Difference {
  readonly dummies: number;
  /** ln(copy ÷ original), mean over the rounds, and its standard error; in percent. */
  readonly percent: number;
  readonly errorPercent: number;
  /** ns of the original, mean over the rounds. */
  readonly baseNs: number;
}

/** Only the layout draws are taken out: the orders stay random. */
function withoutLayout(draw: Draw): Draw {
  return { ...draw, integer: (low) => low };
}

/** Measures the program and its copies in the same rounds. */
function compare(bench: Bench, program: LoadedProgram, randomised: boolean): Difference[] {
  const expected = bench.libbpf.testRun({ fd: program.fd, repeat: 1, dataIn: packet }).retval;
  const inputs = [{ name: 'packet', bytes: packet, retval: expected, output: packet }];
  const sides = [0, 0, ...DUMMIES].map((dummies) => {
    const plain = kernelProgram(bench.libbpf, program, 'head', inputs);
    return kernelSide(
      bench.libbpf,
      {
        ...plain,
        load: (padCount) => {
          const { insns, funcInfo } = padded(program.recorded, padCount + dummies);
          return bench.libbpf.reload(program.recorded.index, insns, funcInfo);
        },
      },
      statisticsWereOn,
    );
  });
  const measurement: MeasurementPlan = { iterations: 1, compareWith: 'call', rounds, timeLimitSeconds: 3600, seed };
  const draw = drawFrom(seed);
  const { rows } = measureRounds({
    benchmark: program.name,
    environment: 'here',
    sides: sides.map((side) => ({
      ...side,
      prepare: (given: Draw) => {
        side.prepare(randomised ? given : withoutLayout(given));
      },
    })),
    measurement,
    minRounds: rounds,
    draw,
    now: () => performance.now() / 1000,
    wasDisturbed: () => false,
    next: (sofar) => {
      const done = sofar[0]?.values.length ?? 0;
      if (process.stderr.isTTY) process.stderr.write(`\r${program.name}: ${String(done)} of ${String(rounds)} rounds `);
      return done >= rounds ? 'enough' : 'more';
    },
  });
  for (const side of sides) side.dispose();
  const [base, ...copies] = rows.map(({ values }) => values);
  if (base === undefined) throw new Error('nothing was measured');
  return copies.map((values, index) => {
    const logs = values.map((value, round) => 100 * Math.log(value / (base[round] ?? Number.NaN)));
    return {
      dummies: [0, ...DUMMIES][index] ?? 0,
      percent: mean(logs),
      errorPercent: standardError(logs),
      baseNs: mean(base),
    };
  });
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

const bench = await openBench();
const branchy = await bench.load('branchy.bpf.c', 'branchy');
const straight = await bench.load('straight.bpf.c', 'straight');
bench.libbpf.pinThread(bench.cpu);

const trueCosts = compare(bench, straight, true);
/** ns per dummy, through the origin. */
const dummyNs =
  trueCosts.reduce((sum, { dummies, percent, baseNs }) => sum + dummies * (percent / 100) * baseNs, 0) /
  trueCosts.reduce((sum, { dummies }) => sum + dummies ** 2, 0);
console.log(`straight-line program: a dummy costs ${dummyNs.toFixed(3)} ns\n`);

function report(title: string, differences: readonly Difference[]): number {
  const rowsOut = differences.map(({ dummies, percent, errorPercent, baseNs }) => {
    const truth = 100 * Math.log1p((dummies * dummyNs) / baseNs);
    const t = (percent - truth) / errorPercent;
    return { t, cells: [`+${String(dummies)}`, signed(truth), signed(percent), errorPercent.toFixed(2), signed(t)] };
  });
  console.log(`${title} (${String(rounds)} rounds, ${differences[0]?.baseNs.toFixed(1) ?? ''} ns)\n`);
  console.log(
    table(
      ['dummies', 'true %', 'measured %', '± %', 't'],
      rowsOut.map(({ cells }) => cells),
    ),
    '\n',
  );
  return rowsOut.filter(({ t }) => Math.abs(t) > 3).length;
}

const missedWithout = report('Fresh loads only', compare(bench, branchy, false));
const missedWith = report('Fresh loads behind random padding', compare(bench, branchy, true));
const holds = missedWith === 0 && missedWithout > 0;
console.log(
  `Beyond three standard errors: ${String(missedWithout)} without randomised layout, ${String(missedWith)} with it.`,
);
process.exitCode = holds ? 0 : 1;
