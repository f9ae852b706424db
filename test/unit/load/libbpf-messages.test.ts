import { describe, expect, it } from 'vitest';
import { complaintIn, neededProgram } from '../../../src/load/libbpf-messages.js';

/** As libbpf 1.1 and 1.5 print them. */
const said: Record<string, string> = {
  "libbpf: extern (func ksym) 'bpf_foo': not found in kernel or module BTFs": 'no function bpf_foo()',
  "libbpf: extern 'bpf_foo' (strong): not resolved\nlibbpf: extern (var ksym) 'runqueues': not found in kernel BTF":
    'no variable runqueues',
  "libbpf: prog 'on_entry': failed to find kernel BTF type ID of 'no_such': -3": 'nothing named no_such to attach to',
  "libbpf: prog 'replaces': attach program FD is not set": 'a function of another program',
  'libbpf: struct_ops init_kern: struct tcp_congestion_ops is not found in kernel BTF': 'no struct tcp_congestion_ops',
  'libbpf: Error loading vmlinux BTF: -2\nlibbpf: failed to find valid kernel BTF': 'this kernel has no BTF',
  'libbpf: BTF is required, but is missing or corrupted.': 'the object has no BTF',
  "libbpf: failed to find BTF for extern 'nowhere' [20] section: -2": 'nothing in it defines nowhere',
  "libbpf: failed to find BTF for extern '_ZN4core9panicking18panic_bounds_check17h0aE': -3": 'a bounds check',
  "libbpf: sec '.text.unlikely.': program '_RNvNtCs1_4core9panicking18panic_bounds_check' is static and not supported":
    'a bounds check',
  "libbpf: sec 'mine': program 'helper' is static and not supported": 'its function helper is in a section of its own',
  "libbpf: prog 'x': missing BPF prog type, check ELF section name 'xpd'": 'SEC("xpd") names no program type',
  "libbpf: map 'arena': failed to create: Invalid argument(-22)": 'its map arena cannot be created here',
};

describe('what libbpf says of a program that it cannot load', () => {
  it.each(Object.entries(said))('%s', (messages, clause) => {
    expect(complaintIn(messages)?.clause).toContain(clause);
  });

  it('is left alone where it is of something else', () => {
    expect(complaintIn("libbpf: prog 'x': BPF program load failed: Invalid argument")).toBeUndefined();
    expect(complaintIn('')).toBeUndefined();
  });

  it('tells which other program of the object is needed', () => {
    expect(neededProgram("libbpf: map 'jumps': failed to initialize slot [0] to prog 'second': -9")).toBe('second');
    expect(neededProgram("libbpf: map 'jumps': failed to create")).toBeUndefined();
  });
});
