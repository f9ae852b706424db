/** What the kernel calls the program types, and what its test runs ask of their input. */
import type { ProgramType } from '../domain/words.js';
import { lookupBytes } from './socket-lookups.js';

export interface ProgramTypeFacts {
  /** `enum bpf_prog_type`. */
  readonly kernelType: number;
  /** `enum bpf_attach_type` of programs that the tool writes itself. */
  readonly expectedAttachType: number;
  /** `prog_flags` of the same. */
  readonly flags: number;
  /** SEC() of such a program. */
  readonly section: string;
  /** Shortest and longest input of BPF_PROG_TEST_RUN, bytes (net/bpf/test_run.c). */
  readonly minInputBytes: number;
  readonly maxInputBytes: number;
  /** Bytes in front of an output that the kernel blanks: a socket filter runs behind the Ethernet header. */
  readonly blankedBytes: number;
  /**
   * What the bytes of an input are to its test run: a packet; one from behind its Ethernet header on, which the program cannot write to;
   * a context that is written back; a look-up of a socket, or the packet that brings it about; a tracepoint's arguments.
   */
  readonly given: 'packet' | 'bare packet' | 'context' | 'look-up' | 'arguments';
  /** How the user-space harness sets up the context (`socket`: behind the Ethernet header); absent where there is no user-space side. */
  readonly context?: 'xdp' | 'skb' | 'socket' | 'flow' | 'raw';
}

const ETH_HLEN = 14;
/** One page less XDP_PACKET_HEADROOM (256) and the tail room of `struct skb_shared_info` (320 bytes on 64 bits). */
const PACKET_ROOM = 4096 - 256 - 320;
/** The same with NET_SKB_PAD (64) in front, behind an Ethernet header that is not passed. */
const BARE_ROOM = ETH_HLEN + 4096 - 64 - 320;
/** The user-space arms hand messages of one page over, with a return value in front. */
const CONTEXT_ROOM = 4096 - 4;

/** MAX_BPF_FUNC_ARGS, of 8 bytes each. */
const ARGUMENTS_ROOM = 12 * 8;

/** What the kernel builds a packet without its Ethernet header for, and blanks that in the output. */
const behindEthernet = {
  flags: 0,
  minInputBytes: ETH_HLEN,
  maxInputBytes: PACKET_ROOM,
  blankedBytes: ETH_HLEN,
  given: 'packet',
  context: 'socket',
} as const;

export const programTypeFacts: Record<ProgramType, ProgramTypeFacts> = {
  xdp: {
    section: 'xdp',
    kernelType: 6,
    expectedAttachType: 37, // BPF_XDP
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
    given: 'packet',
    context: 'xdp',
  },
  tc: {
    section: 'tc',
    kernelType: 3,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
    given: 'packet',
    context: 'skb',
  },
  socket_filter: {
    section: 'socket',
    kernelType: 1,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: ETH_HLEN,
    given: 'packet',
    context: 'socket',
  },
  cgroup_skb: { ...behindEthernet, section: 'cgroup_skb/ingress', kernelType: 8, expectedAttachType: 0 },
  lwt_in: { ...behindEthernet, section: 'lwt_in', kernelType: 10, expectedAttachType: 0 },
  lwt_out: { ...behindEthernet, section: 'lwt_out', kernelType: 11, expectedAttachType: 0 },
  lwt_xmit: { ...behindEthernet, section: 'lwt_xmit', kernelType: 12, expectedAttachType: 0 },
  flow_dissector: {
    section: 'flow_dissector',
    kernelType: 22,
    expectedAttachType: 17, // BPF_FLOW_DISSECTOR
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0, // the output is a `struct bpf_flow_keys`
    given: 'packet',
    context: 'flow',
  },
  syscall: {
    section: 'syscall',
    kernelType: 31,
    expectedAttachType: 0,
    flags: 1 << 4, // BPF_F_SLEEPABLE
    minInputBytes: 0,
    maxInputBytes: CONTEXT_ROOM,
    blankedBytes: 0,
    given: 'context',
    context: 'raw',
  },
  sched_act: {
    section: 'action',
    kernelType: 4,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
    given: 'packet',
    context: 'skb',
  },
  netfilter: {
    section: 'netfilter',
    kernelType: 32,
    expectedAttachType: 45, // BPF_NETFILTER
    flags: 0,
    minInputBytes: ETH_HLEN + 20, // an IPv4 header
    maxInputBytes: BARE_ROOM,
    blankedBytes: 0,
    given: 'bare packet',
  },
  sk_lookup: {
    section: 'sk_lookup',
    kernelType: 30,
    expectedAttachType: 36, // BPF_SK_LOOKUP
    flags: 0,
    minInputBytes: lookupBytes.least,
    maxInputBytes: PACKET_ROOM, // of the packet that brings a look-up about
    blankedBytes: 0,
    given: 'look-up',
  },
  raw_tracepoint: {
    section: 'raw_tp',
    kernelType: 17,
    expectedAttachType: 0,
    flags: 0,
    minInputBytes: 0,
    maxInputBytes: ARGUMENTS_ROOM,
    blankedBytes: 0,
    given: 'arguments',
  },
};

/** `struct bpf_flow_keys`: its length, and where its first fields lie. */
const flowKeys = { bytes: 56, nhoff: 0, thoff: 2, nProto: 10 } as const;

/** What a program of that type gives back of an input if it does nothing, but for bytes that the kernel blanks. */
export function untouchedOutput(type: ProgramType, input: Buffer): Buffer {
  return type === 'flow_dissector' ? untouchedFlowKeys(input) : input;
}

/** The `struct bpf_flow_keys` that a flow dissector finds. */
export function untouchedFlowKeys(packet: Buffer): Buffer {
  const keys = Buffer.alloc(flowKeys.bytes);
  keys.writeUInt16LE(ETH_HLEN, flowKeys.nhoff);
  keys.writeUInt16LE(ETH_HLEN, flowKeys.thoff);
  packet.copy(keys, flowKeys.nProto, ETH_HLEN - 2, ETH_HLEN);
  return keys;
}

/** Why programs of other types, by libbpf's names, are not run: what BPF_PROG_TEST_RUN makes of them, a clause each. */
const notRun: Readonly<Record<string, string>> = {
  tracing:
    "it has a test run for fentry, fexit and fmod_ret alone, which calls the kernel's own test functions, not what it is attached to",
  struct_ops: 'only the operations of a test module of the kernel have one',
};

/** A clause about a program of a type that is not in the table. */
export function whyNoTestRun(type: string): string {
  return notRun[type] ?? 'the kernel has no test run for such';
}

/** The type of that number, if it is one that can be measured. */
export function programTypeOf(kernelType: number): ProgramType | undefined {
  return (Object.keys(programTypeFacts) as ProgramType[]).find(
    (type) => programTypeFacts[type].kernelType === kernelType,
  );
}
