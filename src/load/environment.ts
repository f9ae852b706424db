/** What machine this is, as far as figures depend on it. */
import { readFileSync } from 'node:fs';
import { cpus, machine, release } from 'node:os';
import type { Environment } from '../domain/record.js';

export interface KnownElsewhere {
  readonly place: Environment['place'];
  readonly pinnedCpu: number;
  readonly clang: string;
  readonly libbpf: string;
}

export function describeEnvironment(known: KnownElsewhere): Environment {
  const all = cpus();
  return {
    kernelRelease: release(),
    architecture: machine(),
    cpuModel: all[0]?.model.trim() ?? 'unknown',
    cpuCount: Math.max(1, all.length),
    pinnedCpu: known.pinnedCpu,
    clang: known.clang,
    libbpf: known.libbpf.replace(/^v/, ''),
    node: process.versions.node,
    place: known.place,
    jit: jitIsOn(),
    seccomp: /^Seccomp:\t[12]$/m.test(contentOf('/proc/self/status') ?? ''),
  };
}

/** `bpf_jit_enable`; kernels that always compile (CONFIG_BPF_JIT_ALWAYS_ON) have it at 1 too. Unreadable means compiled in. */
export function jitIsOn(): boolean {
  return contentOf('/proc/sys/net/core/bpf_jit_enable')?.trim() !== '0';
}

/** A file of /proc or /sys; undefined where it is not there or not readable. */
export function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
