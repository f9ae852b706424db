/** What a SEC() says of a program's type that this libbpf does not read: a section that is newer than it, or one that it once took. Pure. */
import type { ProgramType } from '../domain/words.js';
import { programTypeFacts } from './program-types.js';

/** `enum bpf_prog_type`, `enum bpf_attach_type`. */
export interface SectionType {
  readonly type: number;
  readonly expectedAttachType: number;
}

const BPF_XDP_DEVMAP = 33;
const BPF_XDP_CPUMAP = 35;

/**
 * Up to 0.8 libbpf took whatever begins with one of these (`section_defs` and SEC_SLOPPY_PFX in its libbpf.c), and so do other
 * loaders still: SEC("xdp_prog1"), SEC("classifier/ingress"). The first that fits counts.
 */
const prefixes: readonly (readonly [RegExp, ProgramType, number?])[] = [
  [/^xdp_devmap/, 'xdp', BPF_XDP_DEVMAP],
  [/^xdp_cpumap/, 'xdp', BPF_XDP_CPUMAP],
  [/^xdp/, 'xdp'],
  [/^(?:tc|tcx|netkit)(?![a-z])/, 'tc'], // tc/ingress and tcx/ingress since libbpf 1.3
  [/^classifier/, 'tc'],
  [/^action/, 'sched_act'],
  [/^socket/, 'socket_filter'],
  [/^cgroup[_/]skb/, 'cgroup_skb'],
  [/^lwt_in/, 'lwt_in'],
  [/^lwt_out/, 'lwt_out'],
  [/^lwt_xmit/, 'lwt_xmit'],
  [/^flow_dissector/, 'flow_dissector'],
  [/^netfilter/, 'netfilter'], // since libbpf 1.3
];

/** SEC("xdp/devmap") and SEC("xdp/cpumap"), as they were and are written. */
export function isBehindRedirect(section: string): boolean {
  return /^\??xdp(?:\.frags)?[_/](?:devmap|cpumap)/.test(section);
}

/** Undefined for a section that names no type to any loader. */
export function sectionType(section: string): SectionType | undefined {
  const found = prefixes.find(([pattern]) => pattern.test(section.replace(/^\?/, '')));
  if (found === undefined) return undefined;
  const [, type, attachType] = found;
  return typeNumbers(type, attachType);
}

export function typeNumbers(type: ProgramType, attachType?: number): SectionType {
  const { kernelType, expectedAttachType } = programTypeFacts[type];
  return { type: kernelType, expectedAttachType: attachType ?? expectedAttachType };
}
