import { describe, expect, it } from 'vitest';
import { insn } from '../../../src/load/instructions.js';
import { countedInstructions } from '../../../src/twin/blocks.js';
import { decode, functionsOf, jumpTarget } from '../../../src/twin/bytecode.js';
import { withoutChance } from '../../../src/twin/chance.js';
import { helperName, helperNumber } from '../../../src/twin/helpers.js';

const exit = insn(0x95);
const set = (register: number, value: number): Buffer => insn(0xb7, register, 0, 0, value);
/** r1 = 0x500000007; 16 bytes. */
const wide = [insn(0x18, 1, 0, 0, 7), insn(0, 0, 0, 0, 5)];

describe('BPF instructions', () => {
  it('are read with their signs, and those of 16 bytes as one', () => {
    const [first, second, third] = decode(Buffer.concat([insn(0x61, 3, 10, -4, -2), ...wide, exit]));
    expect(first).toEqual({ at: 0, code: 0x61, dst: 3, src: 10, off: -4, imm: -2, high: undefined });
    expect(second).toMatchObject({ at: 1, imm: 7, high: 5 });
    expect(third).toMatchObject({ at: 3, code: 0x95 });
  });

  it.each([
    ['a condition', insn(0x15, 1, 0, 3, 9), 4],
    ['backwards', insn(0x05, 0, 0, -1), 0],
    ['by 32 bits', insn(0x06, 0, 0, 0, 70_000), 70_001],
    ['may_goto', insn(0xe5, 0, 0, 2), 3],
    ['no jump: a call', insn(0x85, 0, 1, 0, 5), undefined],
    ['no jump: an exit', exit, undefined],
    ['no jump: arithmetic', set(0, 3), undefined],
  ])('jump to a slot: %s', (_, bytes, target) => {
    expect(jumpTarget(decode(bytes)[0]!)).toBe(target);
  });

  it('fall into functions: those that are called, and those that are referred to', () => {
    const callback = [insn(0x18, 2, 4, 0, 4), insn(0)]; // slots 0 and 1, the function at 5
    const code = Buffer.concat([...callback, insn(0x85, 0, 1, 0, 3), set(0, 1), exit, exit, set(0, 2), exit]);
    const functions = functionsOf(decode(code));
    expect(functions.map(({ start }) => start)).toEqual([0, 5, 6]);
    expect(functions.map(({ insns }) => insns.length)).toEqual([4, 1, 2]);
  });
});

describe('counts of blocks', () => {
  it('become counts of instructions: a block ends where something may be left out', () => {
    const code = Buffer.concat([set(0, 1), insn(0x15, 1, 0, 1, 0), set(0, 2), ...wide, exit]);
    const counted = countedInstructions([{ insns: exit }, { insns: code }]);
    expect(counted.map(({ program, insn: { at }, counter }) => [program, at, counter])).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [1, 1, 1],
      [1, 2, 3],
      [1, 3, 4],
      [1, 5, 4],
    ]);
    expect(counted.every(({ takenCounter }) => takenCounter === undefined)).toBe(true);
  });

  it('have one more for each jump back, behind those of all slots', () => {
    const code = Buffer.concat([set(0, 1), insn(0x15, 1, 0, -2, 0), exit]);
    const counted = countedInstructions([{ insns: exit }, { insns: code }]);
    expect(counted.map(({ takenCounter }) => takenCounter)).toEqual([undefined, undefined, 4 + 2, undefined]);
  });
});

describe('helpers', () => {
  it('are known by the numbers of include/uapi/linux/bpf.h', () => {
    expect([1, 12, 51, 130, 181, 211].map(helperName)).toEqual([
      ...['map_lookup_elem', 'tail_call', 'redirect_map', 'ringbuf_output', 'loop', 'cgrp_storage_delete'],
    ]);
    expect(helperName(212)).toBe('helper_212');
    expect(helperNumber('csum_diff')).toBe(28);
    expect(() => helperNumber('no_such')).toThrow('no_such');
  });

  it('of time and chance become constants, each its own, and nothing else changes', () => {
    const call = (number: number): Buffer => insn(0x85, 0, 0, 0, number);
    const code = Buffer.concat([call(5), call(7), call(1), ...wide, exit]);
    const { insns, replaced } = withoutChance(code);
    expect(replaced).toEqual(['bpf_ktime_get_ns', 'bpf_get_prandom_u32']);
    const [time, chance, ...rest] = decode(insns);
    expect([time?.code, chance?.code]).toEqual([0xb7, 0xb7]);
    expect(time?.imm).not.toBe(chance?.imm);
    expect(rest).toEqual(decode(code).slice(2));
  });

  it('are not mistaken for functions or kfuncs of the same number', () => {
    const code = Buffer.concat([insn(0x85, 0, 1, 0, 5), insn(0x85, 0, 2, 0, 5), exit]);
    expect(withoutChance(code)).toEqual({ insns: code, replaced: [] });
  });
});
