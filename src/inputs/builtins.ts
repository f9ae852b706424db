/** The functions that stand in where a project names none: what they are given, and what they must answer. */
import path from 'node:path';
import type { BenchmarkPlan, Input } from '../domain/plan.js';
import { installationFolder } from '../installation.js';
import { builtinPacket } from './packet-set.js';
import { countingPayload, ethernet, icmpEcho, ipv4, ipv6, taggedEthernet, tcp, udp, type Flow } from './packets.js';

function input(name: string, bytes: Buffer): Input {
  return { name, hex: bytes.toString('hex') };
}

/** The original's 10 + 20: the context of `add`, two little-endian u32. */
function addInputs(): Input[] {
  const args = Buffer.alloc(8);
  args.writeUInt32LE(10, 0);
  args.writeUInt32LE(20, 4);
  return [input('10+20', args)];
}

/** Packets for the rules in `bpf/functions/tuple_filter.bpf.c`: matched, not matched, and not to be parsed. */
function filterInputs(): Input[] {
  const host = '192.0.2.10';
  const dns: Flow = { source: '198.51.100.23', sourcePort: 40000, destination: host, destinationPort: 53 };
  const ssh: Flow = { source: '203.0.113.7', sourcePort: 51000, destination: host, destinationPort: 22 };
  const telnet: Flow = { ...ssh, source: '198.51.100.24', destinationPort: 23 };
  const https: Flow = { ...ssh, destinationPort: 443 };
  const dns6: Flow = { ...dns, source: '2001:db8::23', destination: '2001:db8::10' };
  const payload = countingPayload(64);
  const routerAlert = Buffer.from('94040000', 'hex'); // RFC 2113
  const dnsPacket = ipv4(dns, 'udp', udp(dns, payload));
  return [
    input('udp-match', ethernet('ipv4', dnsPacket)),
    input('tcp-match', ethernet('ipv4', ipv4(ssh, 'tcp', tcp(ssh, payload)))),
    input('tcp-options-match', ethernet('ipv4', ipv4(telnet, 'tcp', tcp(telnet, payload), { options: routerAlert }))),
    input('tcp-no-match', ethernet('ipv4', ipv4(https, 'tcp', tcp(https, payload)))),
    input('icmp', ethernet('ipv4', ipv4(dns, 'icmp', icmpEcho(payload)))),
    input('ipv6', ethernet('ipv6', ipv6(dns6, 'udp', udp(dns6, payload)))),
    input('vlan-match', taggedEthernet(100, 'ipv4', dnsPacket)),
    input('truncated', ethernet('ipv4', dnsPacket.subarray(0, 10))),
  ];
}

function builtin(name: string, inputs: Input[], retval?: number): BenchmarkPlan {
  return {
    name,
    source: path.join(installationFolder(), 'bpf', 'functions', `${name}.bpf.c`),
    cflags: [],
    program: name,
    inputs,
    genericInputs: false,
    expect: retval === undefined ? {} : { retval },
    limits: {},
  };
}

export function builtinBenchmarks(): BenchmarkPlan[] {
  return [
    builtin('fnv1a', [{ ...builtinPacket('udp4'), name: 'udp-64' }]),
    builtin('tuple_filter', filterInputs()),
    builtin('add', addInputs(), 30),
  ];
}
