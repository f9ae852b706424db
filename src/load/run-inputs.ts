/** What BPF_PROG_TEST_RUN is given for an input, by the type of the program, and what is wrong with inputs that it would refuse. */
import type { Input } from '../domain/plan.js';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import type { TestRun } from './libbpf.js';
import { programTypeFacts } from './program-types.js';
import { complaintAboutLookup, lookupOfPacket, type Complaint } from './socket-lookups.js';

const ETH_HLEN = 14;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** `struct nf_hook_state` begins with the hook and its protocol family; the kernel refuses every other family. */
const NF_INET_LOCAL_OUT = 3; // the only hook whose test run reads no Ethernet header
const families: ReadonlyMap<number, number> = new Map([
  [ETH_P_IP, 2], // NFPROTO_IPV4
  [ETH_P_IPV6, 10], // NFPROTO_IPV6
]);

/** Arguments of a raw tracepoint are 64 bits each. */
const ARGUMENT_BYTES = 8;

/** Whether the kernel repeats a run by itself; else each is a call, or a loop around the program repeats it. */
export function isRepeated(type: ProgramType): boolean {
  const { given } = programTypeFacts[type];
  return given !== 'context' && given !== 'arguments';
}

/** Whether a run gives back what the program may have changed. */
export function hasOutput(type: ProgramType): boolean {
  const { given } = programTypeFacts[type];
  return given === 'packet' || given === 'context';
}

/** A context is one of its own: the kernel may write to it. */
export function runOn(type: ProgramType, input: Buffer): Pick<TestRun, 'dataIn' | 'context'> {
  switch (programTypeFacts[type].given) {
    case 'packet':
      return { dataIn: input };
    case 'bare packet':
      return { dataIn: input.subarray(ETH_HLEN), context: Buffer.from([NF_INET_LOCAL_OUT, familyOf(input) ?? 0]) };
    case 'look-up':
      return { context: lookupOfPacket(input) ?? Buffer.from(input) };
    case 'context':
    case 'arguments':
      return { context: Buffer.from(input) };
  }
}

function familyOf(packet: Buffer): number | undefined {
  return packet.length < ETH_HLEN ? undefined : families.get(packet.readUInt16BE(ETH_HLEN - 2));
}

/** An input that every program of the type is run on, if it asks nothing of it. */
export function plainInput(type: ProgramType): Buffer {
  const { minInputBytes, given } = programTypeFacts[type];
  if (given === 'arguments') return Buffer.alloc(minInputBytes);
  const packet = Buffer.alloc(Math.max(minInputBytes, 64));
  packet.writeUInt16BE(ETH_P_IP, ETH_HLEN - 2);
  packet.writeUInt8(0x45, ETH_HLEN);
  packet.writeUInt8(6, ETH_HLEN + 9); // TCP, for which sockets are looked up
  return packet;
}

/** What raw tracepoints are run on where nobody says what arguments they have. */
export function zeroArguments(): Input {
  return { name: 'zeros', hex: '00'.repeat(programTypeFacts.raw_tracepoint.maxInputBytes) };
}

/** Throws a KfaasError of kind usage for an input that no program of the type can be run on. */
export function requireFit(program: string, type: ProgramType, input: string, bytes: Buffer): void {
  const complaint = complaintAbout(type, bytes);
  if (complaint === undefined) return;
  const { clause, remedy } = complaint;
  throw new KfaasError({ kind: 'usage', message: `${program}: input ${input} ${clause}`, remedy });
}

export function complaintAbout(type: ProgramType, input: Buffer): Complaint | undefined {
  const { minInputBytes, maxInputBytes, given } = programTypeFacts[type];
  if (given === 'look-up') return complaintAboutLookup(input);
  if (input.length < minInputBytes || input.length > maxInputBytes) {
    return {
      clause: `has ${String(input.length)} bytes, which a ${type} program cannot be run on`,
      remedy: `give an input of ${String(minInputBytes)} to ${String(maxInputBytes)} bytes`,
    };
  }
  if (given === 'bare packet' && familyOf(input) === undefined) {
    return {
      clause: `has EtherType 0x${input.toString('hex', ETH_HLEN - 2, ETH_HLEN)}, which does not get to a ${type} program`,
      remedy: 'give an IPv4 or IPv6 packet behind an Ethernet header without tags',
    };
  }
  if (given === 'arguments' && input.length % ARGUMENT_BYTES !== 0) {
    return {
      clause: `has ${String(input.length)} bytes, and arguments have ${String(ARGUMENT_BYTES)} each`,
      remedy: 'give each argument as a little-endian number of 64 bits',
    };
  }
  return undefined;
}
