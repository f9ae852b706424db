/** Runs of a program in the kernel on an input of bytes, and what is said where it does not run them. */
import type { Input } from '../domain/plan.js';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { Errno, type Libbpf } from '../load/libbpf.js';
import type { RunnableProgram } from '../load/object.js';
import { packetRun, programTypeFacts } from '../load/program-types.js';
import type { Outcome } from './compare.js';
import type { GivenInput } from './input.js';

/** Packets may grow by what the kernel leaves room for. */
const OUTPUT_ROOM = 65_536;

/** What the kernel says to a test run on one of these inputs: an errno's name; undefined where it runs them all. */
export function testRunRefusal(
  libbpf: Libbpf,
  program: Pick<RunnableProgram, 'fd' | 'type'>,
  inputs: readonly Input[],
): string | undefined {
  for (const { hex } of inputs) {
    try {
      runInKernel(libbpf, program, Buffer.from(hex, 'hex'), 1);
    } catch (error) {
      if (error instanceof Errno && refusals.has(error.code)) return error.code;
      throw error;
    }
  }
  return undefined;
}

/** Throws a KfaasError (usage). */
export function requireFit(program: RunnableProgram, input: string, bytes: number): void {
  const { minInputBytes, maxInputBytes } = programTypeFacts[program.type];
  if (bytes >= minInputBytes && bytes <= maxInputBytes) return;
  throw new KfaasError({
    kind: 'usage',
    message: `${program.name}: input ${input} has ${String(bytes)} bytes, which a ${program.type} program cannot be run on`,
    remedy: `give an input of ${String(minInputBytes)} to ${String(maxInputBytes)} bytes`,
  });
}

/** So many runs in a row, on one packet. Throws a KfaasError (usage) where the kernel does not run it on that. */
export function runAskedFor(
  libbpf: Libbpf,
  program: RunnableProgram,
  input: GivenInput | undefined,
  runs: number,
): Outcome {
  const { name = '', bytes = Buffer.alloc(0) } = input ?? {};
  try {
    return runInKernel(libbpf, program, bytes, runs);
  } catch (error) {
    throw error instanceof Errno && refusals.has(error.code) ? refused(program, name, bytes.length, error.code) : error;
  }
}

/** What BPF_PROG_TEST_RUN says to an input or a program that it does not run. */
const refusals = new Set(['EINVAL', 'E2BIG', 'ENOTSUPP', 'EOPNOTSUPP']);

function refused(program: RunnableProgram, input: string, bytes: number, code: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `${program.name}: the kernel does not run it on input ${input} of ${String(bytes)} bytes (${code})`,
    remedy: remedyOf(program.type),
  });
}

function remedyOf(type: ProgramType): string {
  switch (type) {
    case 'syscall':
      return 'give an input that is as long as the context which the program reads, or longer';
    case 'netfilter':
      return 'give an IPv4 or IPv6 packet behind an Ethernet header without tags: nothing else gets to a netfilter program';
    default:
      return `use SEC("${programTypeFacts[type].section}"): variants such as SEC("xdp/devmap") know no test run`;
  }
}

/** What the packet and the return value are after so many runs in a row. Throws an Errno. */
export function runInKernel(
  libbpf: Libbpf,
  program: Pick<RunnableProgram, 'fd' | 'type'>,
  bytes: Buffer,
  runs: number,
): Outcome {
  if (program.type === 'syscall') {
    const context = Buffer.from(bytes);
    let retval = 0;
    for (let i = 0; i < runs; i++) retval = libbpf.testRun({ fd: program.fd, repeat: 0, context }).retval;
    return { retval, output: context };
  }
  if (program.type === 'xdp' && runs > 1) {
    const { output } = runInKernel(libbpf, program, bytes, runs - 1);
    return runInKernel(libbpf, program, output, 1);
  }
  const dataOut = Buffer.alloc(OUTPUT_ROOM);
  const result = libbpf.testRun({ fd: program.fd, repeat: runs, ...packetRun(program.type, bytes), dataOut });
  return { retval: result.retval, output: dataOut.subarray(0, result.dataOutBytes) };
}
