/**
 * The user-space arms: `call` (a native loop), `syscall` (input from the kernel and result back to it, by one system
 * call each) and `wakeup` (request and response with another process). A round's arms share one fresh process, which maps
 * one of the library's variants at a place of its own.
 */
import { userArms, type Arm, type Revision, type UserArm } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import type { UserProcess, UserSide } from '../load/native.js';
import type { ProvedInput } from '../prove/input.js';
import type { Replay } from '../prove/prove.js';
import { netNs, type RunnableArm, type Side } from './side.js';

export interface UserProgram {
  readonly name: string;
  readonly revision: Revision;
  readonly metric: 'time' | 'floor';
  /** Slot of the harness, unique among the sides. */
  readonly slot: number;
  /** Variants of the library, alike but for their layout. */
  readonly libraries: readonly string[];
  /** How the harness sets the context up. */
  readonly context: string;
  readonly inputs: readonly ProvedInput[];
  /** What is run before anything is timed, for steady results; absent where the first ones are. */
  readonly replay?: Replay;
  /** Those that are run; absent: all, of the floor `call`. */
  readonly arms?: readonly UserSideArm[];
}

export type UserSideArm = Exclude<Arm, 'kernel'>;

/** Enough address space to reach every place in a last-level cache's sets and in branch target buffers' tags. */
const MAX_PAGES = 4096;
const MAX_STACK_BYTES = 4096;

export function userSide(harness: UserSide, program: UserProgram): Side {
  let process: UserProcess | undefined;
  const arms = program.arms ?? (program.metric === 'floor' ? (['call'] as const) : userArms);
  return {
    arms: arms.map((arm) => userArm(arm, program, () => process)),
    prepare(draw) {
      const library = program.libraries[draw.integer(0, program.libraries.length - 1)] ?? '';
      const layout = { pages: draw.integer(0, MAX_PAGES), stackBytes: draw.integer(0, MAX_STACK_BYTES) };
      process = harness.start(program.slot, library, layout);
      if (program.replay) play(process, program.context, program.replay);
      for (const [index, input] of program.inputs.entries()) {
        const { retval, output } = process.setInput(index, program.context, input.bytes);
        if (retval !== input.retval || !output.equals(input.output)) throw unsteady(program, input.name);
      }
    },
    release() {
      process?.end();
      process = undefined;
    },
    dispose() {
      process = undefined;
    },
  };
}

function play(process: UserProcess, context: string, { inputs, runs }: Replay): void {
  for (const bytes of inputs) process.setInput(0, context, bytes);
  if (runs === 0) return;
  for (const bytes of inputs) {
    const { retval } = process.setInput(0, context, bytes);
    process.batch(0, 'call', runs, retval, 'afresh');
  }
}

function userArm(arm: UserSideArm, program: UserProgram, process: () => UserProcess | undefined): RunnableArm {
  return {
    revision: program.revision,
    arm,
    metric: program.metric,
    inputCount: program.inputs.length,
    batch(index, invocations) {
      const input = program.inputs[index];
      const running = process();
      if (input === undefined || running === undefined) throw new Error(`no input ${String(index)} or no process`);
      const mode = input.isAfresh ? 'afresh' : 'shared';
      const { ns, good, besideNs } = running.batch(index, wayOf(arm), invocations, input.retval, mode);
      if (good !== invocations) throw unsteady(program, input.name, `${String(good)} of ${String(invocations)} runs`);
      return { ns: netNs(ns, 0, invocations), retries: 0, besideNs };
    },
  };
}

/** What the harness does: a translated twin is called as the other one is. */
function wayOf(arm: UserSideArm): UserArm {
  return arm === 'translated' ? 'call' : arm;
}

function unsteady(program: UserProgram, input: string, extent = 'a later run'): KfaasError {
  return new KfaasError({
    kind: 'proof',
    message: `${program.name}: in user space, ${extent === 'a later run' ? 'a later run did not give' : `only ${extent} gave`} the proved result on input ${input}`,
    remedy: 'look for state that is kept between runs, uninitialised memory and data races',
  });
}
