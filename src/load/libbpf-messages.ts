/** Reads what libbpf says of a program that it could not bring to the kernel. Pure. Its wording is that of libbpf 1.1 to 1.6. */

const missing: readonly (readonly [RegExp, (name: string) => string])[] = [
  [
    /extern \(func ksym\) '([^']+)'.*: not found/,
    (name) => `this kernel has no function ${name}() for programs (kfunc)`,
  ],
  [/extern \(func ksym\) '([^']+)': .*incompatible/, (name) => `this kernel's function ${name}() is another one`],
  [/extern \((?:var|strong) ksym\) '([^']+)'.*: not found/, (name) => `this kernel has no variable ${name}`],
  [/failed to find kernel BTF type ID of '([^']+)'/, (name) => `this kernel has nothing named ${name} to attach to`],
  [/failed to find BTF id for '([^']+)'/, (name) => `this kernel has nothing named ${name} to attach to`],
  [/attach program FD is not set/, () => 'it replaces a function of another program, which is not there'],
  [
    /struct_ops init_kern: struct (\S+) (?:is|data is) not found in kernel BTF/,
    (name) => `this kernel has no struct ${name}`,
  ],
  [/struct (\S+) is not found in kernel BTF/, (name) => `this kernel has no struct ${name}`],
  [/(?:failed to find|failed to load|can't find) (?:valid )?(?:kernel|vmlinux) BTF/i, () => 'this kernel has no BTF'],
  [/BTF is required, but is missing or corrupted/, () => 'the object has no BTF: compile it with -g'],
  [
    /legacy map definitions in 'maps' section are not supported/,
    () => `its maps are of the old kind: define them in SEC(".maps")`,
  ],
  [/map '([^']+)': failed to create: ([^\n]*)/, (name) => `its map ${name} cannot be created here`],
  [/failed to guess program type from ELF section '([^']+)'/, (name) => `SEC("${name}") names no program type`],
  [/missing BPF prog type, check ELF section name '([^']+)'/, (name) => `SEC("${name}") names no program type`],
  [/(\S+) is not (?:little|big)[- ]endian|endianness mismatch/, () => 'it was compiled for the other byte order'],
];

/** One clause that names what is missing; undefined where libbpf says nothing that is known here. */
export function missingThing(messages: string): string | undefined {
  for (const [pattern, clause] of missing) {
    const found = pattern.exec(messages);
    if (found !== null) return clause(found[1] ?? '');
  }
  return undefined;
}

/** libbpf fills program arrays itself, with programs that were left out of the load. */
export function needsOtherPrograms(messages: string): boolean {
  return /failed to initialize slot \[\d+\] to prog/.test(messages);
}
