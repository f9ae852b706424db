import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Side } from '../../../src/arms/side.js';
import { userSide, type UserProgram } from '../../../src/arms/user.js';
import type { UserSide } from '../../../src/load/native.js';
import { drawFrom } from '../../../src/measure/draw.js';
import type { ProvedInput } from '../../../src/prove/input.js';
import { openEngine, udpPacket, type Engine } from '../../helpers/engine.js';
import { failureFrom } from '../../helpers/failure.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('the user-space arms', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const packet = udpPacket();

  async function program(source: string, name: string, proved: Partial<ProvedInput> = {}): Promise<UserProgram> {
    const libraries = await engine.libraries(source, name);
    const input = { name: 'udp', bytes: packet, retval: 3, output: packet, ...proved };
    return { name, revision: 'head', metric: 'time', slot: 4, libraries, context: 'skb', inputs: [input] };
  }

  function batch(side: Side, arm: string, invocations: number): { ns: number } {
    return side.arms.find((candidate) => candidate.arm === arm)!.batch(0, invocations);
  }

  it('are call, syscall and wakeup for a program, and call alone for the floor', async () => {
    const lives = await program('crashes.bpf.c', 'lives');
    expect(userSide(engine.users, lives).arms.map(({ arm }) => arm)).toEqual(['call', 'syscall', 'wakeup']);
    expect(userSide(engine.users, { ...lives, metric: 'floor' }).arms.map(({ arm }) => arm)).toEqual(['call']);
  });

  it.each(['call', 'syscall', 'wakeup'])(
    'run batches in a process that lasts as long as the round: %s',
    async (arm) => {
      const side = userSide(engine.users, await program('crashes.bpf.c', 'lives'));
      side.prepare(drawFrom(1));
      expect(batch(side, arm, 200).ns).toBeGreaterThan(0);
      side.release();
      expect(() => batch(side, arm, 1)).toThrow('no process');
      side.dispose();
    },
  );

  it('refuse at once what does not give the proved value or packet', async () => {
    for (const proved of [{ retval: 4 }, { output: Buffer.alloc(packet.length) }]) {
      const side = userSide(engine.users, await program('crashes.bpf.c', 'lives', proved));
      const failure = failureFrom(() => side.prepare(drawFrom(1)));
      expect(failure.kind).toBe('proof');
      expect(failure.message).toBe('lives: in user space, a later run did not give the proved result on input udp');
      side.release();
    }
  });

  it.each(['call', 'syscall'])('tell how many runs of a batch were good: %s', async (arm) => {
    const side = userSide(engine.users, await program('restless.bpf.c', 'late_in_user_space', { retval: 0 }));
    side.prepare(drawFrom(1));
    const failure = failureFrom(() => batch(side, arm, 6000));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe(
      'late_in_user_space: in user space, only 4999 of 6000 runs gave the proved result on input udp',
    );
    side.release();
  });

  it('are laid out afresh in every round, as drawn from the seed', async () => {
    const lives = await program('crashes.bpf.c', 'lives');
    const layouts = (seed: number): string[] => {
      const drawn: string[] = [];
      const users: UserSide = {
        ...engine.users,
        start: (slot, library, layout) => {
          drawn.push(`${lives.libraries.indexOf(library)} ${layout.pages} ${layout.stackBytes}`);
          return engine.users.start(slot, library, layout);
        },
      };
      const side = userSide(users, lives);
      const draw = drawFrom(seed);
      for (let round = 0; round < 12; round++) {
        side.prepare(draw);
        side.release();
      }
      return drawn;
    };
    expect(layouts(5)).toEqual(layouts(5));
    expect(layouts(5)).not.toEqual(layouts(6));
    expect(new Set(layouts(5)).size).toBe(12);
    expect(new Set(layouts(5).map((layout) => layout.split(' ')[0])).size).toBeGreaterThan(3);
  });
});
