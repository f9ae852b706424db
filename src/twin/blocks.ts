/** Blocks: stretches of instructions of which either all are executed, in their order, or none. Pure. */
import {
  CALL,
  classes,
  classOf,
  decode,
  functionsOf,
  jumpTarget,
  LD_IMM64,
  pseudoCalls,
  type Instruction,
} from './bytecode.js';
import { helperNumber } from './helpers.js';

const TAIL_CALL = helperNumber('tail_call');

/** Whether what stands behind an instruction may be left out although the instruction is executed. */
function mayLeave(insn: Instruction | undefined): boolean {
  if (insn === undefined || jumpTarget(insn) !== undefined) return true;
  if (insn.code === CALL) return insn.src !== pseudoCalls.FUNCTION && insn.imm === TAIL_CALL;
  return classOf(insn) === classes.LD && insn.code !== LD_IMM64; // a load from behind the packet's end returns
}

/** Slots at which the blocks of a function start. */
export function startsBlock(insns: readonly Instruction[], targets: ReadonlySet<number>): Set<number> {
  return new Set(insns.filter(({ at }, i) => targets.has(at) || mayLeave(insns[i - 1])).map(({ at }) => at));
}

export interface ExecutedInstruction {
  /** Place in the list of programs. */
  readonly program: number;
  readonly insn: Instruction;
  /** Executions; 0 where it was never reached. */
  readonly count: number;
}

/**
 * How often each instruction of some programs was executed, from how often each block was: counters by slot, those of
 * all programs behind each other, as a counting translation keeps them.
 */
export function executedInstructions(
  programs: readonly { readonly insns: Buffer }[],
  executed: ReadonlyMap<number, number>,
): ExecutedInstruction[] {
  let base = 0;
  return programs.flatMap(({ insns }, program) => {
    const first = base;
    base += insns.length / 8;
    return functionsOf(decode(insns)).flatMap(({ insns: own, targets }) => {
      const starts = startsBlock(own, targets);
      let count = 0;
      return own.map((insn) => {
        if (starts.has(insn.at)) count = executed.get(first + insn.at) ?? 0;
        return { program, insn, count };
      });
    });
  });
}
