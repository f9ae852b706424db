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

/** Whether it may jump to itself or to what stands before it: the end of a loop's turn. */
export function isBack(insn: Instruction): boolean {
  const target = jumpTarget(insn);
  return target !== undefined && target <= insn.at;
}

/** An instruction, and where a counting translation keeps how often it was executed. */
export interface CountedInstruction {
  /** Place in the list of programs. */
  readonly program: number;
  readonly insn: Instruction;
  /** Of its block. */
  readonly counter: number;
  /** Of a jump back: how often it was taken; undefined for everything else. */
  readonly takenCounter: number | undefined;
}

/** Counters are by slot, those of all programs behind each other, and behind them the same once more for jumps that were taken. */
export function countedInstructions(
  programs: readonly { readonly insns: Buffer; readonly functionStarts?: readonly number[] }[],
): CountedInstruction[] {
  const slots = programs.reduce((sum, { insns }) => sum + insns.length / 8, 0);
  let base = 0;
  return programs.flatMap(({ insns, functionStarts }, program) => {
    const first = base;
    base += insns.length / 8;
    return functionsOf(decode(insns), functionStarts).flatMap(({ insns: own, targets }) => {
      const starts = startsBlock(own, targets);
      let counter = first;
      return own.map((insn) => {
        if (starts.has(insn.at)) counter = first + insn.at;
        return { program, insn, counter, takenCounter: isBack(insn) ? slots + first + insn.at : undefined };
      });
    });
  });
}
