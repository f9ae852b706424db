/** What is proven, measured in rounds: which sides there are, and when there are rounds enough. */
import { kernelSide } from '../arms/kernel.js';
import { kernelFloor, kernelProgram } from '../arms/kernel-programs.js';
import type { Side } from '../arms/side.js';
import { userSide } from '../arms/user.js';
import type { BenchmarkPlan } from '../domain/plan.js';
import type { Extent } from '../domain/record.js';
import { revisions, userArms, type Revision } from '../domain/words.js';
import { spreadOver } from '../judge/looks.js';
import { nextStep } from '../judge/stop.js';
import { programTypeFacts, untouchedOutput } from '../load/program-types.js';
import { drawFrom } from '../measure/draw.js';
import { measureRounds } from '../measure/rounds.js';
import type { Bench } from './bench.js';
import type { Prepared, Proved } from './prepare.js';
import { statisticsWatch } from './statistics.js';

/** Harness slots: one for each revision's process, the last for the twin beside head's and for the floor's. */
const BESIDE_SLOT = 14;
const FLOOR_SLOT = 15;

export function timed(
  bench: Bench,
  plan: BenchmarkPlan,
  prepared: readonly Prepared[],
  extent: Extent | undefined,
  head: Proved,
): ReturnType<typeof measureRounds> {
  const sides: Side[] = [];
  const statistics = statisticsWatch(plan.name, bench.emit);
  try {
    for (const { build, run } of prepared) {
      if (run !== undefined) sides.push(...sidesOf(bench, build.revision, run, statistics.wereOn));
    }
    sides.push(...floorSides(bench, head, statistics.wereOn));
    const result = measure(bench, plan, extent, sides, statistics.wasDisturbed);
    statistics.tell();
    return result;
  } finally {
    for (const side of sides) side.dispose();
  }
}

/** Of the base, user space is run for what head's speedup is made of; its other arms are nowhere shown. */
function sidesOf(
  bench: Bench,
  revision: Revision,
  { loaded, inputs, user, replay }: Proved,
  statisticsWereOn: () => void,
): Side[] {
  const { context } = programTypeFacts[loaded.type];
  const arms = revision === 'head' ? userArms : [bench.job.measurement.compareWith];
  const name = revision === 'head' ? loaded.name : `${loaded.name} of the base`;
  const slot = revisions.indexOf(revision);
  const kernel = kernelSide(
    bench.libbpf,
    { ...kernelProgram(bench.libbpf, loaded, revision, inputs), name },
    statisticsWereOn,
  );
  if (user === undefined || context === undefined) return [kernel];
  const { libraries, beside } = user;
  const program = { name, revision, metric: 'time', context, inputs, ...(replay && { replay }) } as const;
  const own = userSide(bench.users, { ...program, slot, libraries, arms });
  if (beside === undefined || 'missing' in beside) return [kernel, own];
  const twin = { ...program, slot: BESIDE_SLOT, libraries: beside.libraries, arms: ['translated'] as const };
  return [kernel, own, userSide(bench.users, twin)];
}

/** The empty program on every side that there is, on the first input. */
function floorSides(bench: Bench, { loaded, inputs, user }: Proved, statisticsWereOn: () => void): Side[] {
  const [input] = inputs;
  if (input === undefined) throw new Error('a benchmark without inputs');
  const { context } = programTypeFacts[loaded.type];
  const program = kernelProgram(bench.libbpf, loaded, 'head', inputs);
  const kernel = kernelSide(bench.libbpf, kernelFloor(bench.libbpf, program, input), statisticsWereOn);
  if (user === undefined || context === undefined) return [kernel];
  const empty = userSide(bench.users, {
    name: 'the empty program',
    revision: 'head',
    metric: 'floor',
    slot: FLOOR_SLOT,
    libraries: bench.emptyLibraries,
    context,
    inputs: [{ ...input, retval: 0, output: untouchedOutput(loaded.type, input.bytes) }],
  });
  return [kernel, empty];
}

/** Milliseconds between two progress events of one benchmark. */
const PROGRESS_MS = 100;

function measure(
  bench: Bench,
  plan: BenchmarkPlan,
  extent: Extent | undefined,
  sides: readonly Side[],
  wasDisturbed: () => boolean,
): ReturnType<typeof measureRounds> {
  const { emit, gatesOfJob } = bench;
  const measurement = bench.measurementOf(plan);
  const isCompared = sides.some(({ arms }) => arms.some(({ revision }) => revision === 'base'));
  const expectedRounds = measurement.rounds ?? spreadOver[isCompared ? 'besideBase' : 'alone'];
  let told = 0;
  return measureRounds({
    benchmark: plan.name,
    environment: bench.environment,
    sides,
    measurement,
    minRounds: expectedRounds,
    comparesSpeedups: plan.limits.maxSpeedupLossPercent !== undefined,
    draw: drawFrom(measurement.seed),
    now: () => performance.now() / 1000,
    wasDisturbed,
    next: (rows, secondsSpent) => {
      const rounds = rows[0]?.values.length ?? 0;
      if (performance.now() - told >= PROGRESS_MS) {
        told = performance.now();
        const fraction = Math.min(1, rounds / expectedRounds);
        emit({ event: 'progress', benchmark: plan.name, stage: 'measure', fraction, note: `${String(rounds)} rounds` });
      }
      return nextStep({ plan, measurement, gatesOfJob, rows, secondsSpent, ...(extent && { extent }) });
    },
  });
}
