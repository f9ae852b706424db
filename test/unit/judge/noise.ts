/** Seeded noise as machines make it: what a round does to the ln(time) of two arms. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export class Dice {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Box and Muller's. */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** ln of what noise multiplies a round's times by. */
export interface Disturbance {
  readonly user: number;
  readonly kernel: number;
}

/** One run of a machine: gives the disturbance of its next round. */
export type Machine = (dice: Dice) => () => Disturbance;

/** Every fresh load lands elsewhere: each arm moves by its own layout, every round anew. */
const layout = { user: 0.006, kernel: 0.02 };
const placed = (dice: Dice): Disturbance => ({
  user: layout.user * dice.normal(),
  kernel: layout.kernel * dice.normal(),
});

/** Rounds in and out of slow stretches of the given mean length; a run begins anywhere. */
function stretches(dice: Dice, share: number, meanRounds: number): () => boolean {
  let slow = dice.chance(share);
  return () => {
    const leave = 1 / meanRounds;
    if (dice.chance(slow ? leave : (leave * share) / (1 - share))) slow = !slow;
    return slow;
  };
}

export const machines = {
  'normal layout noise': (dice) => () => placed(dice),
  'heavy tails': (dice) => () => ({
    user: layout.user * (dice.normal() / Math.sqrt(dice.exponential())),
    kernel: layout.kernel * (dice.normal() / Math.sqrt(dice.exponential())),
  }),
  'skewed: noise only adds': (dice) => () => ({
    user: layout.user * dice.exponential(),
    kernel: layout.kernel * dice.exponential(),
  }),
  'four modes of the kernel arm': (dice) => () => ({
    user: placed(dice).user,
    kernel: 0.003 * dice.normal() + ([0, 0.03, 0.08, 0.12][Math.floor(4 * dice.uniform())] ?? 0),
  }),
  'two speeds, both arms': (dice) => () => {
    const [{ user, kernel }, slow] = [placed(dice), dice.chance(0.5) ? Math.log(1.25) : 0];
    return { user: user + slow, kernel: kernel + slow };
  },
  'one round in ten slow, both arms': (dice) => () => {
    const [{ user, kernel }, slow] = [placed(dice), dice.chance(0.1) ? Math.log(1.25) : 0];
    return { user: user + slow, kernel: kernel + slow };
  },
  'one round in ten slow, kernel only': (dice) => () => {
    const { user, kernel } = placed(dice);
    return { user, kernel: kernel + (dice.chance(0.1) ? Math.log(1.25) : 0) };
  },
  'slow stretches, both arms alike': (dice) => {
    const slow = stretches(dice, 0.3, 20);
    return () => {
      const [{ user, kernel }, speed] = [placed(dice), slow() ? Math.log(1.25) : 0];
      return { user: user + speed, kernel: kernel + speed };
    };
  },
  'slow stretches, kernel more': (dice) => {
    const slow = stretches(dice, 0.3, 5);
    return () => {
      const [{ user, kernel }, isSlow] = [placed(dice), slow()];
      return { user: user + (isSlow ? Math.log(1.2) : 0), kernel: kernel + (isSlow ? Math.log(1.25) : 0) };
    };
  },
} as const satisfies Record<string, Machine>;

/** ln of what noise multiplies the kernel times of one round by. */
export interface KernelDisturbance {
  readonly base: number;
  readonly head: number;
  readonly again: number;
}

/** Every load of a round lands elsewhere; what the machine does beside that comes on top. */
function loads(dice: Dice, spread: number, { base = 0, head = 0 } = {}): KernelDisturbance {
  const placedBy = (): number => spread * dice.normal();
  return { base: base + placedBy(), head: head + placedBy(), again: base + placedBy() };
}

export const kernelMachines = {
  'layout 1 %': (dice) => () => loads(dice, 0.01),
  'layout 5 %': (dice) => () => loads(dice, 0.05),
  'one load in four 12 % slower': (dice) => () => {
    const mode = (): number => 0.003 * dice.normal() + (dice.chance(0.25) ? 0.12 : 0);
    return { base: mode(), head: mode(), again: mode() };
  },
  'layout 2 %, and drift that all share': (dice) => {
    let drift = 0;
    return () => {
      drift += 0.02 * dice.normal();
      return loads(dice, 0.02, { base: drift, head: drift });
    };
  },
  'layout 2 %, and slow stretches, head more': (dice) => {
    const slow = stretches(dice, 0.3, 5);
    return () => loads(dice, 0.02, slow() ? { base: Math.log(1.2), head: Math.log(1.23) } : {});
  },
} as const satisfies Record<string, (dice: Dice) => () => KernelDisturbance>;
