/** Code as text: what one instruction differs from another by is in what they are held against each other by. */
import { describe, expect, it } from 'vitest';
import { bpfLines, type Names } from '../../../src/code/bpf-text.js';
import { machineFunctions } from '../../../src/code/machine-text.js';
import { decode } from '../../../src/twin/bytecode.js';

const names: Names = {
  called: ({ imm }) => (imm === 1 ? 'bpf_map_lookup_elem' : undefined),
  functionOf: () => 'helper',
};

/** Opcode, registers (source above destination), offset, immediate. */
function insn(code: number, registers = 0, off = 0, imm = 0): Buffer {
  const bytes = Buffer.from([code, registers, 0, 0, 0, 0, 0, 0]);
  bytes.writeInt16LE(off, 2);
  bytes.writeInt32LE(imm, 4);
  return bytes;
}

const linesOf = (...insns: Buffer[]) => bpfLines(decode(Buffer.concat(insns)), names);

describe('BPF instructions, in the notation of the kernel', () => {
  it.each([
    ['r1 += 7', insn(0x07, 1, 0, 7)],
    ['w1 += 7', insn(0x04, 1, 0, 7)],
    ['w1 += w2', insn(0x0c, 0x21)],
    ['r1 /= r2', insn(0x3f, 0x21)],
    ['r1 s/= r2', insn(0x3f, 0x21, 1)],
    ['r1 = (s8)r2', insn(0xbf, 0x21, 8)],
    ['r1 = be16 r1', insn(0xdc, 1, 0, 16)],
    ['r1 = le16 r1', insn(0xd4, 1, 0, 16)],
    ['r1 = bswap16 r1', insn(0xd7, 1, 0, 16)],
    ['r1 = *(u16 *)(r2 +4)', insn(0x69, 0x21, 4)],
    ['r1 = *(s16 *)(r2 -4)', insn(0x89, 0x21, -4)],
    ['*(u8 *)(r10 -8) = 5', insn(0x72, 10, -8, 5)],
    ['lock *(u64 *)(r1 +0) += r2', insn(0xdb, 0x21)],
    ['r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)', insn(0xdb, 0x21, 0, 1)],
    ['r2 = atomic_xchg((u32 *)(r1 +0), r2)', insn(0xc3, 0x21, 0, 0xe1)],
    ['r0 = *(u16 *)skb[12]', insn(0x28, 0, 0, 12)],
    ['call bpf_map_lookup_elem', insn(0x85, 0, 0, 1)],
    ['call a kernel function', insn(0x85, 0, 0, 2)],
    ['call helper', insn(0x85, 0x10, 0, 1)],
    ['exit', insn(0x95)],
  ])('%s', (text, bytes) => {
    expect(linesOf(bytes)).toEqual([{ text, sameAs: text }]);
  });

  it('say the whole of a wide constant', () => {
    const [line] = linesOf(insn(0x18, 1, 0, 0x23456789), insn(0, 0, 0, 0x1));
    expect(line).toEqual({ text: 'r1 = 0x123456789', sameAs: 'r1 = 0x123456789' });
  });

  it('are alike in another load, whose maps have other numbers, and not at another place in a map', () => {
    const value = (map: number, offset: number) => linesOf(insn(0x18, 0x21, 0, map), insn(0, 0, 0, offset))[0]!;
    expect(value(7, 8)).toEqual({ text: 'r1 = map[id:7][0]+8', sameAs: 'r1 = map[0]+8' });
    expect(value(9, 8).sameAs).toBe(value(7, 8).sameAs);
    expect(value(7, 16).sameAs).not.toBe(value(7, 8).sameAs);
  });

  it('jump on a condition of their own, wherever that leads', () => {
    const [wide, narrow] = linesOf(insn(0x15, 1, 1, 5), insn(0x16, 1, 0, 5), insn(0x95));
    expect(wide).toEqual({ text: 'if r1 == 0x5 goto pc+1', sameAs: 'if r1 == 0x5 goto', target: 2 });
    expect(narrow).toEqual({ text: 'if w1 == 0x5 goto pc+0', sameAs: 'if w1 == 0x5 goto', target: 2 });
  });
});

describe('machine code', () => {
  const kernel = 0xffff_ffff_8100_0000n;
  const told = (...lines: string[]) => {
    const text = lines.map((line, i) => `  ${(0x10 + i * 4).toString(16)}:\t${line}`).join('\n');
    const one = { name: 'f', address: kernel, bytes: Buffer.alloc(64) };
    const symbolAt = (address: bigint) => (address === kernel + 0x1000n ? 'bpf_map_lookup_elem' : undefined);
    const [code] = machineFunctions(`0000000000000010 <function_0>:\n${text}\n`, [one], symbolAt);
    return code!.lines;
  };
  const sameAs = (line: string) => told(line)[0]!.sameAs;

  it('is alike in another load, whose data lie elsewhere', () => {
    expect(sameAs('movabs $0xffffc90000123458,%rdi')).toBe('movabs $<address>,%rdi');
    expect(sameAs('mov 0x1234(%rip),%rax # 0x1300')).toBe('mov <address>(%rip),%rax');
  });

  it.each([
    'mov $0x7,%eax',
    'movabs $0x123456789abc,%rdi',
    'mov $0xffffffffffffffff,%rax',
    'mov $0xffffffffff000000,%rax',
    'and $0xffffc90000123458,%rdi',
  ])('keeps the constants of a program: %s', (line) => {
    expect(sameAs(line)).toBe(line);
  });

  it('names what is called, and does not call two functions alike', () => {
    expect(sameAs('call 1010 <function_0+0x1000>')).toBe('call bpf_map_lookup_elem');
    expect(sameAs('call 2010')).toBe('call kernel');
    expect(sameAs('jmp 1010')).toBe('jmp bpf_map_lookup_elem');
  });

  it('jumps within itself to a line', () => {
    expect(told('je 18', 'nop', 'ret')).toEqual([
      { text: 'je +0x8', sameAs: 'je', target: 2 },
      { text: 'nop', sameAs: 'nop' },
      { text: 'ret', sameAs: 'ret' },
    ]);
  });
});
