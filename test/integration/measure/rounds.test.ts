import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelFloor, kernelProgram, type KernelProgram } from '../../../src/arms/kernel-programs.js';
import { kernelSide } from '../../../src/arms/kernel.js';
import { userSide } from '../../../src/arms/user.js';
import { drawFrom } from '../../../src/measure/draw.js';
import { measureRounds } from '../../../src/measure/rounds.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('rounds of real sides', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const packet = udpPacket();
  const input = { name: 'udp', bytes: packet, retval: 3, output: packet };

  it('give every arm a figure in every round, from loads that differ and are gone afterwards', async () => {
    const rounds = 8;
    const program = await engine.load('crashes.bpf.c', 'lives');
    const libraries = await engine.libraries('crashes.bpf.c', 'lives');
    const kernel = kernelProgram(engine.libbpf, program, 'head', [input]);
    const fds: number[] = [];
    const sizes = new Set<number>();
    const load: KernelProgram['load'] = (padCount) => {
      const fd = kernel.load(padCount);
      fds.push(fd);
      sizes.add(engine.libbpf.programInfo(fd).xlatedBytes);
      return fd;
    };
    const sides = [
      kernelSide(engine.libbpf, { ...kernel, load }, () => undefined),
      userSide(engine.users, {
        ...{ name: 'lives', revision: 'head', metric: 'time', slot: 0, libraries, context: 'skb', inputs: [input] },
      }),
      kernelSide(engine.libbpf, kernelFloor(engine.libbpf, kernel, input), () => undefined),
    ];
    const { rows } = measureRounds({
      benchmark: 'lives',
      environment: 'here',
      sides,
      measurement: { iterations: 50_000, compareWith: 'syscall', timeLimitSeconds: 20, seed: 7 },
      minRounds: rounds,
      draw: drawFrom(7),
      now: () => performance.now() / 1000,
      wasDisturbed: () => false,
      next: (soFar) => (soFar[0]?.values.length === rounds ? 'enough' : 'more'),
    });
    for (const side of sides) side.dispose();

    expect(rows.map(({ arm, metric }) => `${arm} ${metric.name}`)).toEqual([
      'kernel time',
      'call time',
      'syscall time',
      'wakeup time',
      'kernel floor',
    ]);
    for (const { values, rounds: numbers, evidence } of rows) {
      expect(values).toHaveLength(rounds);
      expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const value of values) expect(value).toBeGreaterThan(0);
      expect(evidence.batches).toBeGreaterThanOrEqual(rounds);
    }
    for (const arm of ['kernel', 'syscall'] as const) {
      expect(rows.find((row) => row.arm === arm)?.evidence.invocations).toBeGreaterThanOrEqual(50_000);
    }
    const layouts = (rows[0]?.evidence.batches ?? 0) / (3 * rounds);
    expect([2, 4, 8]).toContain(layouts);
    expect(fds, 'and one to calibrate').toHaveLength(layouts * rounds + 1);
    expect(sizes.size).toBeGreaterThan(3);
    for (const fd of fds) expect(() => engine.libbpf.programInfo(fd)).toThrow();
    program.unload();
  });
});
