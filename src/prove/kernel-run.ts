/** Runs of a program in the kernel on an input of bytes, and what is said where it does not run them. */
import type { Input } from '../domain/plan.js';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { Errno, type Libbpf } from '../load/libbpf.js';
import type { RunnableProgram } from '../load/object.js';
import { programTypeFacts } from '../load/program-types.js';
import { hasOutput, isRepeated, runOn } from '../load/run-inputs.js';
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
const refusals = new Set(['EINVAL', 'E2BIG', 'ENOTSUPP', 'EOPNOTSUPP', 'EAFNOSUPPORT', 'ERANGE']);

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
    case 'raw_tracepoint':
      return 'give as many arguments as the program reads, 8 bytes each';
    default:
      return `use SEC("${programTypeFacts[type].section}"): variants such as a SEC("xdp/devmap") that reads egress_ifindex know no test run`;
  }
}

/** What the packet and the return value are after so many runs in a row. Throws an Errno. */
export function runInKernel(
  libbpf: Libbpf,
  program: Pick<RunnableProgram, 'fd' | 'type'>,
  bytes: Buffer,
  runs: number,
): Outcome {
  const given = runOn(program.type, bytes);
  if (!isRepeated(program.type)) {
    let retval = 0;
    for (let i = 0; i < runs; i++) retval = libbpf.testRun({ fd: program.fd, repeat: 0, ...given }).retval;
    return { retval, output: (hasOutput(program.type) ? given.context : undefined) ?? Buffer.alloc(0) };
  }
  if (program.type === 'xdp' && runs > 1) {
    const { output } = runInKernel(libbpf, program, bytes, runs - 1);
    return runInKernel(libbpf, program, output, 1);
  }
  const dataOut = Buffer.alloc(hasOutput(program.type) ? OUTPUT_ROOM : 0);
  const result = libbpf.testRun({ fd: program.fd, repeat: runs, ...given, dataOut });
  return { retval: result.retval, output: dataOut.subarray(0, result.dataOutBytes) };
}
