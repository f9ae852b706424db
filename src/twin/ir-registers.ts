/** Between C's parameters and the five registers of BPF, in LLVM's intermediate language. Pure. */
import type { IrFunction } from './ir.js';

export interface Scalar {
  /** `ptr` or such as `i32`. */
  readonly type: string;
  /** `zeroext` or `signext`, or none. */
  readonly extension: string;
  readonly value: string;
}

const attribute =
  /^(?:noundef|nonnull|zeroext|signext|returned|nocapture|captures\([^)]*\)|noalias|readonly|readnone|writeonly|inreg|nofree|align \d+|dereferenceable(?:_or_null)?\(\d+\)|range\([^)]*\))\s+/;

/** A parameter or an argument, such as `i16 noundef zeroext %x`; undefined where it fits in no register. */
export function readScalar(text: string): Scalar | undefined {
  const [, type, behind] = /^(ptr|i(?:1|8|16|32|64)) (.*)$/s.exec(text) ?? [];
  if (type === undefined || behind === undefined) return undefined;
  let value = behind;
  for (let found = attribute.exec(value); found !== null; found = attribute.exec(value))
    value = value.slice(found[0].length);
  return { type, extension: /\b(?:zeroext|signext)\b/.exec(behind)?.[0] ?? '', value };
}

/** A result, such as `zeroext i1` or `void`; undefined where it fits in no register. */
export function readResult(text: string): Omit<Scalar, 'value'> | undefined {
  const [, type] = /(?:^|\s)(void|ptr|i(?:1|8|16|32|64))$/.exec(text) ?? [];
  return type === undefined ? undefined : { type, extension: /\b(?:zeroext|signext)\b/.exec(text)?.[0] ?? '' };
}

export const REGISTERS = 5;

/** Lines that widen a value, and what it is called then. BPF zero-extends, unless the source says otherwise. */
export function widened({ type, extension, value }: Scalar, as: string): { lines: string[]; value: string } {
  if (type === 'i64') return { lines: [], value };
  const operation = type === 'ptr' ? 'ptrtoint' : extension === 'signext' ? 'sext' : 'zext';
  return { lines: [`  ${as} = ${operation} ${type} ${value} to i64`], value: as };
}

/** Lines that narrow 64 bits to a type, and what they are called then. */
export function narrowed(type: string, value: string, as: string): { lines: string[]; value: string } {
  if (type === 'i64') return { lines: [], value };
  return { lines: [`  ${as} = ${type === 'ptr' ? 'inttoptr' : 'trunc'} i64 ${value} to ${type}`], value: as };
}

/** A call of one of the run time's functions; those of BPF have five registers, whatever the prototype says. */
export function runtimeCall(callee: string, registers: readonly string[], count: number = REGISTERS): string {
  const all = Array.from({ length: count }, (_, i) => `i64 ${registers[i] ?? 'undef'}`);
  return `call i64 ${callee}(${all.join(', ')})`;
}

const registerParameters = Array.from({ length: REGISTERS }, (_, i) => `i64 %r${String(i + 1)}`).join(', ');

/** A function of five registers that calls one of C's; undefined where that one does not fit. */
export function entryTo(
  called: Omit<IrFunction, 'body'>,
  as: string,
  linkage: 'internal' | 'hidden',
): string | undefined {
  const parameters = called.parameters.map(readScalar);
  const result = readResult(called.result);
  if (result === undefined || parameters.length > REGISTERS) return undefined;
  const lines: string[] = [];
  const passed: string[] = [];
  for (const [i, parameter] of parameters.entries()) {
    if (parameter === undefined) return undefined;
    const { type, extension } = parameter;
    const narrow = narrowed(type, `%r${String(i + 1)}`, `%p${String(i + 1)}`);
    lines.push(...narrow.lines);
    passed.push([type, extension, narrow.value].filter((word) => word !== '').join(' '));
  }
  const call = `call ${`${result.extension} ${result.type}`.trim()} ${called.name}(${passed.join(', ')})`;
  if (result.type === 'void') lines.push(`  ${call}`, '  ret i64 0');
  else {
    const wide = widened({ ...result, value: '%result' }, '%r0');
    lines.push(`  %result = ${call}`, ...wide.lines, `  ret i64 ${wide.value}`);
  }
  return [`define ${linkage} i64 ${as}(${registerParameters}) {`, ...lines, '}', ''].join('\n');
}
