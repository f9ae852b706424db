/** What the kernel calls the program types, and what its test runs ask of their input. */
import type { ProgramType } from '../domain/words.js';

export interface ProgramTypeFacts {
  /** `enum bpf_prog_type`. */
  readonly kernelType: number;
  /** `enum bpf_attach_type` of programs that the tool writes itself. */
  readonly expectedAttachType: number;
  /** `prog_flags` of the same. */
  readonly flags: number;
  /** Shortest and longest input of BPF_PROG_TEST_RUN, bytes (net/bpf/test_run.c). */
  readonly minInputBytes: number;
  readonly maxInputBytes: number;
  /** Bytes in front of an output that the kernel blanks: a socket filter runs behind the Ethernet header. */
  readonly blankedBytes: number;
  /** How the user-space harness sets up the context (`socket`: behind the Ethernet header); absent where there is no user-space side. */
  readonly context?: 'xdp' | 'skb' | 'socket' | 'raw';
}

const ETH_HLEN = 14;
/** One page less XDP_PACKET_HEADROOM (256) and the tail room of `struct skb_shared_info` (320 bytes on 64 bits). */
const PACKET_ROOM = 4096 - 256 - 320;
/** The user-space arms hand messages of one page over, with a return value in front. */
const CONTEXT_ROOM = 4096 - 4;

/** What the kernel builds a packet without its Ethernet header for, and blanks that in the output. */
const behindEthernet = {
  flags: 0,
  minInputBytes: ETH_HLEN,
  maxInputBytes: PACKET_ROOM,
  blankedBytes: ETH_HLEN,
  context: 'socket',
} as const;

export const programTypeFacts: Record<ProgramType, ProgramTypeFacts> = {
  xdp: {
    kernelType: 6,
    expectedAttachType: 37, // BPF_XDP
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
    context: 'xdp',
  },
  tc: {
    kernelType: 3,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
    context: 'skb',
  },
  socket_filter: {
    kernelType: 1,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: ETH_HLEN,
    context: 'socket',
  },
  cgroup_skb: { ...behindEthernet, kernelType: 8, expectedAttachType: 0 },
  lwt_in: { ...behindEthernet, kernelType: 10, expectedAttachType: 0 },
  lwt_out: { ...behindEthernet, kernelType: 11, expectedAttachType: 0 },
  lwt_xmit: { ...behindEthernet, kernelType: 12, expectedAttachType: 0 },
  flow_dissector: {
    kernelType: 22,
    expectedAttachType: 17, // BPF_FLOW_DISSECTOR
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0, // the output is a `struct bpf_flow_keys`
  },
  syscall: {
    kernelType: 31,
    expectedAttachType: 0,
    flags: 1 << 4, // BPF_F_SLEEPABLE
    minInputBytes: 0,
    maxInputBytes: CONTEXT_ROOM,
    blankedBytes: 0,
    context: 'raw',
  },
};

/** The type of that number, if it is one that can be measured. */
export function programTypeOf(kernelType: number): ProgramType | undefined {
  return (Object.keys(programTypeFacts) as ProgramType[]).find(
    (type) => programTypeFacts[type].kernelType === kernelType,
  );
}
