/** What the kernel calls the program types, and what its test runs ask of their input. */
import type { ProgramType } from '../domain/words.js';
import type { TestRun } from './libbpf.js';

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
  /** Its test run takes a packet from behind its Ethernet header on, and gives none back: the program cannot write to it. */
  readonly isBare?: true;
  /** How the user-space harness sets up the context (`socket`: behind the Ethernet header); absent where there is no user-space side. */
  readonly context?: 'xdp' | 'skb' | 'socket' | 'flow' | 'raw';
}

const ETH_HLEN = 14;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
/** One page less XDP_PACKET_HEADROOM (256) and the tail room of `struct skb_shared_info` (320 bytes on 64 bits). */
const PACKET_ROOM = 4096 - 256 - 320;
/** The same with NET_SKB_PAD (64) in front, behind an Ethernet header that is not passed. */
const BARE_ROOM = ETH_HLEN + 4096 - 64 - 320;
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
    section: 'xdp',
    kernelType: 6,
    expectedAttachType: 37, // BPF_XDP
    flags: 0,
    minInputBytes: ETH_HLEN,
    maxInputBytes: PACKET_ROOM,
    blankedBytes: 0,
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
    isBare: true,
  },
};

/** `struct nf_hook_state` begins with the hook and its protocol family; the kernel refuses every other family. */
const NF_INET_LOCAL_OUT = 3; // the only hook whose test run reads no Ethernet header
const families: ReadonlyMap<number, number> = new Map([
  [ETH_P_IP, 2], // NFPROTO_IPV4
  [ETH_P_IPV6, 10], // NFPROTO_IPV6
]);

/** What BPF_PROG_TEST_RUN is given for an input that is a packet. */
export function packetRun(type: ProgramType, packet: Buffer): Pick<TestRun, 'dataIn' | 'context'> {
  if (programTypeFacts[type].isBare !== true) return { dataIn: packet };
  const family = packet.length < ETH_HLEN ? undefined : families.get(packet.readUInt16BE(ETH_HLEN - 2));
  return { dataIn: packet.subarray(ETH_HLEN), context: Buffer.from([NF_INET_LOCAL_OUT, family ?? 0]) };
}

/** A packet that every type is run on, of IPv4 as far as it says. */
export function plainPacket(type: ProgramType): Buffer {
  const packet = Buffer.alloc(Math.max(programTypeFacts[type].minInputBytes, 64));
  packet.writeUInt16BE(ETH_P_IP, ETH_HLEN - 2);
  return packet;
}

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
  raw_tracepoint: 'its test run knows no repeat, so its time cannot be told from that of the system call',
  raw_tracepoint_writable: 'its test run knows no repeat, so its time cannot be told from that of the system call',
  tracing: "its test run calls the kernel's own test functions, not what it is attached to",
  sk_lookup: 'its test run looks a socket up, and takes no packet',
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
