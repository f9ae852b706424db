/** How much of a benchmark can be measured, and why not more of it. Pure. */
import type { BenchmarkPlan } from '../domain/plan.js';
import type { ProgramType } from '../domain/words.js';
import type { Failure } from '../errors.js';
import { callsOf } from '../load/instructions.js';
import { isRunnable, type LoadedProgram } from '../load/object.js';
import { programTypeFacts, programTypeOf, whyNoTestRun } from '../load/program-types.js';
import { isRepeated } from '../load/run-inputs.js';
import type { TwinnedProgram } from '../twin/object.js';

/** Whether something of the plan cannot be judged without a user-space side. */
export function needsUserSide({ limits }: BenchmarkPlan): boolean {
  return limits.threshold !== undefined || limits.maxSpeedupLossPercent !== undefined;
}

/** A failure's message as a clause about `name`: `it does not link for user space: …`. */
export function clauseOf({ message }: Failure, name: string): string {
  if (message.startsWith(`${name}: `)) return message.slice(name.length + 2);
  return message.startsWith(`${name} `) ? `it${message.slice(name.length)}` : message;
}

/** What a program can call in user space without a twin; see bpf/harness/helpers.c. */
const helpersInUserSpace: ReadonlySet<number> = new Set([26 /* bpf_skb_load_bytes */]);

/** Of a type that is timed in the kernel alone; undefined of others. */
export function whyNoUserSide(kernelType: number): string | undefined {
  const type = programTypeOf(kernelType);
  return type === undefined || programTypeFacts[type].context === undefined
    ? `a ${type ?? 'such'} program has no user-space side`
    : undefined;
}

/**
 * Why a program's C source alone has no user-space side; undefined where it may.
 * @param helperNames by number
 */
export function whyNotPlain(program: TwinnedProgram, helperNames: ReadonlyMap<number, string>): string | undefined {
  const { helpers, kernelFunctions } = callsOf(program.recorded.insns);
  const unknown = helpers.find((helper) => !helpersInUserSpace.has(helper));
  if (unknown !== undefined) {
    return `it calls ${helperNames.get(unknown) ?? `helper ${String(unknown)}`}(), which does not exist in user space`;
  }
  if (kernelFunctions) return 'it calls functions of the kernel, which do not exist in user space';
  return whyNoUserSide(program.type);
}

/** What it is given can be anything, and what it then does to the machine as well. */
export function isNeverRun(plan: BenchmarkPlan, type: ProgramType): boolean {
  return plan.every === true && !isRepeated(type);
}

/** Why a program cannot be run at all, by what it is; undefined where it may. */
export function whyNotRunnable(plan: BenchmarkPlan, program: LoadedProgram): string | undefined {
  if (!isRunnable(program)) {
    return `SEC("${program.section}"): a ${program.type} program is not run: ${whyNoTestRun(program.type)}`;
  }
  if (isNeverRun(plan, program.type)) return `what a ${program.type} program is given is its own: name it with inputs`;
  return undefined;
}
