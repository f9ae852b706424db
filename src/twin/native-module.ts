/**
 * A C source for BPF, as clang's intermediate language for this machine, becomes a part of a twin: helpers are the run
 * time's, maps and globals are the twin's. Pure.
 */
import { isTailCall, ledCalls, type LedCalls } from './ir-calls.js';
import { entryTo, narrowed, readResult, readScalar, REGISTERS, widened } from './ir-registers.js';
import {
  functionText,
  ownVariable,
  reachable,
  readModule,
  renamed,
  symbolsIn,
  unplaced,
  type IrFunction,
  type IrModule,
} from './ir.js';
import { bare, NotNative, placesOf, type GlobalPlace, type PlacedSource } from './native-places.js';

export interface NativeSource extends PlacedSource {
  /** What clang wrote, not optimised. */
  readonly text: string;
  /** Programs by their names in the source: the twin's entry first, then those that a tail call may go to. */
  readonly programs: readonly string[];
  /** Functions that the eBPF object has as functions, and has not made part of their callers. */
  readonly separate: ReadonlySet<string>;
  /** What stands for a call of a helper of time or chance, by its number. */
  readonly constants: ReadonlyMap<number, number>;
}

export interface NativeModule {
  readonly text: string;
  /** Programs that the text has, as `kfaas_program_N`. */
  readonly programs: readonly string[];
  /** Helpers and kernel functions of the run time that are called. */
  readonly used: readonly string[];
  /** Places of maps that the text names, as `kfaas_map_N`. */
  readonly maps: readonly number[];
  /** Variables that the text defines, as `kfaas_global_N`. */
  readonly globals: readonly GlobalPlace[];
  /** A program may be left from inside a function: it has to be called by kfaas_enter(). */
  readonly leaves: boolean;
}

/** What clang calls although no source does. */
const libraryFunctions = /^@(?:llvm\.|memcpy$|memmove$|memset$|memcmp$|bcmp$|strlen$)/;

/** Throws NotNative. */
export function nativeModule(source: NativeSource): NativeModule {
  const read = readModule(source.text);
  if (read.rest.some((line) => line.startsWith('module asm'))) throw new NotNative('assembly outside of functions');
  const names = placesOf(source, read);
  const own: IrModule = { ...read, globals: new Map([...read.globals].filter(([name]) => !names.outside.has(name))) };
  const programs = mayTailCall(own, source.programs.slice(0, 1)) ? source.programs : source.programs.slice(0, 1);
  const roots = programs.map((name) => `@${name}`);
  for (const root of roots)
    if (!own.functions.has(root)) throw new NotNative(`the function ${bare(root)} is not in the source`);
  const reached = reachable(own, roots);
  for (const [name, fault] of names.faults) if (reached.has(name)) throw new NotNative(fault);
  const functions = [...own.functions.values()].filter(({ name }) => reached.has(name));
  const code = codeOf({ ...source, programs }, own, functions, names.kfuncs);
  const globals = names.globals.filter(({ symbol }) => reached.has(symbol));
  const renames = new Map([...names.renames, ...globals.map(({ symbol }, i) => [symbol, globalName(i)] as const)]);
  const variables = [...own.globals].filter(
    ([name]) => reached.has(name) && !globals.some(({ symbol }) => symbol === name) && !names.declared.has(name),
  );
  const maps = [...names.maps].filter(([symbol]) => reached.has(symbol)).map(([, place]) => place);
  const text = [
    ...own.rest,
    ...maps.map((place) => `@kfaas_map_${String(place)} = external hidden global i8`),
    ...globals.map(({ definition }, i) => `${globalName(i)} = ${renamed(definition, renames)}`),
    ...[...names.declared].filter(([name]) => reached.has(name)).map(([name, line]) => `${name} = ${line}`),
    ...variables.map(([name, definition]) => `${name} = ${renamed(ownVariable(definition), renames)}`),
    ...declarationsOf(own, reached, names.kfuncs),
    ...code.used.map((name) => `declare i64 @${name}(i64, i64, i64, i64, i64)`),
    'declare i64 @kfaas_leave_by_tail_call(i64, i64, i64)',
    'declare i64 @kfaas_load_or_leave(i64, i64, i64)',
    'declare i64 @kfaas_enter(ptr, i64, i64, i64, i64, i64)',
    ...code.functions.map((each) => renamed(each, renames)),
  ].join('\n');
  return { text, programs, used: code.used, maps, globals: globals.map(({ place }) => place), leaves: code.leaves };
}

function mayTailCall(module: IrModule, programs: readonly string[]): boolean {
  const reached = reachable(
    module,
    programs.map((name) => `@${name}`),
  );
  return [...reached].some((name) => module.functions.get(name)?.body.some((line) => isTailCall(module, line)));
}

const globalName = (index: number): string => `@kfaas_global_${String(index)}`;

/** Of what is reached and has no other name here. */
function declarationsOf(module: IrModule, reached: ReadonlySet<string>, kfuncs: ReadonlyMap<string, string>): string[] {
  return [...module.declarations].flatMap(([name, line]) => {
    if (!reached.has(name) || kfuncs.has(name) || name.startsWith('@llvm.bpf.') || name === '@bpf_tail_call_static')
      return [];
    if (name.startsWith('@__builtin_')) throw new NotNative(`${bare(name)}(), which clang has for BPF alone`);
    if (!libraryFunctions.test(name) && !/\bextern_weak\b/.test(line))
      throw new NotNative(`the function ${bare(name)}, which is not defined`);
    return [unplaced(line)];
  });
}

interface Code {
  readonly functions: string[];
  readonly used: string[];
  readonly leaves: boolean;
}

function codeOf(
  source: NativeSource,
  module: IrModule,
  functions: readonly IrFunction[],
  kfuncs: ReadonlyMap<string, string>,
): Code {
  const callbacks = new Map<string, string>();
  const callback = (symbol: string): string => {
    const known = callbacks.get(symbol);
    if (known !== undefined) return known;
    const name = `@kfaas.callback.${String(callbacks.size)}`;
    callbacks.set(symbol, name);
    return name;
  };
  const rules = { module, kfuncs, constants: source.constants, callback };
  const led = new Map(functions.map((each) => [each.name, { of: each, ...ledCalls(rules, each) }]));
  for (const { of, fault } of led.values()) {
    checkAssembly(of);
    if (fault !== undefined) throw new NotNative(fault);
  }
  const roots = source.programs.map((name) => `@${name}`);
  const leaving = new Set([...led.keys()].filter((name) => mayLeave(led, source.separate, name, new Set())));
  const texts = [...led.values()].flatMap(({ of, body }, i) => {
    const whole = { ...of, body };
    const returns = leaving.has(of.name) && source.separate.has(bare(of.name)) && !roots.includes(of.name);
    return returns ? landing(whole, i) : [functionText(whole)];
  });
  const entries = [
    ...roots.map((root, i) => entry(module, root, `@kfaas_program_${String(i)}`, 'hidden')),
    ...[...callbacks].map(([symbol, name]) => entry(module, symbol, name, 'internal')),
  ];
  const called = [...led.values()].flatMap((each) => [...each.used]);
  const named = functions.flatMap(({ body }) => symbolsIn(body.join('\n'))).flatMap((name) => kfuncs.get(name) ?? []);
  const used = new Set([...called, ...named.map((name) => `kfaas_kfunc_${name}`)]);
  return { functions: [...texts, ...entries], used: [...used].sort(), leaves: leaving.size > 0 };
}

const assembly = /\bcall(?:br)? .*\basm (?:\w+ )*"([^"]*)"/;

/** An empty text is only a barrier, which this machine has too. */
function checkAssembly({ name, body }: IrFunction): void {
  for (const line of body)
    if ((assembly.exec(line)?.[1] ?? '') !== '') throw new NotNative(`BPF assembly (in ${bare(name)})`);
}

/** Whether a call that leaves it is in the function, or in one that became part of it. */
function mayLeave(
  led: ReadonlyMap<string, LedCalls & { readonly of: IrFunction }>,
  separate: ReadonlySet<string>,
  name: string,
  seen: Set<string>,
): boolean {
  const known = led.get(name);
  if (known === undefined || seen.has(name)) return false;
  seen.add(name);
  if (known.leaves) return true;
  const called = symbolsIn(known.of.body.join('\n')).filter((each) => !separate.has(bare(each)));
  return called.some((each) => mayLeave(led, separate, each, seen));
}

function entry(module: IrModule, symbol: string, as: string, linkage: 'internal' | 'hidden'): string {
  const called = module.functions.get(symbol);
  const text = called === undefined ? undefined : entryTo(called, as, linkage);
  if (text === undefined) throw new NotNative(`parameters of ${bare(symbol)} that fit in no registers`);
  return text;
}

/** A function that comes back to its caller wherever it is left: what it was, a way into it, and it itself. */
function landing(of: IrFunction, index: number): string[] {
  const body = { ...of, name: `@kfaas.body.${String(index)}` };
  const as = `@kfaas.entry.${String(index)}`;
  const into = entryTo(body, as, 'internal');
  const result = readResult(of.result);
  if (into === undefined || result === undefined) throw new NotNative(`parameters of ${bare(of.name)}`);
  const lines: string[] = [];
  const registers = of.parameters.map((text, i) => {
    const wide = widened(readScalar(text) ?? { type: 'i64', extension: '', value: '0' }, `%kfaas.r${String(i + 1)}`);
    lines.push(...wide.lines);
    return wide.value;
  });
  const passed = Array.from({ length: REGISTERS }, (_, i) => `i64 ${registers[i] ?? '0'}`).join(', ');
  lines.push(`  %kfaas.r0 = call i64 @kfaas_enter(ptr ${as}, ${passed})`);
  const returned = onlyReturn(of.body);
  if (returned !== undefined) lines.push(returned);
  else {
    const narrow = narrowed(result.type, '%kfaas.r0', '%kfaas.result');
    lines.push(...narrow.lines, `  ret ${result.type} ${narrow.value}`);
  }
  return [functionText(body), into, functionText({ ...of, body: lines })];
}

/** What callers take for granted, as they do of BPF's code: whatever a tail call returned, they do not look at it. */
function onlyReturn(body: readonly string[]): string | undefined {
  const returns = new Set(body.filter((line) => /^\s*ret /.test(line)));
  const [only] = returns;
  return returns.size === 1 &&
    only !== undefined &&
    /^\s*ret (?:void|i\d+ \S*\d|i1 \w+)$/.test(only) &&
    !only.includes('%')
    ? only
    : undefined;
}
