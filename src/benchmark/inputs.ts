/** Which of its inputs a program is run on, and which of those are timed. */
import { closeSync } from 'node:fs';
import { mostTimedInputs, type BenchmarkPlan, type Input } from '../domain/plan.js';
import type { ProgramType } from '../domain/words.js';
import { empty } from '../load/instructions.js';
import type { Libbpf } from '../load/libbpf.js';
import { programTypeFacts } from '../load/program-types.js';
import { complaintAbout, isRepeated, requireFit, zeroArguments } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';
import { testRunRefusal } from '../prove/kernel-run.js';
import type { Bench } from './bench.js';
import { isNeverRun } from './extent.js';

/**
 * The plan without those optional inputs that the kernel refuses to run programs of a type on; unchanged where nothing would be left.
 * It is an empty program that is asked for, so that the program's own state stays as it is. Packets are no arguments: where they stand
 * for inputs that nobody named, a tracepoint's are zero.
 */
export function withFittingInputs(libbpf: Libbpf, plan: BenchmarkPlan, type: ProgramType): BenchmarkPlan {
  if (type === 'raw_tracepoint' && plan.genericInputs) return { ...plan, inputs: [zeroArguments()] };
  const optional = plan.inputs.filter((input) => input.optional === true);
  if (optional.length === 0) return plan;
  const refused = isRepeated(type) ? refusedOf(libbpf, type, optional) : optional.slice(1); // packets are no contexts
  if (refused.length === plan.inputs.length) return plan;
  return { ...plan, inputs: plan.inputs.filter((input) => !refused.includes(input)) };
}

function refusedOf(libbpf: Libbpf, type: ProgramType, inputs: readonly Input[]): Input[] {
  const { kernelType, expectedAttachType, flags } = programTypeFacts[type];
  const fd = libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) });
  try {
    return inputs.filter(
      (input) =>
        complaintAbout(type, Buffer.from(input.hex, 'hex')) !== undefined ||
        testRunRefusal(libbpf, { fd, type }, [input]) !== undefined,
    );
  } finally {
    closeSync(fd);
  }
}

/** Before anything else is built of it. Throws a KfaasError of kind usage. */
export function requireFittingInputs(plan: BenchmarkPlan, program: string, type: ProgramType): void {
  if (isNeverRun(plan, type)) return;
  for (const { name, hex } of plan.inputs) requireFit(program, type, name, Buffer.from(hex, 'hex'));
}

/** Of generic packets the report tells. */
export function warnOfLeftOut({ emit }: Pick<Bench, 'emit'>, asked: BenchmarkPlan, fitting: BenchmarkPlan): void {
  const leftOut = asked.inputs.filter((input) => !fitting.inputs.includes(input)).map(({ name }) => name);
  if (leftOut.length === 0 || asked.genericInputs) return;
  const message = `left out, since the kernel does not run programs of this type on them: ${leftOut.join(', ')}; name packets one by one instead of \`all\``;
  emit({ event: 'warning', warning: { code: 'inputs-left-out', benchmark: asked.name, message } });
}

/** All of few inputs; of many, evenly spread ones; of generic ones the first, which are the commonest. */
export function timedInputs(
  { emit }: Pick<Bench, 'emit'>,
  plan: BenchmarkPlan,
  inputs: readonly ProvedInput[],
): readonly ProvedInput[] {
  if (inputs.length <= mostTimedInputs) return inputs;
  if (plan.genericInputs) return inputs.slice(0, mostTimedInputs);
  const message = `all ${String(inputs.length)} inputs are proved, ${String(mostTimedInputs)} of them are timed; split the benchmark to time more`;
  emit({ event: 'warning', warning: { code: 'inputs-not-timed', benchmark: plan.name, message } });
  const step = inputs.length / mostTimedInputs;
  return inputs.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}
