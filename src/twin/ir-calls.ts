/** Calls of helpers and kernel functions in LLVM's intermediate language, led to the run time. Pure. */
import { bracketed, parts, symbolsIn, type IrFunction, type IrModule } from './ir.js';
import { narrowed, readScalar, REGISTERS, runtimeCall, widened } from './ir-registers.js';
import { helperName, helperNumber } from './helpers.js';

export interface CallRules {
  readonly module: IrModule;
  /** Kernel functions by the symbols that the source has for them. */
  readonly kfuncs: ReadonlyMap<string, string>;
  /** What stands for a call of a helper of time or chance, by its number. */
  readonly constants: ReadonlyMap<number, number>;
  /** What the run time calls for a function of the source that is handed to a helper. */
  readonly callback: (symbol: string) => string;
}

/** What a call is led to. */
type Target =
  | { readonly kind: 'helper'; readonly name: string }
  | { readonly kind: 'kfunc'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'tail call' }
  | { readonly kind: 'packet'; readonly bytes: number };

const TAIL_CALL = helperNumber('tail_call');
/** libbpf's name for a tail call, which its headers only have for BPF. */
const STATIC_TAIL_CALL = '@bpf_tail_call_static';
const packetLoads = new Map([
  ['@llvm.bpf.load.byte', 1],
  ['@llvm.bpf.load.half', 2],
  ['@llvm.bpf.load.word', 4],
]);

const callLine = /^\s*(?:(%\S+) = )?(?:tail |musttail |notail )?call (.*)$/;
const callee =
  /(?:^|\s)(ptr|void|i\d+)(?: \([^)]*\))? (%"[^"]*"|%[-\w$.]+|@"[^"]*"|@[-\w$.]+|inttoptr \(i64 \d+ to ptr\))(?=\()/;
const helperPointer = /^inttoptr \(i64 (\d+) to ptr\)$/;
const pointerLoad = /^\s*(%\S+) = load (?:volatile )?ptr, ptr (@[^,]+),/;

interface Call {
  readonly result: string | undefined;
  readonly type: string;
  readonly callee: string;
  readonly parameters: readonly string[];
}

function readCall(line: string): Call | undefined {
  const [, result, rest] = callLine.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const found = callee.exec(rest);
  if (found === null) return undefined;
  const { inside } = bracketed(rest, found.index + found[0].length);
  return { result, type: found[1] ?? '', callee: found[2] ?? '', parameters: parts(inside) };
}

/** Number of the helper that a variable points to, as in `static void *(*bpf_map_lookup_elem)(…) = (void *)1`. */
function helperOf(definition: string | undefined): number | undefined {
  const [, value] = /\b(?:global|constant) ptr (inttoptr \(i64 \d+ to ptr\))/.exec(definition ?? '') ?? [];
  return value === undefined ? undefined : Number(helperPointer.exec(value)?.[1]);
}

/** Whether a line has to do with bpf_tail_call(), by name or by number. */
export function isTailCall(module: IrModule, line: string): boolean {
  return (
    line.includes(`inttoptr (i64 ${String(TAIL_CALL)} to ptr)(`) ||
    symbolsIn(line).some((name) => name === STATIC_TAIL_CALL || helperOf(module.globals.get(name)) === TAIL_CALL)
  );
}

export interface LedCalls {
  readonly body: readonly string[];
  /** Functions of the run time that are called, without `@`. */
  readonly used: ReadonlySet<string>;
  /** A call that leaves the function for good may be in it. */
  readonly leaves: boolean;
  /** What cannot be called: a clause; absent where all can. */
  readonly fault?: string;
}

/** The function's lines with its calls led to the run time. */
export function ledCalls(rules: CallRules, { name, body }: IrFunction): LedCalls {
  const pointers = new Map<string, number>();
  const used = new Set<string>();
  let leaves = false;
  let fault: string | undefined;
  const lines = body.flatMap((line, i) => {
    const [, loaded, variable] = pointerLoad.exec(line) ?? [];
    const number = variable === undefined ? undefined : helperOf(rules.module.globals.get(variable));
    if (loaded !== undefined && number !== undefined) pointers.set(loaded, number);
    const call = readCall(line);
    const target = call === undefined ? undefined : targetOf(rules, pointers, call.callee);
    if (call === undefined || target === undefined) return [line];
    leaves ||= target.kind === 'tail call' || target.kind === 'packet';
    const led = lead(rules, call, target, `%kfaas.${String(i)}`);
    if (led === undefined) fault = `a call with arguments that fit in no registers (in ${name.slice(1)})`;
    else if (led.used !== undefined) used.add(led.used);
    return led?.lines ?? [line];
  });
  return { body: lines, used, leaves, ...(fault === undefined ? {} : { fault }) };
}

function targetOf(rules: CallRules, pointers: ReadonlyMap<string, number>, called: string): Target | undefined {
  const bytes = packetLoads.get(called);
  if (bytes !== undefined) return { kind: 'packet', bytes };
  if (called === STATIC_TAIL_CALL) return { kind: 'tail call' };
  const kfunc = rules.kfuncs.get(called);
  if (kfunc !== undefined) return { kind: 'kfunc', name: kfunc };
  const direct = helperPointer.exec(called)?.[1];
  const number = direct === undefined ? pointers.get(called) : Number(direct);
  if (number === undefined) return undefined;
  if (number === TAIL_CALL) return { kind: 'tail call' };
  const value = rules.constants.get(number);
  return value === undefined ? { kind: 'helper', name: helperName(number) } : { kind: 'constant', value };
}

/** Undefined where an argument fits in no register. */
function lead(
  rules: CallRules,
  call: Call,
  target: Target,
  prefix: string,
): { lines: string[]; used?: string } | undefined {
  if (target.kind === 'constant') return { lines: assigned(call, String(target.value)) };
  const lines: string[] = [];
  const registers: string[] = [];
  if (call.parameters.length > REGISTERS) return undefined;
  for (const [i, text] of call.parameters.entries()) {
    const scalar = readScalar(text);
    if (scalar === undefined) return undefined;
    const [symbol] = scalar.value.startsWith('@') ? symbolsIn(scalar.value) : [];
    const value = symbol !== undefined && rules.module.functions.has(symbol) ? rules.callback(symbol) : scalar.value;
    const wide = widened({ ...scalar, value }, `${prefix}.r${String(i + 1)}`);
    lines.push(...wide.lines);
    registers.push(wide.value);
  }
  const { text, used } = runtimeCallFor(target, registers);
  lines.push(`  ${prefix}.r0 = ${text}`, ...assigned(call, `${prefix}.r0`));
  return { lines, ...(used === undefined ? {} : { used }) };
}

function runtimeCallFor(
  target: Exclude<Target, { kind: 'constant' }>,
  registers: readonly string[],
): { text: string; used?: string } {
  switch (target.kind) {
    case 'tail call':
      return { text: runtimeCall('@kfaas_leave_by_tail_call', registers, 3) };
    case 'packet':
      return { text: runtimeCall('@kfaas_load_or_leave', [...registers.slice(0, 2), String(target.bytes)], 3) };
    default: {
      const used = `kfaas_${target.kind === 'helper' ? 'bpf' : 'kfunc'}_${target.name}`;
      return { text: runtimeCall(`@${used}`, registers), used };
    }
  }
}

/** Gives the call's result the value, in its own type. */
function assigned({ result, type }: Call, value: string): string[] {
  if (result === undefined || type === 'void') return [];
  return type === 'i64' ? [`  ${result} = add i64 ${value}, 0`] : narrowed(type, value, result).lines;
}
