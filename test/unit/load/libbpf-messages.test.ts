import { describe, expect, it } from 'vitest';
import { missingThing, needsOtherPrograms } from '../../../src/load/libbpf-messages.js';

/** As libbpf 1.1 and 1.5 print them. */
const said: Record<string, string> = {
  "libbpf: extern (func ksym) 'bpf_foo': not found in kernel or module BTFs": 'no function bpf_foo()',
  "libbpf: extern 'bpf_foo' (strong): not resolved\nlibbpf: extern (var ksym) 'runqueues': not found in kernel BTF":
    'no variable runqueues',
  "libbpf: prog 'on_entry': failed to find kernel BTF type ID of 'no_such': -3": 'nothing named no_such to attach to',
  "libbpf: prog 'replaces': attach program FD is not set": 'a function of another program',
  'libbpf: struct_ops init_kern: struct tcp_congestion_ops is not found in kernel BTF': 'no struct tcp_congestion_ops',
  'libbpf: Error loading vmlinux BTF: -2\nlibbpf: failed to find valid kernel BTF': 'this kernel has no BTF',
  'libbpf: BTF is required, but is missing or corrupted.': 'compile it with -g',
  "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+": 'SEC(".maps")',
  "libbpf: map 'arena': failed to create: Invalid argument(-22)": 'its map arena cannot be created here',
};

describe('what libbpf says of a program that it cannot load', () => {
  it.each(Object.entries(said))('%s', (messages, clause) => {
    expect(missingThing(messages)).toContain(clause);
  });

  it('is left alone where it is of something else', () => {
    expect(missingThing("libbpf: prog 'x': BPF program load failed: Invalid argument")).toBeUndefined();
    expect(missingThing('')).toBeUndefined();
  });

  it('tells that other programs of the object are needed', () => {
    expect(needsOtherPrograms("libbpf: map 'jumps': failed to initialize slot [0] to prog 'second': -9")).toBe(true);
    expect(needsOtherPrograms("libbpf: map 'jumps': failed to create")).toBe(false);
  });
});
