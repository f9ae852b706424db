/**
 * Random programs that the verifier accepts, and what the kernel and the translated twin make of them. A program is for
 * tc: it takes eight registers and eight stack slots from the packet, does what was drawn, and puts all of it back.
 */
import { closeSync } from 'node:fs';
import type { Draw } from '../../src/arms/side.js';
import type { Workshop } from '../../src/build/compile.js';
import { insn } from '../../src/load/instructions.js';
import { Errno, type Libbpf } from '../../src/load/libbpf.js';
import { drawFrom } from '../../src/measure/draw.js';
import {
  alu,
  atomics,
  classes,
  EXIT,
  CALL,
  FROM_REGISTER,
  jump,
  LD_IMM64,
  modes,
  sizes,
} from '../../src/twin/bytecode.js';
import { countedInstructions } from '../../src/twin/blocks.js';
import { compileTwin } from '../../src/twin/compile.js';
import { surroundings } from '../../src/twin/surroundings.js';
import { contentsText } from '../../src/twin/contents.js';
import { runTwin } from '../../src/twin/runner.js';
import { translate } from '../../src/twin/translate.js';
import { nameOf } from './opcode-names.js';

const SCHED_CLS = 3; // enum bpf_prog_type
const PACKET_BYTES = 320;
const REGISTERS_AT = 64;
const STACK_AT = 128;
/** What loads and stores of the packet may touch. */
const MEMORY_AT = 192;
const MEMORY_BYTES = 64;
const STACK_BYTES = 64;
/** Stack slots below the others that atomic operations alone touch, so that the verifier never knows what they hold. */
const ATOMICS_AT = 256;
const ATOMICS_BYTES = 64;
const free = [0, 1, 2, 3, 4, 5, 8, 9];
/** Where the packet holds a register, before and after. */
const placeOf = (number: number): number => REGISTERS_AT + 8 * free.indexOf(number);
const CONTEXT = 6;
const PACKET = 7;
const FRAME = 10;

const edges = [0n, 1n, 2n, 31n, 32n, 33n, 63n, 64n, 65n, 0xffn, 0x7fn, 0x80n, 0x7fffn, 0x8000n, 0xffffn]
  .concat([31n, 32n, 63n].flatMap((bit) => [(1n << bit) - 1n, 1n << bit, (1n << bit) + 1n]))
  .flatMap((value) => [value, -value]);

function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[draw.integer(0, items.length - 1)]!;
}

function word(draw: Draw): bigint {
  if (draw.integer(0, 2) > 0) return BigInt.asUintN(64, pick(draw, edges));
  return (BigInt(draw.integer(0, 0x7fffffff)) << 33n) ^ BigInt(draw.integer(0, 0x7fffffff));
}

const immediate = (draw: Draw): number => Number(BigInt.asIntN(32, word(draw)));
const register = (draw: Draw): number => pick(draw, free);
/** Bytes of the packet and where they are on the stack. */
const stackSlots = [
  ...Array.from({ length: STACK_BYTES / 8 }, (_, i) => ({ at: STACK_AT + 8 * i, off: -STACK_BYTES + 8 * i })),
  ...Array.from({ length: ATOMICS_BYTES / 8 }, (_, i) => ({
    at: ATOMICS_AT + 8 * i,
    off: -STACK_BYTES - ATOMICS_BYTES + 8 * i,
  })),
];
const size = (draw: Draw): number => pick(draw, Object.values(sizes));
const bytesOf = (code: number): number => ({ [sizes.B]: 1, [sizes.H]: 2, [sizes.W]: 4, [sizes.DW]: 8 })[code] ?? 8;

function arithmetic(draw: Draw): Buffer[] {
  const inClass = pick(draw, [classes.ALU, classes.ALU64]);
  const bits = inClass === classes.ALU ? 32 : 64;
  const operation = pick(draw, Object.values(alu));
  const dst = register(draw);
  if (operation === alu.NEG) return [insn(inClass | operation, dst)];
  if (operation === alu.END) {
    const swap = inClass === classes.ALU ? pick(draw, [0, FROM_REGISTER]) : 0;
    return [insn(inClass | operation | swap, dst, 0, 0, pick(draw, [16, 32, 64]))];
  }
  const isSigned = (operation === alu.DIV || operation === alu.MOD) && draw.integer(0, 1) === 1;
  if (draw.integer(0, 1) === 1) {
    const extensions = operation !== alu.MOV ? [0] : bits === 32 ? [0, 8, 16] : [0, 8, 16, 32];
    return [insn(inClass | operation | FROM_REGISTER, dst, register(draw), isSigned ? 1 : pick(draw, extensions))];
  }
  const isShift = operation === alu.LSH || operation === alu.RSH || operation === alu.ARSH;
  const isDivision = operation === alu.DIV || operation === alu.MOD;
  const value = isShift ? draw.integer(0, bits - 1) : immediate(draw) || (isDivision ? 1 : 0);
  return [insn(inClass | operation, dst, 0, isSigned ? 1 : 0, value)];
}

/** A register to address by, and an offset at which so many bytes may be touched. The stack wants them aligned. */
function place(draw: Draw, bytes: number, stackOnly = false): { base: number; off: number } {
  if (stackOnly || draw.integer(0, 1) === 1) {
    return { base: FRAME, off: -STACK_BYTES + bytes * draw.integer(0, STACK_BYTES / bytes - 1) };
  }
  return { base: PACKET, off: MEMORY_AT + draw.integer(0, MEMORY_BYTES - bytes) };
}

function load(draw: Draw): Buffer[] {
  const width = size(draw);
  const mode = width === sizes.DW ? modes.MEM : pick(draw, [modes.MEM, modes.MEMSX]);
  const { base, off } = place(draw, bytesOf(width));
  return [insn(classes.LDX | mode | width, register(draw), base, off)];
}

function store(draw: Draw): Buffer[] {
  const width = size(draw);
  const { base, off } = place(draw, bytesOf(width));
  if (draw.integer(0, 1) === 1) return [insn(classes.STX | modes.MEM | width, base, register(draw), off)];
  return [insn(classes.ST | modes.MEM | width, base, 0, off, immediate(draw))];
}

function atomic(draw: Draw): Buffer[] {
  const { LOAD_ACQ, STORE_REL, FETCH, ADD, OR, AND, XOR, XCHG, CMPXCHG } = atomics;
  const operations = [ADD, OR, AND, XOR].flatMap((operation) => [operation, operation | FETCH]);
  const operation = pick(draw, [...operations, XCHG, CMPXCHG, LOAD_ACQ, STORE_REL]);
  const isPlain = operation === LOAD_ACQ || operation === STORE_REL;
  const width = isPlain ? size(draw) : pick(draw, [sizes.W, sizes.DW]);
  const { off: shared } = place(draw, bytesOf(width), true);
  const off = isPlain ? shared : shared - ATOMICS_BYTES;
  const code = classes.STX | modes.ATOMIC | width;
  if (operation === LOAD_ACQ) return [insn(code, register(draw), FRAME, off, operation)];
  const done = [insn(code, FRAME, register(draw), off, operation)];
  // Linux 6.18 may forget to zero-extend R0, see docs/two-sides.md.
  return operation === CMPXCHG && width === sizes.W ? [...done, insn(classes.ALU | MOVED, 0, 0)] : done;
}

function wide(draw: Draw): Buffer[] {
  const value = BigInt.asIntN(64, word(draw));
  const low = Number(BigInt.asIntN(32, value));
  return [insn(LD_IMM64, register(draw), 0, 0, low), insn(0, 0, 0, 0, Number(value >> 32n))];
}

const reload = (registers: readonly number[]): Buffer[] =>
  registers.map((number) => insn(classes.LDX | modes.MEM | sizes.DW, number, PACKET, placeOf(number)));

/** Loads from the packet in network order; at its end the program ends. The registers 1 to 5 are lost. */
function packetLoad(draw: Draw): Buffer[] {
  const width = pick(draw, [sizes.B, sizes.H, sizes.W]);
  const offset = pick(draw, [
    0,
    14,
    100,
    PACKET_BYTES - 4,
    PACKET_BYTES - 1,
    PACKET_BYTES,
    -0x100000,
    -0x200000 + 3,
    -5,
  ]);
  const isIndirect = draw.integer(0, 1) === 1;
  const [source, limited] = isIndirect ? [9, [insn(classes.ALU64 | alu.AND, 9, 0, 0, 0x7f)]] : [0, []];
  const mode = isIndirect ? modes.IND : modes.ABS;
  return [...limited, insn(classes.LD | mode | width, 0, source, 0, offset), ...reload([1, 2, 3, 4, 5])];
}

const plain = [arithmetic, arithmetic, arithmetic, arithmetic, load, store, atomic, wide];

function some(draw: Draw, kinds: readonly ((draw: Draw) => Buffer[])[], count: number): Buffer[] {
  return Array.from({ length: count }, () => pick(draw, kinds)(draw)).flat();
}

function branch(draw: Draw): Buffer[] {
  const operations = Object.values(jump).filter(
    (code) => ![jump.JA, jump.CALL, jump.EXIT, jump.JCOND].includes(code as never),
  );
  const code = pick(draw, operations) | pick(draw, [classes.JMP, classes.JMP32]);
  const then = some(draw, plain, draw.integer(1, 4));
  const otherwise = some(draw, plain, draw.integer(0, 4));
  const over =
    draw.integer(0, 1) === 1
      ? insn(classes.JMP | jump.JA, 0, 0, otherwise.length)
      : insn(classes.JMP32 | jump.JA, 0, 0, 0, otherwise.length);
  const head =
    draw.integer(0, 1) === 1
      ? insn(code | FROM_REGISTER, register(draw), register(draw), then.length + 1)
      : insn(code, register(draw), 0, then.length + 1, immediate(draw));
  return [head, ...then, over, ...otherwise];
}

const MOVED = alu.MOV | FROM_REGISTER;
const move = (to: number, from: number): Buffer => insn(classes.ALU64 | MOVED, to, from);

function prologue(): Buffer[] {
  const DATA = 76; // offsetof(struct __sk_buff, data), and data_end behind it
  return [
    move(CONTEXT, 1),
    insn(classes.LDX | modes.MEM | sizes.W, PACKET, CONTEXT, DATA),
    insn(classes.LDX | modes.MEM | sizes.W, 2, CONTEXT, DATA + 4),
    move(3, PACKET),
    insn(classes.ALU64 | alu.ADD, 3, 0, 0, PACKET_BYTES),
    insn(classes.JMP | jump.JLE | FROM_REGISTER, 3, 2, 2),
    insn(classes.ALU64 | alu.MOV, 0, 0, 0, 0),
    insn(EXIT),
    ...stackSlots.flatMap(({ at, off }) => [
      insn(classes.LDX | modes.MEM | sizes.DW, 1, PACKET, at),
      insn(classes.STX | modes.MEM | sizes.DW, FRAME, 1, off),
    ]),
    ...reload(free),
  ];
}

function epilogue(): Buffer[] {
  const put = (number: number): Buffer => insn(classes.STX | modes.MEM | sizes.DW, PACKET, number, placeOf(number));
  const slots = stackSlots.flatMap(({ at, off }) => [
    insn(classes.LDX | modes.MEM | sizes.DW, 1, FRAME, off),
    insn(classes.STX | modes.MEM | sizes.DW, PACKET, 1, at),
  ]);
  return [...free.map(put), ...slots, insn(EXIT)];
}

/** A function of its own for the registers 1 to 5; packet loads and calls do not go together without BTF. */
function subprogram(draw: Draw): Buffer[] {
  const own = Array.from({ length: draw.integer(1, 10) }, () => arithmetic(draw)).flat();
  const set = [8, 9].map((number) => move(number, pick(draw, [1, 2, 3, 4, 5])));
  return [move(0, pick(draw, [1, 2, 3, 4, 5])), ...set, ...own, insn(EXIT)];
}

export function randomProgram(draw: Draw): Buffer {
  const calls = draw.integer(0, 3) === 0;
  const kinds = [...plain, branch, branch, ...(calls ? [] : [packetLoad])];
  const body = some(draw, kinds, draw.integer(1, 24));
  const end = epilogue();
  if (!calls) return Buffer.concat([...prologue(), ...body, ...end]);
  const more = some(draw, plain, draw.integer(0, 6));
  const call = [insn(CALL, 0, 1, 0, 5 + more.length + end.length), ...reload([1, 2, 3, 4, 5])];
  return Buffer.concat([...prologue(), ...body, ...call, ...more, ...end, ...subprogram(draw)]);
}

function randomPacket(draw: Draw): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES);
  for (let at = 0; at < PACKET_BYTES; at += 8) packet.writeBigUInt64LE(word(draw), at);
  return packet;
}

export interface FuzzBatch {
  readonly programs: number;
  /** Drawn, but refused by the verifier: by errno. */
  readonly refused: ReadonlyMap<string, number>;
  readonly runs: number;
  /** How often each opcode was executed by the twin; empty without counting. */
  readonly executed: ReadonlyMap<string, number>;
  /** One for each run that the two sides disagree on. */
  readonly differences: readonly string[];
}

export interface FuzzRequest {
  readonly seed: number;
  readonly programs: number;
  readonly packetsPerProgram: number;
  readonly counting: boolean;
}

export async function fuzz(
  workshop: Workshop,
  libbpf: Libbpf,
  runner: string,
  request: FuzzRequest,
): Promise<FuzzBatch> {
  const draw = drawFrom(request.seed);
  const refused = new Map<string, number>();
  const accepted: { insns: Buffer; packets: Buffer[]; results: { retval: number; output: Buffer }[] }[] = [];
  while (accepted.length < request.programs) {
    const insns = randomProgram(draw);
    const packets = Array.from({ length: request.packetsPerProgram }, () => randomPacket(draw));
    try {
      const fd = libbpf.loadPlain({ type: SCHED_CLS, expectedAttachType: 0, flags: 0, insns });
      const results = packets.map((dataIn) => {
        const output = Buffer.alloc(PACKET_BYTES);
        return { retval: libbpf.testRun({ fd, repeat: 1, dataIn, dataOut: output }).retval, output };
      });
      closeSync(fd);
      accepted.push({ insns, packets, results });
    } catch (error) {
      const code = error instanceof Errno ? error.code : String(error);
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
  }
  const programs = accepted.map(({ insns }, i) => ({ name: `random_${String(i)}`, insns }));
  const text = translate({
    ...{ programs, programType: SCHED_CLS, maps: [], mapByFd: new Map(), kfuncs: new Map(), objectTypes: [] },
    counting: request.counting,
  });
  const { library } = await compileTwin(workshop, [
    ...[text, contentsText([])].map((each) => ({ language: 'c' as const, text: each })),
    surroundings(libbpf),
  ]);
  const runs = accepted.flatMap(({ packets }, program) => packets.map((bytes) => ({ program, bytes })));
  const { outcomes, executed } = runTwin(runner, library, runs);
  const expected = accepted.flatMap(({ results }) => results);
  const differences = runs.flatMap(({ program, bytes }, i) => {
    const twin = outcomes[i] ?? { kind: 'died' as const, signal: 'an earlier one did' };
    const { retval, output } = expected[i]!;
    if (twin.kind === 'ran' && twin.retval === retval && twin.output.equals(output)) return [];
    const found = twin.kind === 'ran' ? `${String(twin.retval)} ${twin.output.toString('hex')}` : JSON.stringify(twin);
    const code = accepted[program]!.insns.toString('hex');
    return [
      `seed ${String(request.seed)}, program ${String(program)} ${code}, packet ${bytes.toString('hex')}:` +
        ` kernel ${String(retval)} ${output.toString('hex')}, twin ${found}`,
    ];
  });
  return {
    ...{ programs: accepted.length, refused, runs: runs.length, differences },
    executed: request.counting ? opcodes(programs, executed) : new Map(),
  };
}

function opcodes(
  programs: readonly { insns: Buffer }[],
  runs: readonly ReadonlyMap<number, number>[],
): ReadonlyMap<string, number> {
  const executed = new Map<number, number>();
  for (const run of runs) for (const [slot, count] of run) executed.set(slot, (executed.get(slot) ?? 0) + count);
  const counts = new Map<string, number>();
  for (const { insn: instruction, counter } of countedInstructions(programs)) {
    const count = executed.get(counter) ?? 0;
    if (count > 0) counts.set(nameOf(instruction), (counts.get(nameOf(instruction)) ?? 0) + count);
  }
  return counts;
}
