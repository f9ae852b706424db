/**
 * XDP's dispatcher. A repeated test run puts its program into the kernel's XDP dispatcher and takes it out again, and
 * waits for RCU both times: 16 to 28 ms a call. It does not for a program that is there already, so one tiny program stays
 * attached to a loopback device of its own and tail-calls whatever the round has loaded. Adds under 2 ns, to the floor alike.
 */
import { closeSync } from 'node:fs';
import { dispatcher } from '../load/instructions.js';
import type { Libbpf } from '../load/libbpf.js';
import { programTypeFacts } from '../load/program-types.js';
import type { Draw } from './side.js';

interface Dispatcher {
  /** What to run instead of the program. */
  readonly fd: number;
  /** Makes a loaded program the one that is dispatched to. */
  put: (program: number) => void;
  close: () => void;
}

/**
 * The dispatchers of sides that are laid out together, one for each. They are loaded once and last, and each has a layout of
 * its own, so that its luck would be some revision's for a whole measurement: in every layout each side is dealt another.
 */
export interface Dispatchers {
  /** One that nobody else has. */
  deal: (draw: Draw) => Dispatcher;
  giveBack: (dispatcher: Dispatcher) => void;
  /** The side that they were opened for goes. */
  close: () => void;
}

/** Those that nobody has, by the flags that dispatchers and their programs must agree about. */
const pools = new WeakMap<Libbpf, Map<number, Dispatcher[]>>();

/** One more dispatcher for one more side. Throws an Errno. Everything that it makes goes with the process at the latest. */
export function openDispatchers(libbpf: Libbpf, programFlags: number): Dispatchers {
  const flags = programFlags & BPF_F_XDP_HAS_FRAGS;
  const byFlags = pools.get(libbpf) ?? new Map<number, Dispatcher[]>();
  const free = byFlags.get(flags) ?? [];
  pools.set(libbpf, byFlags.set(flags, free));
  const opened = openDispatcher(libbpf, flags);
  free.push(opened);
  return {
    deal(draw) {
      const [dealt] = free.splice(draw.integer(0, free.length - 1), 1);
      if (dealt === undefined) throw new Error('more sides than dispatchers');
      return dealt;
    },
    giveBack(dispatcher) {
      free.push(dispatcher);
    },
    close() {
      const [own] = free.splice(Math.max(0, free.indexOf(opened)), 1); // another one where another side still has it
      own?.close();
    },
  };
}

/** A dispatcher and its programs must agree about multi-buffer packets. */
const BPF_F_XDP_HAS_FRAGS = 1 << 5;

function openDispatcher(libbpf: Libbpf, flags: number): Dispatcher {
  const { kernelType, expectedAttachType } = programTypeFacts.xdp;
  const map = libbpf.progArray();
  const fd = libbpf.loadPlain({
    type: kernelType,
    expectedAttachType,
    flags,
    insns: dispatcher(map),
  });
  const { linkFd, namespaceFd } = libbpf.attachToOwnLoopback(fd);
  return {
    fd,
    put: (program) => {
      libbpf.setProgArray(map, program);
    },
    close: () => {
      for (const open of [linkFd, namespaceFd, fd, map]) closeSync(open);
    },
  };
}
