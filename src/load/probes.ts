/** What this machine can do, asked of the machine itself; every answer but yes ends in its remedy. */
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { findToolchain } from '../build/toolchain.js';
import type { Probe } from '../domain/probe.js';
import { failureOf } from '../errors.js';
import { contentOf, jitIsOn } from './environment.js';
import { empty, kernelRead } from './instructions.js';
import { libbpfVersion, tryLoad, tryStatistics } from './libbpf.js';
import { programTypeFacts } from './program-types.js';

/** Never rejects: what cannot be found out is `unknown`. */
export async function probeMachine(): Promise<Probe[]> {
  const libbpf = probeLibbpf();
  const bpf = libbpf.answer === 'yes' ? probeBpf() : unknown('bpf(2)', 'asked through libbpf', 'install libbpf first');
  return [
    bpf,
    probeCapabilities(),
    bpf.answer === 'yes' ? probeStatistics() : unknown('run statistics', 'asked through bpf(2)', 'see bpf(2) above'),
    probeJit(),
    probeBtf(),
    bpf.answer === 'yes' ? probeLockdown() : unknown('no lockdown', 'asked through bpf(2)', 'see bpf(2) above', true),
    await probeClang(),
    libbpf,
  ];
}

function yes(name: string, detail: string): Probe {
  return { name, answer: 'yes', detail };
}

function unknown(name: string, detail: string, remedy: string, optional?: true): Probe {
  return { name, answer: 'unknown', detail, remedy, ...(optional === undefined ? {} : { optional }) };
}

const ROOT_REMEDY = 'run as root, or in a container started with `--privileged` or `--cap-add SYS_ADMIN`';

function probeBpf(): Probe {
  const answer = tryLoad(programTypeFacts.socket_filter.kernelType, empty(0));
  if (answer === 'ok') return yes('bpf(2)', 'programs load');
  const remedy = answer === 'ENOSYS' ? 'use a kernel built with CONFIG_BPF_SYSCALL' : ROOT_REMEDY;
  return { name: 'bpf(2)', answer: 'no', detail: `a program of two instructions is refused: ${answer}`, remedy };
}

/** Bits of CapEff, include/uapi/linux/capability.h. */
const capabilities = { NET_ADMIN: 12, SYS_ADMIN: 21, PERFMON: 38, BPF: 39 } as const;

function probeCapabilities(): Probe {
  const name = 'capabilities';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(contentOf('/proc/self/status') ?? '')?.[1];
  if (effective === undefined) return unknown(name, '/proc/self/status does not tell', 'mount /proc');
  const bits = BigInt(`0x${effective}`);
  const held = Object.entries(capabilities).filter(([, bit]) => (bits >> BigInt(bit)) & 1n);
  const detail = held.map(([capability]) => `CAP_${capability}`).join(', ') || 'none of those that bpf(2) asks for';
  if (held.some(([capability]) => capability === 'SYS_ADMIN')) return yes(name, detail);
  // Measured: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON together load programs but cannot turn run statistics on.
  return { name, answer: 'no', detail, remedy: `CAP_SYS_ADMIN is needed: ${ROOT_REMEDY}` };
}

function probeStatistics(): Probe {
  const name = 'run statistics';
  const answer = tryStatistics();
  if (answer === 'ok') return yes(name, 'the kernel counts the runs of programs (run_cnt)');
  const remedy = answer === 'EINVAL' ? 'use Linux 5.8 or newer' : ROOT_REMEDY;
  return { name, answer: 'no', detail: `BPF_ENABLE_STATS: ${answer}`, remedy };
}

function probeJit(): Probe {
  if (jitIsOn()) return yes('JIT', 'programs are compiled to machine code');
  return {
    name: 'JIT',
    answer: 'no',
    detail: 'programs are interpreted, so figures say nothing about other machines',
    remedy: 'turn it on: sysctl -w net.core.bpf_jit_enable=1',
    optional: true,
  };
}

function probeBtf(): Probe {
  const file = '/sys/kernel/btf/vmlinux';
  if (existsSync(file)) return yes('BTF', `${file} is there`);
  return {
    name: 'BTF',
    answer: 'no',
    detail: `${file} is not there: no CO-RE, and syscall programs run one system call at a time`,
    remedy: 'use a kernel built with CONFIG_DEBUG_INFO_BTF (all current distributions are), and mount /sys',
    optional: true,
  };
}

/** LOCK_DOWN levels, security/lockdown/lockdown.c. */
type Lockdown = 'none' | 'integrity' | 'confidentiality';

/** The kernel's own word where securityfs is mounted; elsewhere what each level forbids is tried. */
function lockdownLevel(): Lockdown | undefined {
  const told = /\[(none|integrity|confidentiality)\]/.exec(contentOf('/sys/kernel/security/lockdown') ?? '')?.[1];
  if (told !== undefined) return told as Lockdown;
  const RAW_TRACEPOINT = 17; // enum bpf_prog_type
  if (tryLoad(RAW_TRACEPOINT, empty(0)) !== 'ok') return undefined;
  if (tryLoad(RAW_TRACEPOINT, kernelRead()) !== 'ok') return 'confidentiality';
  if (kernelLogSays(/^[^;]*;Kernel is locked down from /m)) return 'integrity';
  try {
    closeSync(openSync('/dev/mem', 'r')); // LOCKDOWN_DEV_MEM, from integrity on
    return 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'integrity' : undefined;
  }
}

/** Whether a record of the kernel's log (Documentation/ABI/testing/dev-kmsg) matches; false where it cannot be read. */
function kernelLogSays(pattern: RegExp): boolean {
  let fd: number | undefined;
  try {
    fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
    const record = Buffer.alloc(8192);
    for (;;) if (pattern.test(record.toString('utf8', 0, readSync(fd, record)))) return true;
  } catch {
    return false; // EAGAIN at the end, EPIPE when records were overwritten, EPERM
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function probeLockdown(): Probe {
  const name = 'no lockdown';
  const level = lockdownLevel();
  if (level === 'none') return yes(name, 'the kernel is not locked down');
  if (level === undefined) return unknown(name, 'no sign of it', 'mount securityfs, which tells the level', true);
  return {
    name,
    answer: 'no',
    detail: `lockdown is at ${level}: fentry, kprobe and LSM programs may be refused (EPERM); packet programs are not`,
    remedy: 'boot without lockdown= (and, where it forces it, without Secure Boot) to run tracing programs',
    optional: true,
  };
}

async function probeClang(): Promise<Probe> {
  try {
    const { clang, version } = await findToolchain(process.env);
    return yes('clang', `${clang}: ${version}`);
  } catch (error) {
    const { message, remedy } = failureOf(error);
    return { name: 'clang', answer: 'no', detail: message, remedy };
  }
}

function probeLibbpf(): Probe {
  try {
    return yes('libbpf', libbpfVersion());
  } catch (error) {
    const { message, remedy } = failureOf(error);
    return { name: 'libbpf', answer: 'no', detail: message, remedy };
  }
}
