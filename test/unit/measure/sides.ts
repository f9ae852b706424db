/** Sides without a machine under them: they cost what they are told to, by a clock that they move themselves. */
import { everything, type Draw, type RunnableArm, type Side, type Stratum } from '../../../src/arms/side.js';
import type { MeasurementPlan } from '../../../src/domain/plan.js';
import type { Arm, Revision } from '../../../src/domain/words.js';
import { drawFrom } from '../../../src/measure/draw.js';
import type { RoundsRequest } from '../../../src/measure/rounds.js';

export interface FakeArm {
  readonly arm: Arm;
  readonly revision?: Revision;
  readonly metric?: 'time' | 'floor';
  readonly inputCount?: number;
  /** Nanoseconds of one invocation, by input and by number of the batch, calibration included. */
  readonly cost: (input: number, batch: number) => number;
  readonly retries?: number;
}

export interface FakeSide {
  readonly name: string;
  readonly arms: readonly FakeArm[];
  readonly hasLayouts?: boolean;
  /** How long laying out takes. */
  readonly prepareNs?: number;
  /** `round` counts layouts, from 0 for that of the calibration. */
  readonly onPrepare?: (draw: Draw, round: number, stratum: Stratum) => void;
  readonly onRelease?: () => void;
  readonly onBatch?: (round: number) => void;
}

/** What happened, in order: `prepare tc`, `batch tc kernel/0 2400`, `release tc`. The first round calibrates. */
export class Stage {
  readonly events: string[] = [];
  clockNs = 0;
  private readonly open = new Set<string>();

  /** Sides that are laid out now. */
  get prepared(): string[] {
    return [...this.open];
  }

  side({ name, arms, hasLayouts = false, prepareNs = 0, onPrepare, onRelease, onBatch }: FakeSide): Side {
    let round = -1;
    return {
      arms: arms.map((fake) => this.arm(name, fake, () => onBatch?.(round))),
      hasLayouts,
      prepare: (draw, stratum = everything) => {
        round += 1;
        this.clockNs += prepareNs;
        this.events.push(`prepare ${name}`);
        this.open.add(name);
        onPrepare?.(draw, round, stratum);
      },
      release: () => {
        this.events.push(`release ${name}`);
        this.open.delete(name);
        onRelease?.();
      },
      dispose: () => undefined,
    };
  }

  private arm(side: string, fake: FakeArm, onBatch: () => void) {
    const { arm, revision = 'head', metric = 'time', inputCount = 1, cost, retries = 0 } = fake;
    let batches = 0;
    return {
      revision,
      arm,
      metric,
      inputCount,
      batch: (input, invocations) => {
        if (!this.open.has(side)) throw new Error(`${side} is not laid out`);
        onBatch();
        this.events.push(`batch ${side} ${arm}/${input} ${invocations}`);
        const ns = cost(input, batches) * invocations;
        batches += 1;
        this.clockNs += ns;
        return { ns, retries };
      },
    } satisfies RunnableArm;
  }

  /** A request for so many rounds of these sides. */
  request(sides: readonly Side[], rounds: number, measurement: Partial<MeasurementPlan> = {}): RoundsRequest {
    const seed = measurement.seed ?? 1;
    return {
      benchmark: 'filter',
      environment: 'here',
      sides,
      measurement: { iterations: 1, compareWith: 'syscall', timeLimitSeconds: 20, seed, ...measurement },
      minRounds: rounds,
      draw: drawFrom(seed),
      now: () => this.clockNs / 1e9,
      wasDisturbed: () => false,
      next: (rows) => ((rows[0]?.values.length ?? 0) >= rounds ? 'enough' : 'more'),
    };
  }

  /** The events by round, without the first, which calibrates. */
  rounds(sideCount: number): string[][] {
    const ends = this.events.flatMap((event, at) => (event.startsWith('release') ? [at] : []));
    const lasts = ends.filter((_, i) => (i + 1) % sideCount === 0);
    return lasts.map((last, i) => this.events.slice((lasts[i - 1] ?? -1) + 1, last + 1)).slice(1);
  }
}
