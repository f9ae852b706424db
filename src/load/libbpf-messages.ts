/** Reads what libbpf says of an object or a program that it could not bring to the kernel. Pure. Its wording is that of libbpf 1.1 to 1.6. */

export interface Complaint {
  /** What is wrong, as one clause. */
  readonly clause: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Functions of Rust's core that end in a panic: `core::panicking::panic_bounds_check`, mangled. */
export const leftoverPanic = /panicking|panic_bounds_check/;

const rustPanic: Complaint = {
  clause: 'a bounds check that may panic is left in it (panic_bounds_check)',
  remedy: 'Rust: mask the index (`i & (LEN - 1)`), or use get(), so that nothing is left that could panic',
};

const otherKernel = 'run it on a kernel that has it, or choose another program of the object';

/** A function of the kernel's for programs. */
export const missingFunction = (name: string): Complaint => ({
  clause: `this kernel has no function ${name}() for programs (kfunc)`,
  remedy: otherKernel,
});

const attachElsewhere = 'attach to something that this kernel has, or run it on the kernel that it was written for';
const mendSection =
  'name the program type in SEC(), such as SEC("xdp") or SEC("tc"); aya: by its macros, such as #[xdp]';

const complaints: readonly (readonly [RegExp, (name: string) => Complaint])[] = [
  [/extern \(func ksym\) '([^']+)'.*: not found/, missingFunction],
  [
    /extern \(func ksym\) '([^']+)': .*incompatible/,
    (name) => ({
      clause: `this kernel's function ${name}() is another one`,
      remedy: 'declare it as this kernel does: `bpftool btf dump file /sys/kernel/btf/vmlinux format c`',
    }),
  ],
  [
    /extern \((?:var|strong) ksym\) '([^']+)'.*: not found/,
    (name) => ({ clause: `this kernel has no variable ${name}`, remedy: `${otherKernel}; or declare it __weak` }),
  ],
  [
    /failed to find (?:kernel BTF type ID of|BTF id for) '([^']+)'/,
    (name) => ({ clause: `this kernel has nothing named ${name} to attach to`, remedy: attachElsewhere }),
  ],
  [
    /attach program FD is not set/,
    () => ({
      clause: 'it replaces a function of another program, which is not there',
      remedy: 'measure the program whose function it replaces',
    }),
  ],
  [
    /struct_ops init_kern: struct (\S+) (?:is|data is) not found in kernel BTF|struct (\S+) is not found in kernel BTF/,
    (name) => ({ clause: `this kernel has no struct ${name}`, remedy: otherKernel }),
  ],
  [
    /(?:failed to find|failed to load|can't find) (?:valid )?(?:kernel|vmlinux) BTF/i,
    () => ({ clause: 'this kernel has no BTF', remedy: 'run a kernel with CONFIG_DEBUG_INFO_BTF=y' }),
  ],
  [
    /BTF is required, but is missing or corrupted/,
    () => ({
      clause: 'the object has no BTF',
      remedy: 'compile it with -g, and do not strip it (aya: `debug = 2` and `-C link-arg=--btf` for bpf-linker)',
    }),
  ],
  // In the linker's absence it is not defined; bpf-linker defines it, in a section for what is seldom run.
  [/failed to find BTF for extern '[^']*panicking[^']*'|program '[^']*panicking[^']*' is static/, () => rustPanic],
  [
    /program '([^']+)' is static and not supported/,
    (name) => ({
      clause: `its function ${name} is in a section of its own and static`,
      remedy: 'take its section away, or make it __always_inline',
    }),
  ],
  [
    /failed to find BTF for extern '([^']+)'/,
    (name) => ({
      clause: `nothing in it defines ${name}`,
      remedy:
        'define it, or link what defines it (`bpftool gen object`); functions of the kernel are declared with __ksym and compiled with -g',
    }),
  ],
  [
    /map '([^']+)': failed to create: ([^\n]*)/,
    (name) => ({
      clause: `its map ${name} cannot be created here`,
      remedy:
        'see what libbpf says; the kernel may not know its type or its flags, or its numbers do not suit its type',
    }),
  ],
  [
    /(?:failed to guess program type from ELF section|missing BPF prog type, check ELF section name) '([^']+)'/,
    (name) => ({ clause: `SEC("${name}") names no program type`, remedy: mendSection }),
  ],
];

/** The first thing that is wrong; undefined where libbpf says nothing that is known here. */
export function complaintIn(messages: string): Complaint | undefined {
  for (const [pattern, complaint] of complaints) {
    const found = pattern.exec(messages);
    if (found !== null) return complaint(found[1] ?? found[2] ?? '');
  }
  return undefined;
}

/** What a program is told that holds a function of Rust's which panics, and that the verifier does not take. */
export const panicRemedy = rustPanic.remedy;

/** A function of the kernel that some program in the object calls, and for whose lack libbpf leaves the object alone. */
export function missingKernelFunction(messages: string): string | undefined {
  return /extern \(func ksym\) '([^']+)'.*: not found/.exec(messages)?.[1];
}

/** libbpf fills program arrays itself: a program that it wants there and that was left out of the load. */
export function neededProgram(messages: string): string | undefined {
  return /failed to initialize slot \[\d+\] to prog '([^']+)'/.exec(messages)?.[1];
}
