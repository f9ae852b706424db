import { describe, expect, it } from 'vitest';
import { insn } from '../../../src/load/instructions.js';
import { contentsText } from '../../../src/twin/contents.js';
import type { MapShape } from '../../../src/twin/tables.js';
import { translate, type Translation } from '../../../src/twin/translate.js';

/** What a program becomes; that it computes the same is shown by the integration tests. */
function textOf(insns: readonly Buffer[], more: Partial<Translation> = {}): string {
  return translate({
    ...{ programs: [{ name: 'filter', insns: Buffer.concat(insns) }], programType: 3, counting: false },
    ...{ maps: [], mapByFd: new Map(), kfuncs: new Map(), objectTypes: [] },
    ...more,
  });
}

const exit = insn(0x95);
const shape: MapShape = { name: 'm', type: 1, keyBytes: 4, valueBytes: 8, maxEntries: 3, flags: 0, fields: [] };

describe('a translation', () => {
  it('defines the program under its own name, as a compiled source does', () => {
    expect(textOf([exit])).toContain('int kfaas_entry(void *ctx) __asm__("filter");');
  });

  it.each([
    ['an unknown instruction', [insn(0xff, 1), exit], 'kfaas_stop("the instruction 0xff at 0")'],
    ['an unknown atomic operation', [insn(0xdb, 10, 1, -8, 0x33), exit], 'kfaas_stop("the instruction 0xdb at 0")'],
    ["another object's map", [insn(0x18, 1, 1, 0, 9), insn(0), exit], "a map that is not the object's (descriptor 9)"],
    ["a kernel's variable", [insn(0x18, 1, 3, 0, 77), insn(0), exit], 'a variable of the kernel (BTF id 77)'],
    ['a cast of the arena', [insn(0xbf, 1, 2, 1, 1), exit], 'kfaas_stop("the instruction 0xbf at 0")'],
  ])('stops where it reaches %s', (_, insns, what) => {
    expect(textOf(insns)).toContain(what);
  });

  it('says which helper or kfunc it is that user space lacks', () => {
    const text = textOf([insn(0x85, 0, 0, 0, 69), insn(0x85, 0, 2, 0, 1234), exit], {
      kfuncs: new Map([[1234, 'bpf_k']]),
    });
    expect(text).toMatch(/weak\)\) u64 kfaas_bpf_fib_lookup\(.*kfaas_stop\("bpf_fib_lookup"\)/);
    expect(text).toMatch(/weak\)\) u64 kfaas_kfunc_bpf_k\(.*kfaas_stop\("bpf_k"\)/);
  });

  it('refers to maps by their place, and to globals by their address', () => {
    const maps = [shape, { ...shape, name: '.bss', type: 2, maxEntries: 1, valueBytes: 64 }];
    const insns = [insn(0x18, 1, 1, 0, 30), insn(0), insn(0x18, 2, 2, 0, 31), insn(0, 0, 0, 0, 12), exit];
    const mapByFd = new Map([
      [30, 0],
      [31, 1],
    ]);
    const text = textOf(insns, { maps, mapByFd });
    expect(text).toContain('r1 = (u64)&kfaas_maps[0];');
    expect(text).toContain('static u8 values_of_map_1[64]');
    expect(text).toContain('r2 = (u64)values_of_map_1 + 0xcu;');
  });

  it('counts only where it is asked to', () => {
    expect(textOf([exit])).not.toContain('kfaas_executed');
    expect(textOf([exit], { counting: true })).toContain('kfaas_executed[0]++');
  });

  it('writes contents of any bytes', () => {
    const text = contentsText([{ map: 2, key: Buffer.from([0, 1, 255]), value: Buffer.from('"7') }]);
    expect(text).toContain('{ 2, ALIGNED("\\000\\001\\377", 3), ALIGNED("\\042\\067", 2) }');
  });
});
