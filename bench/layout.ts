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
import type { RunnableProgram } from '../src/load/object.js';
import { drawFrom } from '../src/measure/draw.js';
import { measureRounds } from '../src/measure/rounds.js';
import { mean, openBench, standardError, statisticsWatch, table, type Bench } from './bench.js';

/** None is the control. */
const DUMMIES = [0, 2, 4, 6, 8, 10, 12, 14, 16] as const;
/** All copies are compared with one original, whose own noise they would share: it is measured this often in a round. */
const ORIGINALS = 4;
const rounds = Number(process.argv[2] ?? 800);
const seed = Number(process.argv[3] ?? 1);

/** Byte i is 7i: odd and even bytes in turn, so that the branches follow a pattern that has to be learnt. */
const packet = Buffer.from(Array.from({ length: 128 }, (_, i) => (7 * i) & 0xff));

interface Difference {
  readonly dummies: number;
  /** ln(copy ÷ geometric mean of the originals), mean over the rounds, and its standard error; in percent. */
  readonly percent: number;
  readonly errorPercent: number;
  /** ns of the originals, geometric mean over the rounds. */
  readonly baseNs: number;
}

/** Only the layout draws are taken out: the orders stay random. */
function withoutLayout(draw: Draw): Draw {
  return { ...draw, integer: (low) => low };
}

/** Measures the program and its copies in the same rounds. */
function compare(bench: Bench, program: RunnableProgram, randomised: boolean): Difference[] {
  const expected = bench.libbpf.testRun({ fd: program.fd, repeat: 1, dataIn: packet }).retval;
  const inputs = [{ name: 'packet', bytes: packet, retval: expected, output: packet }];
  const sides = [...Array<number>(ORIGINALS).fill(0), ...DUMMIES].map((dummies) => {
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
      statistics.wereOn,
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
    wasDisturbed: statistics.wasDisturbed,
    next: (sofar) => {
      const done = sofar[0]?.values.length ?? 0;
      if (process.stderr.isTTY) process.stderr.write(`\r${program.name}: ${String(done)} of ${String(rounds)} rounds `);
      return done >= rounds ? 'enough' : 'more';
    },
  });
  for (const side of sides) side.dispose();
  const lns = rows.map(({ values }) => values.map(Math.log));
  const originals = lns.slice(0, ORIGINALS);
  const base = Array.from({ length: rounds }, (_, round) =>
    mean(originals.map((values) => values[round] ?? Number.NaN)),
  );
  return lns.slice(ORIGINALS).map((copy, index) => {
    const percents = copy.map((ln, round) => 100 * (ln - (base[round] ?? Number.NaN)));
    return {
      dummies: DUMMIES[index] ?? 0,
      percent: mean(percents),
      errorPercent: standardError(percents),
      baseNs: Math.exp(mean(base)),
    };
  });
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

const bench = await openBench();
const statistics = statisticsWatch();
const branchy = await bench.load('branchy.bpf.c', 'branchy');
const straight = await bench.load('straight.bpf.c', 'straight');
bench.libbpf.pinThread(bench.cpu);

/** What a percentage of the originals is in ns, with its standard error. */
const inNs = ({ percent, errorPercent, baseNs }: Difference) => ({
  ns: (percent / 100) * baseNs,
  errorNs: (errorPercent / 100) * baseNs,
});

const trueCosts = new Map(compare(bench, straight, true).map((cost) => [cost.dummies, inNs(cost)]));
console.log('What the dummies cost in front of a program without branches\n');
console.log(
  table(
    ['dummies', 'ns', '±'],
    [...trueCosts].map(([dummies, { ns, errorNs }]) => [`+${String(dummies)}`, ns.toFixed(2), errorNs.toFixed(2)]),
  ),
  '\n',
);

function report(title: string, differences: readonly Difference[]): number {
  const rowsOut = differences.map((difference) => {
    const { ns, errorNs } = inNs(difference);
    const truth = trueCosts.get(difference.dummies) ?? { ns: Number.NaN, errorNs: Number.NaN };
    const t = (ns - truth.ns) / Math.hypot(errorNs, truth.errorNs);
    const { percent, errorPercent, baseNs } = difference;
    const cells = [(100 * truth.ns) / baseNs, percent].map(signed);
    return { t, cells: [`+${String(difference.dummies)}`, ...cells, errorPercent.toFixed(2), signed(t)] };
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
