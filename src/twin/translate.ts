/**
 * Translates loaded BPF programs to C: a function of C for each of BPF's, a label for each jump target, registers as
 * locals. Pure. What cannot be translated stops the program when it is reached, and says what it was (bpf/runtime/runtime.h).
 */
import { arithmetic, condition, constant } from './arithmetic.js';
import {
  calledFunction,
  CALL,
  classes,
  classOf,
  decode,
  EXIT,
  functionsOf,
  isKernelCall,
  JA,
  JA32,
  jumpTarget,
  LD_IMM64,
  MAY_GOTO,
  modes,
  pseudoCalls,
  pseudoLoads,
  sizes,
  type BpfFunction,
  type Instruction,
} from './bytecode.js';
import { isBack, startsBlock } from './blocks.js';
import { helperName, helperNumber } from './helpers.js';
import { memoryAccess } from './memory.js';
import type { ObjectType } from './special-fields.js';
import {
  callable,
  entryText,
  isGlobal,
  mapTable,
  objectTypeTable,
  parameters,
  valuesName,
  type MapShape,
} from './tables.js';

/** A program as libbpf gave it to the kernel: relocated, its functions behind each other. */
export interface ProgramCode {
  readonly name: string;
  readonly insns: Buffer;
  /** First slots of all functions, as far as BTF tells: one that nothing refers to handles what is thrown. */
  readonly functionStarts?: readonly number[];
}

export interface Translation {
  /** The first is the twin's entry, under its own name; the others are what it may tail-call. */
  readonly programs: readonly ProgramCode[];
  /** `enum bpf_prog_type`, which they share. */
  readonly programType: number;
  readonly maps: readonly MapShape[];
  /** Places in `maps` by the descriptors that the instructions name. */
  readonly mapByFd: ReadonlyMap<number, number>;
  /** Names of the kernel's functions (kfuncs) by their BTF id. */
  readonly kfuncs: ReadonlyMap<number, string>;
  /** Types that objects may be allocated of. */
  readonly objectTypes: readonly ObjectType[];
  /**
   * Also counts in `kfaas_executed[]`: in one place for every slot of every program how often each block is executed, and
   * behind them in as many how often each jump back is taken.
   */
  readonly counting: boolean;
}

const TAIL_CALL = helperNumber('tail_call');
const THROW = 'kfaas_kfunc_bpf_throw';
const STACK_BYTES = 512;
const registers = 'r1, r2, r3, r4, r5';

/** The text of one C file. */
export function translate(translation: Translation): string {
  const used = new Set<string>();
  const slots = translation.programs.reduce((sum, { insns }) => sum + insns.length / 8, 0);
  let slotBase = 0;
  const programs = translation.programs.map((program, index) => {
    const functions = functionsOf(decode(program.insns), program.functionStarts);
    const text = functions.map((bpfFunction) =>
      functionText({ translation, index, slotBase, slots, used }, bpfFunction),
    );
    const declarations = functions.map(({ start }) => `static u64 ${functionName(index, start)}(${parameters});`);
    slotBase += program.insns.length / 8;
    return [...declarations, '', ...text];
  });
  return [
    '#include "translated.h"',
    '',
    ...mapTable(translation.maps),
    ...objectTypeTable(translation.objectTypes),
    `const u32 kfaas_program_type = ${String(translation.programType)};`,
    ...(translation.counting ? [`u64 kfaas_executed[${String(2 * slots)}];`] : []),
    `const u32 kfaas_slot_count = ${translation.counting ? String(2 * slots) : '0'};`,
    '',
    ...[...used].sort().map(callable),
    '',
    ...programs.flat(),
    ...(used.has(THROW) ? translation.programs.map(catcher) : []),
    ...programTable(translation.programs, used.has(THROW) ? catcherName : (index) => functionName(index, 0)),
    '',
  ].join('\n');
}

interface Surroundings {
  readonly translation: Translation;
  /** Of the program. */
  readonly index: number;
  /** Place of its first slot among those of all programs. */
  readonly slotBase: number;
  /** Of all programs. */
  readonly slots: number;
  /** Collects the helpers and kfuncs that are called. */
  readonly used: Set<string>;
}

const functionName = (program: number, start: number): string => `program_${String(program)}_${String(start)}`;
const label = (at: number): string => `at_${String(at)}`;

const catcherName = (program: number): string => `program_${String(program)}`;

/** What is thrown ends the program that throws, wherever in it, and none that it was tail-called from. */
function catcher({ insns, functionStarts = [] }: ProgramCode, index: number): string {
  const referred = new Set([0, ...decode(insns).map(calledFunction)]);
  const handler = functionStarts.find((start) => !referred.has(start));
  const callback = handler === undefined ? 'NULL' : functionName(index, handler);
  return `static u64 ${catcherName(index)}(${parameters}) { return kfaas_catch(${functionName(index, 0)}, ${callback}, r1); }`;
}

function programTable(programs: readonly ProgramCode[], entryOf: (program: number) => string): string[] {
  const entry = programs[0]?.name;
  return [
    'const struct kfaas_program kfaas_programs[] = {',
    ...programs.map(({ name }, index) => `\t{ ${JSON.stringify(name)}, ${entryOf(index)} },`),
    '};',
    `const u32 kfaas_program_count = ${String(programs.length)};`,
    ...(entry === undefined ? [] : entryText(entry, 'return kfaas_run(&kfaas_programs[0], ctx);')),
  ];
}

function functionText(surroundings: Surroundings, { start, insns, targets }: BpfFunction): string {
  const { index, slotBase, translation } = surroundings;
  const hasMayGoto = insns.some(({ code }) => code === MAY_GOTO);
  const starts = startsBlock(insns, targets);
  const lines = insns.flatMap((insn) => [
    ...(targets.has(insn.at) ? [`${label(insn.at)}:`] : []),
    ...(translation.counting && starts.has(insn.at) ? [`\tkfaas_executed[${String(slotBase + insn.at)}]++;`] : []),
    `\t${statement(surroundings, insn)}`,
  ]);
  return [
    `static u64 ${functionName(index, start)}(${parameters})`,
    '{',
    '\tu64 r0 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0;',
    `\tu8 stack[${String(STACK_BYTES)}] __attribute__((aligned(16)));`,
    `\tu64 r10 = (u64)(stack + ${String(STACK_BYTES)});`,
    ...(hasMayGoto ? ['\tu32 may_goto = KFAAS_MAX_LOOPS;'] : []),
    ...lines,
    '}',
    '',
  ].join('\n');
}

function statement(surroundings: Surroundings, insn: Instruction): string {
  return attempt(surroundings, insn) ?? stop(`the instruction 0x${insn.code.toString(16)} at ${String(insn.at)}`);
}

function stop(what: string): string {
  return `kfaas_stop(${JSON.stringify(what)});`;
}

/** Undefined for what the translator does not know. */
function attempt(surroundings: Surroundings, insn: Instruction): string | undefined {
  switch (classOf(insn)) {
    case classes.ALU:
    case classes.ALU64:
      return arithmetic(insn);
    case classes.LDX:
    case classes.ST:
    case classes.STX:
      return memoryAccess(insn);
    case classes.LD:
      return insn.code === LD_IMM64 ? wideLoad(surroundings, insn) : packetLoad(insn);
    default:
      return jumpOrCall(surroundings, insn);
  }
}

const loadBytes: Partial<Record<number, number>> = { [sizes.B]: 1, [sizes.H]: 2, [sizes.W]: 4 };

/** LD_ABS and LD_IND: the packet's bytes in host order; behind its end the function returns 0. R6 is the context. */
function packetLoad({ code, src, imm }: Instruction): string | undefined {
  const bytes = loadBytes[code & 0x18];
  const mode = code & 0xe0;
  if (bytes === undefined || (mode !== modes.ABS && mode !== modes.IND)) return undefined;
  const offset = constant(imm, 32) + (mode === modes.IND ? ` + (u32)r${String(src)}` : '');
  return `if (kfaas_load_packet(r6, ${offset}, ${String(bytes)}, &r0)) return 0;`;
}

function wideLoad({ translation, index }: Surroundings, insn: Instruction): string {
  const target = `r${String(insn.dst)} =`;
  const high = insn.high ?? 0;
  switch (insn.src) {
    case 0:
      return `${target} ${constant((BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(insn.imm)), 64)};`;
    case pseudoLoads.MAP_FD:
    case pseudoLoads.MAP_VALUE: {
      const map = translation.mapByFd.get(insn.imm);
      if (map === undefined) return stop(`a map that is not the object's (descriptor ${String(insn.imm)})`);
      const place = `kfaas_maps[${String(map)}]`;
      if (insn.src === pseudoLoads.MAP_FD) return `${target} (u64)&${place};`;
      const shape = translation.maps[map];
      const values = shape !== undefined && isGlobal(shape) ? valuesName(map) : `${place}.values`;
      return `${target} (u64)${values} + ${constant(high, 32)};`;
    }
    case pseudoLoads.FUNC:
      return `${target} (u64)${functionName(index, calledFunction(insn) ?? 0)};`;
    case pseudoLoads.BTF_ID:
      return stop(`a variable of the kernel (BTF id ${String(insn.imm)})`);
    default:
      return stop(`a 16-byte load of kind ${String(insn.src)}`);
  }
}

function jumpOrCall(surroundings: Surroundings, insn: Instruction): string | undefined {
  if (insn.code === EXIT) return 'return r0;';
  if (insn.code === CALL) return call(surroundings, insn);
  const take = taking(surroundings, insn);
  if (insn.code === JA || insn.code === JA32) return take;
  if (insn.code === MAY_GOTO && insn.src === 0) return `if (!may_goto--) { may_goto = 0; ${take} }`;
  const holds = condition(insn);
  return holds === undefined ? undefined : `if (${holds}) { ${take} }`;
}

function taking({ translation, slotBase, slots }: Surroundings, insn: Instruction): string {
  const target = jumpTarget(insn) ?? 0;
  const counted = translation.counting && isBack(insn);
  return `${counted ? `kfaas_executed[${String(slots + slotBase + insn.at)}]++; ` : ''}goto ${label(target)};`;
}

function call({ translation, index, used }: Surroundings, insn: Instruction): string | undefined {
  if (insn.src === pseudoCalls.FUNCTION) {
    return `r0 = ${functionName(index, calledFunction(insn) ?? 0)}(${registers});`;
  }
  if (insn.src === 0 && insn.imm === TAIL_CALL) {
    return '{ kfaas_function *next = kfaas_tail_call(r2, r3); if (next) return next(r1, 0, 0, 0, 0); }';
  }
  if (insn.src !== 0 && insn.src !== pseudoCalls.KFUNC) return undefined;
  const name =
    insn.src === 0
      ? `kfaas_bpf_${helperName(insn.imm)}`
      : `kfaas_kfunc_${(isKernelCall(insn) ? translation.kfuncs.get(insn.imm) : undefined) ?? `of_a_module_with_btf_id_${String(insn.imm)}`}`;
  used.add(name);
  return `r0 = ${name}(${registers});`;
}
