/**
 * XDP's dispatcher. A repeated test run puts its program into the kernel's XDP dispatcher and takes it out again, and
 * waits for RCU both times: 16 to 28 ms a call. It does not for a program that is there already, so one tiny program stays
 * attached to a loopback device of its own and tail-calls whatever the round has loaded. Adds under 2 ns, to the floor alike.
 */
import { closeSync } from 'node:fs';
import { dispatcher } from '../load/instructions.js';
import type { Libbpf } from '../load/libbpf.js';
import { programTypeFacts } from '../load/program-types.js';

export interface Dispatcher {
  /** What to run instead of the program. */
  readonly fd: number;
  /** Makes a loaded program the one that is dispatched to. */
  put: (program: number) => void;
  close: () => void;
}

/** A dispatcher and its programs must agree about multi-buffer packets. */
const BPF_F_XDP_HAS_FRAGS = 1 << 5;

/** Throws an Errno. Everything that it makes goes with the process at the latest. */
export function openDispatcher(libbpf: Libbpf, programFlags: number): Dispatcher {
  const { kernelType, expectedAttachType } = programTypeFacts.xdp;
  const map = libbpf.progArray();
  const fd = libbpf.loadPlain({
    type: kernelType,
    expectedAttachType,
    flags: programFlags & BPF_F_XDP_HAS_FRAGS,
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
