/** The kernel's own count of the runs of a program. */
import { closeSync } from 'node:fs';
import type { Proof } from '../domain/record.js';
import { KfaasError } from '../errors.js';
import type { Libbpf } from '../load/libbpf.js';
import type { RunnableProgram } from '../load/object.js';
import { isRepeated, runOn } from '../load/run-inputs.js';
import { requireSteady } from './compare.js';
import type { ProvedInput } from './input.js';

/** Runs of a call each: of programs that the kernel does not repeat, of XDP programs, whose repeats cost RCU grace periods, and on fresh packets. */
const MAX_SINGLE_RUNS = 2_000;

/** Has the kernel count `iterations` runs. A signal that ends a repeated run spoils the count: it is taken again. */
export function countRuns(
  libbpf: Libbpf,
  program: RunnableProgram,
  inputs: readonly ProvedInput[],
  iterations: number,
): Proof['runCount'] {
  const statistics = libbpf.enableRunStatistics();
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = libbpf.programInfo(program.fd).runCount;
      let asked = 0;
      let retries = 0;
      for (const { input, runs, singly } of sharesOf(program, inputs, iterations)) {
        const done = runCounted(libbpf, program, input, runs, singly);
        asked += done.asked;
        retries += done.retries;
      }
      const counted = Number(libbpf.programInfo(program.fd).runCount - before);
      if (retries > 0) continue;
      if (counted === asked) return { asked, counted };
      throw new KfaasError({
        kind: 'proof',
        message: `${program.name}: the kernel counted ${String(counted)} runs of ${String(asked)}`,
        remedy:
          'run nothing else that uses this program; if it stays so, this kernel does not run it as asked: report it',
      });
    }
  } finally {
    closeSync(statistics);
  }
  throw new KfaasError({
    kind: 'environment',
    message: `${program.name}: signals interrupted the count of its runs five times`,
    remedy: 'stop what sends signals to this process (profilers, timers) and run again',
  });
}

/** Of XDP programs one input alone is repeated; none is of those that need a fresh packet for every run. */
function sharesOf(
  { type }: RunnableProgram,
  inputs: readonly ProvedInput[],
  iterations: number,
): { input: ProvedInput; runs: number; singly: boolean }[] {
  const share = Math.ceil(iterations / inputs.length);
  const few = Math.min(share, MAX_SINGLE_RUNS);
  const repeated = inputs.find(({ isAfresh }) => isAfresh !== true);
  return inputs.map((input) => {
    if (!isRepeated(type) || input.isAfresh || (type === 'xdp' && input !== repeated)) {
      return { input, runs: few, singly: true };
    }
    return {
      input,
      runs: type === 'xdp' ? Math.max(few, iterations - few * (inputs.length - 1)) : share,
      singly: false,
    };
  });
}

function runCounted(
  libbpf: Libbpf,
  program: RunnableProgram,
  input: ProvedInput,
  runs: number,
  singly: boolean,
): { asked: number; retries: number } {
  let retries = 0;
  const check = (retval: number): void => {
    requireSteady(program.name, input.name, retval, input.retval);
  };
  if (singly && isRepeated(program.type)) {
    const result = libbpf.testRunEach({ fd: program.fd, ...runOn(program.type, input.bytes) }, runs);
    check(result.retval);
    return { asked: runs, retries: result.retries };
  }
  if (!singly) {
    const result = libbpf.testRun({ fd: program.fd, repeat: runs, ...runOn(program.type, input.bytes) });
    check(result.retval);
    return { asked: runs, retries: result.retries };
  }
  for (let i = 0; i < runs; i++) {
    const result = libbpf.testRun({ fd: program.fd, repeat: 0, ...runOn(program.type, input.bytes) });
    check(result.retval);
    retries += result.retries;
  }
  return { asked: runs, retries };
}
