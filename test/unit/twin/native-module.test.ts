import { describe, expect, it } from 'vitest';
import { guardedLine } from '../../../src/twin/ir-arithmetic.js';
import { parts, readModule, symbolsIn } from '../../../src/twin/ir.js';
import { nativeModule, type NativeSource } from '../../../src/twin/native-module.js';
import { NotNative } from '../../../src/twin/native-places.js';

const source = (text: string, more: Partial<NativeSource> = {}): NativeSource => ({
  text,
  ...{ programs: ['main'], maps: new Map(), globals: new Map(), separate: new Set(), constants: new Map() },
  hasKernelFunction: () => false,
  ...more,
});

const helpers = [
  '@bpf_map_lookup_elem = internal global ptr inttoptr (i64 1 to ptr), align 8',
  '@bpf_ktime_get_ns = internal constant ptr inttoptr (i64 5 to ptr), align 8',
];
const main = (...body: string[]): string =>
  [...helpers, 'define i32 @main(ptr noundef %ctx) #0 section "xdp" {', 'entry:', ...body, '}', ''].join('\n');

describe('the intermediate language', () => {
  it('is taken apart at commas outside of brackets and quotes', () => {
    expect(parts('ptr @a, [2 x i8] c"(,", i64 add (i64 1, i64 2)')).toEqual([
      'ptr @a',
      '[2 x i8] c"(,"',
      'i64 add (i64 1, i64 2)',
    ]);
  });

  it('has symbols, which text in quotes has not', () => {
    expect(symbolsIn('call @a.1(ptr @"b c", c"@d", !"@e")')).toEqual(['@a.1', '@"b c"']);
  });

  it('is read as functions, variables and declarations', () => {
    const module = readModule(
      [
        '%struct.x = type { i32 }',
        '@x = dso_local global i32 7, section ".data.x", align 4',
        'declare i32 @g(i32)',
        'define weak zeroext i1 @f(ptr noundef %a, { i64, i64 } %b) local_unnamed_addr #3 section "tc" comdat {',
        '  ret i1 true',
        '}',
      ].join('\n'),
    );
    expect(module.functions.get('@f')).toEqual({
      ...{ name: '@f', result: 'zeroext i1', parameters: ['ptr noundef %a', '{ i64, i64 } %b'] },
      ...{ attributes: 'local_unnamed_addr #3', body: ['  ret i1 true'] },
    });
    expect([...module.globals.keys()]).toEqual(['@x']);
    expect([...module.declarations.keys()]).toEqual(['@g']);
    expect(module.rest).toEqual(['%struct.x = type { i32 }']);
  });
});

describe('arithmetic that C leaves open', () => {
  it.each([
    ['  %a = udiv i32 %b, 3', 'a divisor that is known'],
    ['  %a = shl i64 %b, 7', 'a count that is known'],
    ['  %a = add i64 %b, %c', 'what is always defined'],
  ])('stays as it is: %s, %s', (line) => {
    expect(guardedLine(line, '%g')).toEqual([line]);
  });

  it.each([
    ['  %a = udiv i32 %b, %c', '  %a = select i1 %g.zero, i32 0, i32 %g.result'],
    ['  %a = urem i64 %b, %c, !range !5', '  %a = select i1 %g.zero, i64 %b, i64 %g.result'],
    ['  %a = srem exact i32 %b, -1', '  %a = select i1 %g.zero, i32 %b, i32 %g.signed'],
    ['  %a = shl nuw nsw i32 1, %c', '  %a = shl i32 1, %g.count'],
    ['  %a = lshr <2 x i64> %b, %c', '  %a = lshr <2 x i64> %b, %g.count'],
    ['  %a = urem <2 x i8> %b, <i8 0, i8 3>', '  %a = select <2 x i1> %g.zero, <2 x i8> %b, <2 x i8> %g.result'],
  ])('is defined: %s', (line, last) => {
    expect(guardedLine(line, '%g').at(-1)).toBe(last);
  });
});

describe('a native module', () => {
  it('calls helpers with all five registers, and gives results their types', () => {
    const { text, used } = nativeModule(
      source(
        main(
          '  %0 = load ptr, ptr @bpf_map_lookup_elem, align 8',
          '  %call = call ptr %0(ptr noundef @m, i32 noundef -1) #4',
          '  ret i32 0',
        ) + '@m = global %struct.m zeroinitializer, section ".maps", align 8\n',
        { maps: new Map([['m', 3]]) },
      ),
    );
    expect(used).toEqual(['kfaas_bpf_map_lookup_elem']);
    expect(text).toContain('ptrtoint ptr @kfaas_map_3 to i64');
    expect(text).toMatch(/= zext i32 -1 to i64\n.*call i64 @kfaas_bpf_map_lookup_elem\(i64 \S+, i64 \S+, i64 undef/);
    expect(text).toMatch(/%call = inttoptr i64 \S+ to ptr/);
    expect(text).not.toContain('section');
  });

  it('has a constant where time was asked for', () => {
    const asked = main('  %0 = load ptr, ptr @bpf_ktime_get_ns, align 8', '  %call = call i64 %0()', '  ret i32 0');
    expect(nativeModule(source(asked, { constants: new Map([[5, 77]]) })).text).toContain('%call = add i64 77, 0');
    expect(nativeModule(source(asked)).used).toEqual(['kfaas_bpf_ktime_get_ns']);
  });

  it('has only what the program reaches', () => {
    const other = 'define i32 @other(ptr %ctx) {\n  call void asm sideeffect "r0 = 1", ""()\n  ret i32 0\n}\n';
    const { text } = nativeModule(source(main('  ret i32 0') + other));
    expect(text).not.toContain('@other');
  });

  it.each([
    ['assembly', main('  call void asm sideeffect "r0 = 1", ""()', '  ret i32 0'), /^BPF assembly \(in main\)$/],
    [
      'a variable of the kernel',
      `@v = external global i32, section ".ksyms"\n${main('  load i32, ptr @v')}`,
      /variable v$/,
    ],
    ['a map that is not there', `@m = global i8 0, section ".maps"\n${main('  load i8, ptr @m')}`, /^the map m, which/],
    ['a function that is not there', `declare i32 @f()\n${main('  call i32 @f()')}`, /^the function f, which is not/],
    ['no such program', 'define i32 @other(ptr %ctx) {\n}\n', /^the function main is not in the source$/],
  ])('is refused with a clause: %s', (_, text, reason) => {
    expect(() => nativeModule(source(text))).toThrow(NotNative);
    expect(() => nativeModule(source(text))).toThrow(reason);
  });

  it('makes ordinary variables of what BPF keeps in maps', () => {
    const place = { map: 1, offset: 8, bytes: 4 };
    const text = `@count = internal unnamed_addr constant i32 5, section ".rodata", align 4\n${main('  load i32, ptr @count')}`;
    const module = nativeModule(source(text, { globals: new Map([['count', place]]) }));
    expect(module.globals).toEqual([place]);
    expect(module.text).toContain('@kfaas_global_0 = hidden global i32 5, align 4');
    expect(module.text).toContain('load i32, ptr @kfaas_global_0');
  });

  it('can be left from what became part of it, and from a function of its own to its caller', () => {
    const call = '  %0 = call i64 inttoptr (i64 12 to ptr)(ptr %ctx, ptr null, i32 0)';
    const apart = `define internal i32 @apart(ptr %ctx) {\n${call}\n  %1 = trunc i64 %0 to i32\n  ret i32 %1\n}\n`;
    const text = main('  %a = call i32 @apart(ptr %ctx)', '  ret i32 %a') + apart;
    const separate = nativeModule(source(text, { separate: new Set(['main', 'apart']) }));
    expect(separate.leaves).toBe(true);
    expect(separate.text).toContain('call i64 @kfaas_enter(ptr @kfaas.entry.1');
    const inlined = nativeModule(source(text, { separate: new Set(['main']) }));
    expect(inlined.leaves).toBe(true);
    expect(inlined.text).not.toContain('call i64 @kfaas_enter');
  });
});
