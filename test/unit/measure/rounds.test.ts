import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureRounds } from '../../../src/measure/rounds.js';
import { Stage, type FakeArm, type FakeSide } from './sides.js';

/** A slice of 60 µs holds 600 invocations of 100 ns. */
const kernel: FakeSide = { name: 'tc', arms: [{ arm: 'kernel', cost: () => 100 }] };
const user: FakeSide = {
  name: 'user',
  arms: [
    { arm: 'call', cost: () => 50 },
    { arm: 'syscall', cost: () => 500 },
  ],
};

const isBatch = (event: string): boolean => event.startsWith('batch');
const batchesOf = (events: readonly string[], arm: string): number =>
  events.filter((event) => isBatch(event) && event.includes(` ${arm}/`)).length;

describe('rounds', () => {
  it('give one value per arm and round, with its round and what stands behind it', () => {
    const stage = new Stage();
    const { rows, rounds, seconds } = measureRounds(stage.request([stage.side(kernel), stage.side(user)], 4));
    expect(rounds).toBe(4);
    expect(seconds).toBe(stage.clockNs / 1e9);
    expect(rows.map(({ arm, values }) => [arm, values])).toEqual([
      ['kernel', [100, 100, 100, 100]],
      ['call', [50, 50, 50, 50]],
      ['syscall', [500, 500, 500, 500]],
    ]);
    expect(rows[0]).toEqual({
      benchmark: 'filter',
      revision: 'head',
      arm: 'kernel',
      environment: 'here',
      metric: { name: 'time', unit: 'ns', better: 'lower', kind: 'sampled' },
      values: [100, 100, 100, 100],
      rounds: [0, 1, 2, 3],
      evidence: { invocations: 4 * 3 * 600, batches: 12, retries: 0 },
    });
  });

  it('lay everything out afresh each time, and calibrate in a layout of its own', () => {
    const stage = new Stage();
    measureRounds(stage.request([stage.side(kernel), stage.side(user)], 3));
    const laidOut = stage.events.filter((event) => !isBatch(event));
    expect(laidOut).toHaveLength(2 * 2 * (1 + 3));
    for (let at = 0; at < laidOut.length; at += 4) {
      expect(laidOut.slice(at, at + 2).sort()).toEqual(['prepare tc', 'prepare user']);
      expect(laidOut.slice(at + 2, at + 4).sort()).toEqual(['release tc', 'release user']);
    }
  });

  it('run slices in passes in which every arm comes up, each in an order of its own', () => {
    const stage = new Stage();
    measureRounds(stage.request([stage.side(kernel), stage.side(user)], 20));
    const passes = stage.rounds(2).flatMap((round) => {
      const batches = round.filter(isBatch);
      expect(batches).toHaveLength(9);
      return [0, 3, 6].map((at) => batches.slice(at, at + 3).map((batch) => batch.split(/[ /]/)[2]));
    });
    for (const pass of passes) expect([...pass].sort()).toEqual(['call', 'kernel', 'syscall']);
    expect(new Set(passes.map((pass) => pass.join())).size).toBe(6);
  });

  it('spread an arm with more slices evenly over the passes', () => {
    const stage = new Stage();
    // 10 rounds of 50,000: 84 slices of the kernel, 105 of syscall; call has 3, which makes 3 passes.
    measureRounds(stage.request([stage.side(kernel), stage.side(user)], 10, { iterations: 500_000 }));
    for (const round of stage.rounds(2)) {
      const batches = round.filter(isBatch);
      expect(['kernel', 'call', 'syscall'].map((arm) => batchesOf(round, arm))).toEqual([84, 3, 105]);
      for (const at of [0, 64, 128]) {
        const pass = batches.slice(at, at + 64);
        expect(['kernel', 'call', 'syscall'].map((arm) => batchesOf(pass, arm))).toEqual([28, 1, 35]);
      }
    }
  });

  it('take the smallest of the slices in the kernel, and the lower quartile of them in user space', () => {
    const stage = new Stage();
    // Calibration takes two batches (16 and 128 invocations are 1.6 and 12.8 µs, 1,024 are 102 µs), so three.
    const costs = [100, 100, 100, 130, 110, 120, 400, 90, 100];
    const cost: FakeArm['cost'] = (_, batch) => costs[batch] ?? Number.NaN;
    const side = (arm: 'kernel' | 'call') => stage.side({ name: arm, arms: [{ arm, cost }] });
    const { rows } = measureRounds(stage.request([side('kernel'), side('call')], 2));
    expect(rows.map(({ values }) => values)).toEqual([
      [110, 90],
      [115, 95],
    ]);
  });

  it('average the inputs', () => {
    const stage = new Stage();
    const side = stage.side({
      name: 'tc',
      arms: [{ arm: 'kernel', inputCount: 3, cost: (input) => [90, 100, 230][input] ?? Number.NaN }],
    });
    const { rows } = measureRounds(stage.request([side], 2));
    expect(rows[0]?.values).toEqual([140, 140]);
    expect(rows[0]?.evidence.batches).toBe(2 * 3 * 3);
  });

  it('cut the same work for every revision of an arm, by what its dearest one costs', () => {
    const stage = new Stage();
    const sides = (
      [
        ['base', 100],
        ['head', 160],
        ['again', 110],
      ] as const
    ).map(([revision, ns]) => stage.side({ name: revision, arms: [{ arm: 'kernel', revision, cost: () => ns }] }));
    const { rows } = measureRounds(stage.request(sides, 4, { iterations: 100_000 }));
    expect(rows.map(({ revision }) => revision)).toEqual(['base', 'head', 'again']);
    // a slice of 60 µs at 160 ns; 100,000 ÷ 4 rounds ÷ 375 are 67 slices
    for (const { evidence } of rows) expect(evidence).toMatchObject({ invocations: 4 * 67 * 375, batches: 4 * 67 });
  });

  it('count retries, and nothing of the calibration', () => {
    const stage = new Stage();
    const side = stage.side({ name: 'tc', arms: [{ arm: 'kernel', cost: () => 100, retries: 2 }] });
    const { rows } = measureRounds(stage.request([side], 5));
    expect(rows[0]?.evidence).toEqual({ invocations: 5 * 3 * 600, batches: 15, retries: 30 });
    expect(stage.events.filter(isBatch).length).toBeGreaterThan(15);
  });

  it('ask after every round, with all rows up to it and the time since the start, whether that is enough', () => {
    const stage = new Stage();
    const side = stage.side(kernel);
    stage.clockNs = 5e9;
    const asked: [number, number][] = [];
    const { rounds } = measureRounds({
      ...stage.request([side], 1),
      next: (rows, secondsSpent) => {
        asked.push([rows[0]?.values.length ?? 0, secondsSpent]);
        return asked.length === 3 ? 'enough' : 'more';
      },
    });
    expect(rounds).toBe(3);
    expect(asked.map(([values]) => values)).toEqual([1, 2, 3]);
    expect(asked.at(-1)?.[1]).toBeCloseTo(stage.clockNs / 1e9 - 5, 12);
  });

  it('throw a disturbed round away, with its values and its evidence, and measure another', () => {
    const measured = (disturbed: readonly boolean[]) => {
      const stage = new Stage();
      const left = [...disturbed];
      const result = measureRounds({
        ...stage.request([stage.side(kernel)], 3),
        wasDisturbed: () => left.shift() ?? false,
      });
      return { ...result, batches: stage.events.filter(isBatch).length };
    };
    const calm = measured([]);
    const stormy = measured([true, false, true]);
    expect(stormy.rounds).toBe(3);
    expect(stormy.rows[0]?.rounds).toEqual([0, 1, 2]);
    expect(stormy.rows[0]?.values).toHaveLength(3);
    expect(stormy.rows[0]?.evidence).toEqual(calm.rows[0]?.evidence);
    expect(stormy.batches).toBeGreaterThan(calm.batches);
    expect(stormy.seconds).toBeGreaterThan(calm.seconds);
  });

  it('name the floor as such', () => {
    const stage = new Stage();
    const side = stage.side({ name: 'empty', arms: [{ arm: 'kernel', metric: 'floor', cost: () => 25 }] });
    expect(measureRounds(stage.request([side], 2)).rows[0]?.metric.name).toBe('floor');
  });

  it('reach the iterations on both sides, whatever an invocation costs', () => {
    const costNs = fc.double({ min: 0.5, max: 10_000, noNaN: true });
    const request = fc.record({
      kernelNs: costNs,
      syscallNs: costNs,
      iterations: fc.integer({ min: 1, max: 20_000 }),
      rounds: fc.integer({ min: 2, max: 6 }),
      inputCount: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(request, ({ kernelNs, syscallNs, iterations, rounds, inputCount }) => {
        const stage = new Stage();
        const sides = [
          stage.side({ name: 'tc', arms: [{ arm: 'kernel', inputCount, cost: () => kernelNs }] }),
          stage.side({ name: 'user', arms: [{ arm: 'syscall', inputCount, cost: () => syscallNs }] }),
        ];
        const { rows } = measureRounds(stage.request(sides, rounds, { iterations }));
        for (const { evidence } of rows) expect(evidence.invocations).toBeGreaterThanOrEqual(iterations);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a side with layouts', () => {
  /** 5 ms to lay out: eight layouts fit. */
  const relaid: FakeSide = { ...kernel, hasLayouts: true, prepareNs: 5e6 };

  it('is laid out several times in a round that lays out the others once, with slices in each', () => {
    const stage = new Stage();
    const { rows } = measureRounds(stage.request([stage.side(relaid), stage.side(user)], 2));
    const after = stage.events.slice(stage.events.indexOf('release user') + 1);
    const round = after.slice(0, after.indexOf('release user') + 1);
    expect(round[0]).toBe('prepare user');
    expect(round.filter((event) => event === 'prepare tc')).toHaveLength(8);
    expect(batchesOf(round, 'kernel')).toBe(8 * 3);
    expect(batchesOf(round, 'syscall')).toBe(3);
    const layouts = round.join('\n').split('prepare tc').slice(1);
    for (const layout of layouts) expect(batchesOf(layout.split('\n'), 'kernel')).toBe(3);
    expect(layouts.map((layout) => batchesOf(layout.split('\n'), 'call'))).toEqual([0, 0, 1, 0, 0, 1, 0, 1]);
    expect(rows[0]?.values).toHaveLength(2);
    expect(rows[0]?.evidence.batches).toBe(2 * 8 * 3);
  });

  it('is laid out less often the longer that takes', () => {
    const layoutsOf = (prepareNs: number): number => {
      const stage = new Stage();
      const { rows } = measureRounds(stage.request([stage.side({ ...relaid, prepareNs })], 1));
      return (rows[0]?.evidence.batches ?? 0) / 3;
    };
    expect([1e6, 30e6, 60e6, 200e6].map(layoutsOf)).toEqual([8, 4, 2, 1]);
  });

  it('draws from every stratum once a round, in an order of its own', () => {
    const stage = new Stage();
    const drawn = { one: [] as number[], other: [] as number[] };
    const sides = (['one', 'other'] as const).map((name) =>
      stage.side({
        ...relaid,
        name,
        prepareNs: 1e6,
        onPrepare: (_, layout, { index, of }) => {
          expect(of).toBe(layout === 0 ? 1 : 8);
          if (layout > 0) drawn[name].push(index);
        },
      }),
    );
    measureRounds(stage.request(sides, 5));
    const rounds = [0, 8, 16, 24, 32].flatMap((at) => [drawn.one.slice(at, at + 8), drawn.other.slice(at, at + 8)]);
    for (const round of rounds) expect([...round].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(rounds.map((round) => round.join())).size).toBe(10);
  });

  it('is laid out as often as is asked for, whatever fits', () => {
    const stage = new Stage();
    const { rows } = measureRounds({ ...stage.request([stage.side(relaid)], 2), layouts: 2 });
    expect(rows[0]?.evidence.batches).toBe(2 * 2 * 3);
  });

  it('gives the mean of what its layouts say, each by its own slices', () => {
    const stage = new Stage();
    let layout = -1;
    const side = stage.side({
      ...{ name: 'tc', hasLayouts: true, prepareNs: 20e6 },
      onPrepare: () => (layout += 1),
      // In every other layout 200 ns; one slice of three is disturbed.
      arms: [{ arm: 'kernel', cost: (_, batch) => (layout % 2 === 0 ? 200 : 100) + (batch % 3 === 0 ? 1000 : 0) }],
    });
    const { rows } = measureRounds(stage.request([side], 3));
    expect(rows[0]?.values).toEqual([150, 150, 150]);
  });
});

describe('the iterations', () => {
  const revisions = ['base', 'head', 'again'] as const;
  const invocations = (comparesSpeedups: boolean) => {
    const stage = new Stage();
    const sides = revisions.map((revision) =>
      stage.side({
        name: revision,
        arms: [
          { arm: 'kernel', revision, cost: () => 100 },
          { arm: 'syscall', revision, cost: () => 500 },
        ],
      }),
    );
    const request = stage.request(sides, 10, { iterations: 100_000 });
    return measureRounds({ ...request, comparesSpeedups }).rows.map(({ evidence }) => evidence.invocations);
  };

  it('are reached by every revision in the kernel, and in user space by those whose speedups are compared', () => {
    for (const count of invocations(true)) expect(count).toBeGreaterThanOrEqual(100_000);
    const [base, baseUser, head, headUser, again, againUser] = invocations(false);
    for (const count of [base, head, headUser, again]) expect(count).toBeGreaterThanOrEqual(100_000);
    for (const count of [baseUser, againUser]) expect(count).toBe(10 * 3 * 480);
  });
});

describe('what is drawn', () => {
  function orders(seed: number) {
    const stage = new Stage();
    const drawn: number[] = [];
    const draws: FakeSide['onPrepare'] = (draw) => drawn.push(draw.integer(0, 1e6));
    const sides = ['a', 'b', 'c', 'd'].map((name) => stage.side({ ...kernel, name, onPrepare: draws }));
    measureRounds(stage.request(sides, 10, { seed }));
    const names = (kind: string) =>
      stage.rounds(4).map((round) => {
        const events = round.filter((event) => event.startsWith(kind));
        return events.map((event) => event.split(' ')[1]).join('');
      });
    return { loads: names('prepare'), runs: names('batch'), drawn };
  }

  it('is the same for the same seed and another for another: load order, run order, layouts', () => {
    expect(orders(7)).toEqual(orders(7));
    const [one, other] = [orders(7), orders(8)];
    expect(one.loads).not.toEqual(other.loads);
    expect(one.runs).not.toEqual(other.runs);
    expect(one.drawn).not.toEqual(other.drawn);
  });

  it('is another load order and another run order in every round, and the one does not follow the other', () => {
    const { loads, runs } = orders(7);
    expect(new Set(loads).size).toBeGreaterThan(5);
    expect(new Set(runs).size).toBeGreaterThan(5);
    expect(runs.filter((run, i) => run.startsWith(loads[i] ?? '')).length).toBeLessThan(5);
  });
});

describe('where something fails', () => {
  const broken = new Error('wrong result');
  const fail = (): never => {
    throw broken;
  };

  it.each([
    ['a batch of the calibration', { onBatch: fail }],
    ['a batch of a round', { onBatch: (round: number) => (round === 2 ? fail() : undefined) }],
    ['a load of the calibration', { onPrepare: fail }],
    ['a load of a round', { onPrepare: (_: unknown, round: number) => (round === 2 ? fail() : undefined) }],
    ['letting go of a load', { onRelease: fail }],
  ])('in %s, every side is let go of and the failure is told', (_, fault) => {
    for (const faulty of [0, 1, 2]) {
      const stage = new Stage();
      const sides = ['a', 'b', 'c'].map((name, at) => stage.side({ ...kernel, name, ...(at === faulty ? fault : {}) }));
      expect(() => measureRounds(stage.request(sides, 5))).toThrow(broken);
      expect(stage.prepared).toEqual([]);
      for (const name of ['a', 'b', 'c']) expect(stage.events).toContain(`release ${name}`);
    }
  });
});
