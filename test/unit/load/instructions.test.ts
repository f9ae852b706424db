import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callsOf,
  canLoop,
  dispatcher,
  DISPATCH_MISSED,
  empty,
  insn,
  kernelRead,
  looped,
  padded,
  pads,
} from '../../../src/load/instructions.js';

/** One instruction a line. */
function listing(insns: Buffer): string[] {
  return Array.from({ length: insns.length / 8 }, (_, at) => insns.toString('hex', at * 8, at * 8 + 8));
}

/** Codes as in Documentation/bpf/standardization/instruction-set.rst, written again on purpose. */
const code = { movImm: 0xb7, ja: 0x05, jeqImm: 0x15, call: 0x85, ldImm64: 0x18, exit: 0x95 };
const src = { mapFd: 1, call: 1, func: 4 };

it('what a program calls outside of itself is read from its instructions', () => {
  const kfunc = 2;
  const insns = Buffer.concat([
    insn(code.ldImm64, 1, src.mapFd, 0, 5),
    insn(code.call, 0, 0, 0, 99), // the second half, whatever it looks like
    insn(code.call, 0, 0, 0, 1),
    insn(code.call, 0, src.call, 0, 7),
    insn(code.call, 0, 0, 0, 26),
    insn(code.call, 0, 0, 0, 1),
    insn(code.exit),
  ]);
  expect(callsOf(insns)).toEqual({ helpers: [1, 26], kernelFunctions: false });
  expect(callsOf(Buffer.concat([insns, insn(code.call, 0, kfunc, 0, 4711)]))).toEqual({
    helpers: [1, 26],
    kernelFunctions: true,
  });
});

describe('an instruction', () => {
  it('is code, registers (source in the high half), offset and immediate, little-endian', () => {
    expect(insn(0xbf, 1, 10, 0x1234, 0x0a0b0c0d).toString('hex')).toBe('bfa134120d0c0b0a');
  });

  it('has a signed offset and an immediate of either sign', () => {
    expect(insn(code.ja, 0, 0, -3).toString('hex')).toBe('0500fdff00000000');
    expect(insn(code.movImm, 0, 0, 0, -1)).toEqual(insn(code.movImm, 0, 0, 0, 0xffff_ffff));
  });
});

describe('the small programs', () => {
  it('pads are `r0 = 1`', () => {
    expect(listing(pads(2))).toEqual(['b700000001000000', 'b700000001000000']);
    expect(pads(0)).toHaveLength(0);
  });

  it('the empty program returns what it is told', () => {
    expect(listing(empty(2))).toEqual(['b700000002000000', '9500000000000000']);
  });

  it('the dispatcher tail-calls slot 0, with the context still in r1, and returns its own value if that fails', () => {
    expect(listing(dispatcher(5))).toEqual([
      '1812000005000000', // r2 = map by descriptor 5
      '0000000000000000',
      'b703000000000000', // r3 = 0
      '850000000c000000', // call bpf_tail_call
      'b70000006161666b', // r0 = DISPATCH_MISSED
      '9500000000000000',
    ]);
    expect(DISPATCH_MISSED).toBe(0x6b666161);
  });

  it('the probe for lockdown reads kernel memory', () => {
    expect(listing(kernelRead())).toEqual([
      'bfa1000000000000', // r1 = r10
      '07010000f8ffffff', // r1 += -8
      'b702000008000000', // r2 = 8
      'b703000000000000', // r3 = 0
      '8500000071000000', // call bpf_probe_read_kernel
      'b700000000000000',
      '9500000000000000',
    ]);
  });

  it('the loop calls what stands behind it, counts equal results and stops at the first other one', () => {
    const kfuncs = { bpf_iter_num_new: 0x101, bpf_iter_num_next: 0x102, bpf_iter_num_destroy: 0x103 };
    expect(listing(looped(empty(9), 1000, 9, kfuncs))).toEqual([
      'bf16000000000000', //  0: r6 = r1, the context
      'b707000000000000', //  1: r7 = 0
      'b702000000000000', //  2: r2 = 0
      'b7030000e8030000', //  3: r3 = 1000
      'bfa1000000000000', //  4: r1 = r10 - 8, the iterator
      '07010000f8ffffff',
      '8520000001010000', //  6: call bpf_iter_num_new
      'bfa1000000000000', //  7: r1 = r10 - 8
      '07010000f8ffffff',
      '8520000002010000', //  9: call bpf_iter_num_next
      '1500050000000000', // 10: if r0 == 0 goto 16
      'bf61000000000000', // 11: r1 = r6
      '8510000008000000', // 12: call 21
      '5600020009000000', // 13: if w0 != 9 goto 16
      '0707000001000000', // 14: r7 += 1
      '0500f7ff00000000', // 15: goto 7
      'bfa1000000000000', // 16: r1 = r10 - 8
      '07010000f8ffffff',
      '8520000003010000', // 18: call bpf_iter_num_destroy
      'bf70000000000000', // 19: r0 = r7
      '9500000000000000', // 20: exit
      'b700000009000000', // 21: the program
      '9500000000000000',
    ]);
  });
});

/** A program as the verifier sees it: which function every instruction belongs to, calls, refers to or jumps to. */
interface Meaning {
  readonly functionStarts: readonly number[];
  /** One entry per instruction that refers to another one. */
  readonly references: readonly { readonly kind: string; readonly inFunction: number; readonly to: string }[];
}

/** `skipped` instructions at the front mean nothing; places are told relative to the function that they are in. */
function meaningOf(insns: Buffer, funcInfo: Buffer, recordBytes: number, skipped: number): Meaning {
  const starts = Array.from({ length: funcInfo.length / recordBytes }, (_, i) =>
    funcInfo.readUInt32LE(i * recordBytes),
  );
  const functionAt = (at: number): number => starts.findLastIndex((start) => start <= at);
  const place = (at: number): string => {
    const index = functionAt(at);
    const offset = at - (starts[index] ?? Number.NaN);
    return `function ${index} + ${index === 0 ? offset - skipped : offset}`;
  };
  const references = [];
  for (let at = skipped; at < insns.length / 8; at++) {
    const [operation, source] = [insns.readUInt8(at * 8), insns.readUInt8(at * 8 + 1) >> 4];
    const [offset, immediate] = [insns.readInt16LE(at * 8 + 2), insns.readInt32LE(at * 8 + 4)];
    const from = { inFunction: functionAt(at) };
    if (operation === code.ja || operation === code.jeqImm)
      references.push({ ...from, kind: 'jump', to: place(at + 1 + offset) });
    if (operation === code.call && source === src.call)
      references.push({ ...from, kind: 'call', to: place(at + 1 + immediate) });
    if (operation === code.ldImm64) {
      if (source === src.func) references.push({ ...from, kind: 'callback', to: place(at + 1 + immediate) });
      at++;
    }
  }
  return { functionStarts: starts.map((start, i) => (i === 0 ? start : start - skipped)), references };
}

interface Sketch {
  readonly functions: readonly (readonly { readonly kind: string; readonly target: number }[])[];
  readonly recordBytes: number;
}

/** Programs of one to five functions that jump within themselves, call each other and refer to each other. */
const sketches: fc.Arbitrary<Sketch> = fc.record({
  functions: fc.array(
    fc.array(fc.record({ kind: fc.constantFrom('plain', 'jump', 'call', 'callback', 'map'), target: fc.nat() }), {
      maxLength: 12,
    }),
    { minLength: 1, maxLength: 5 },
  ),
  recordBytes: fc.constantFrom(8, 16), // of struct bpf_func_info, and of a larger one to come
});

function assembled({ functions, recordBytes }: Sketch) {
  const wide = (kind: string): boolean => kind === 'callback' || kind === 'map';
  const sizes = functions.map((body) => body.reduce((sum, { kind }) => sum + (wide(kind) ? 2 : 1), 2));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  let at = 0;
  const insns = functions.flatMap((body, index) => {
    const lines = body.map(({ kind, target }) => {
      const next = at + 1;
      at += wide(kind) ? 2 : 1;
      const within = (starts[index] ?? 0) + (target % (sizes[index] ?? 1));
      const callee = starts[target % starts.length] ?? 0;
      if (kind === 'jump') return insn(code.ja, 0, 0, within - next);
      if (kind === 'call') return insn(code.call, 0, src.call, 0, callee - next);
      if (kind === 'callback') return Buffer.concat([insn(code.ldImm64, 2, src.func, 0, callee - next), insn(0)]);
      if (kind === 'map') return Buffer.concat([insn(code.ldImm64, 1, src.mapFd, 0, 7), insn(0)]);
      return insn(code.movImm, 3, 0, 0, target);
    });
    at += 2;
    return [...lines, empty(0)];
  });
  const funcInfo = Buffer.alloc(starts.length * recordBytes, 0xee);
  starts.forEach((start, i) => funcInfo.writeUInt32LE(start, i * recordBytes));
  return { index: 0, insns: Buffer.concat(insns), funcInfo, funcInfoRecordBytes: recordBytes, flags: 0 };
}

describe('padding', () => {
  it('puts pads in front and leaves every instruction as it was', () => {
    const program = assembled({ functions: [[{ kind: 'jump', target: 1 }]], recordBytes: 8 });
    expect(listing(padded(program, 3).insns)).toEqual([...listing(pads(3)), ...listing(program.insns)]);
  });

  it('moves all functions but the main one in func_info, and nothing else of it', () => {
    const program = assembled({ functions: [[], [], []], recordBytes: 8 });
    expect(program.funcInfo.toString('hex')).toBe('00000000eeeeeeee02000000eeeeeeee04000000eeeeeeee');
    expect(padded(program, 31).funcInfo.toString('hex')).toBe('00000000eeeeeeee21000000eeeeeeee23000000eeeeeeee');
    expect(program.funcInfo.readUInt32LE(8), 'the recording itself').toBe(2);
  });

  it('knows programs without func_info', () => {
    const program = { index: 0, insns: empty(0), funcInfo: Buffer.alloc(0), funcInfoRecordBytes: 0, flags: 0 };
    expect(padded(program, 2)).toEqual({ insns: Buffer.concat([pads(2), empty(0)]), funcInfo: Buffer.alloc(0) });
  });

  it('keeps what every jump, call and callback reference means', () => {
    fc.assert(
      fc.property(sketches, fc.nat({ max: 31 }), (sketch, count) => {
        const program = assembled(sketch);
        const { insns, funcInfo } = padded(program, count);
        expect(meaningOf(insns, funcInfo, sketch.recordBytes, count)).toEqual(
          meaningOf(program.insns, program.funcInfo, sketch.recordBytes, 0),
        );
      }),
    );
  });
});

describe('whether a loop can be written around a program', () => {
  const callback = Buffer.concat([insn(code.ldImm64, 2, src.func, 0, 3), insn(0)]);
  const map = Buffer.concat([insn(code.ldImm64, 1, src.mapFd, 0, 7), insn(0)]);

  it('it can where nothing in it refers to a function', () => {
    expect(canLoop(empty(0))).toBe(true);
    expect(canLoop(Buffer.concat([map, insn(code.call, 0, src.call, 0, 1), empty(0), empty(1)]))).toBe(true);
  });

  it('it cannot where something does, wherever that stands', () => {
    expect(canLoop(Buffer.concat([callback, empty(0)]))).toBe(false);
    expect(canLoop(Buffer.concat([map, empty(0), callback, empty(0)]))).toBe(false);
  });

  it('the second half of a wide instruction is no instruction', () => {
    const constant = Buffer.concat([insn(code.ldImm64, 1), insn(code.ldImm64, 2, src.func)]);
    expect(canLoop(Buffer.concat([constant, empty(0)]))).toBe(true);
  });
});
