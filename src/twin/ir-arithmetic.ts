/**
 * Division and shifts of BPF in LLVM's intermediate language, which leaves open what BPF defines: a divisor of zero gives 0,
 * a modulus of zero leaves the number, the smallest number over -1 wraps around, only the low bits of shift counts matter.
 * It is said behind the optimiser, which may take for granted here whatever it takes for granted when it compiles for BPF. Pure.
 */
import { parts } from './ir.js';

const instruction =
  /^\s*(%\S+) = (udiv|sdiv|urem|srem|shl|lshr|ashr) (?:(?:nuw|nsw|exact) )*(<\d+ x i\d+>|i\d+) (.+?)(?:, ![^,]*)*$/;

/** Constants that are neither 0 nor -1, and counts, which the compiler has looked at. */
const scalarConstant = /^-?\d+$/;
const vectorConstant = /^(?:<|splat \(|zeroinitializer$)/;

interface Type {
  readonly text: string;
  /** Of one element. */
  readonly bits: number;
  /** A number in all elements. */
  all(number: number): string;
  /** What comparing gives. */
  readonly condition: string;
}

function typeOf(text: string): Type {
  const [, count, element = text] = /^<(\d+) x (i\d+)>$/.exec(text) ?? [];
  const bits = Number(element.slice(1));
  if (count === undefined) return { text, bits, all: (number) => String(number), condition: 'i1' };
  const all = (number: number): string =>
    `<${Array.from({ length: Number(count) }, () => `${element} ${String(number)}`).join(', ')}>`;
  return { text, bits, all, condition: `<${count} x i1>` };
}

/** A whole module, optimised. */
export function guarded(text: string): string {
  return text
    .split('\n')
    .flatMap((line, at) => guardedLine(line, `%kfaas.g${String(at)}`))
    .join('\n');
}

/** The instruction, or those that stand for it; `prefix` makes their names unlike all others. */
export function guardedLine(line: string, prefix: string): string[] {
  const [, result, operation, type, operands] = instruction.exec(line) ?? [];
  if (result === undefined || operation === undefined || type === undefined || operands === undefined) return [line];
  const [left, right] = parts(operands);
  if (left === undefined || right === undefined) return [line];
  const all = { result, operation, type: typeOf(type), left, right, prefix };
  if (['shl', 'lshr', 'ashr'].includes(operation)) return isConstant(right) ? [line] : shift(all);
  return scalarConstant.test(right) && right !== '0' && right !== '-1' ? [line] : division(all);
}

const isConstant = (value: string): boolean => scalarConstant.test(value) || vectorConstant.test(value);

interface Operation {
  readonly result: string;
  readonly operation: string;
  readonly type: Type;
  readonly left: string;
  readonly right: string;
  readonly prefix: string;
}

function shift({ result, operation, type, left, right, prefix }: Operation): string[] {
  return [
    `  ${prefix}.count = and ${type.text} ${right}, ${type.all(type.bits - 1)}`,
    `  ${result} = ${operation} ${type.text} ${left}, ${prefix}.count`,
  ];
}

function division({ result, operation, type, left, right, prefix }: Operation): string[] {
  const choose = (as: string, when: string, yes: string, no: string): string =>
    `  ${as} = select ${type.condition} ${when}, ${type.text} ${yes}, ${type.text} ${no}`;
  const isDivision = operation.endsWith('div');
  const onZero = isDivision ? type.all(0) : left;
  const isZero = `${prefix}.zero`;
  const testZero = `  ${isZero} = icmp eq ${type.text} ${right}, ${type.all(0)}`;
  const divide = `  ${prefix}.result = ${operation} ${type.text} ${left}, ${prefix}.divisor`;
  if (operation.startsWith('u')) {
    return [
      testZero,
      choose(`${prefix}.divisor`, isZero, type.all(1), right),
      divide,
      choose(result, isZero, onZero, `${prefix}.result`),
    ];
  }
  return [
    testZero,
    `  ${prefix}.minus = icmp eq ${type.text} ${right}, ${type.all(-1)}`,
    `  ${prefix}.either = or ${type.condition} ${isZero}, ${prefix}.minus`,
    choose(`${prefix}.divisor`, `${prefix}.either`, type.all(1), right),
    divide,
    `  ${prefix}.negated = sub ${type.text} ${type.all(0)}, ${left}`,
    choose(`${prefix}.signed`, `${prefix}.minus`, isDivision ? `${prefix}.negated` : type.all(0), `${prefix}.result`),
    choose(result, isZero, onZero, `${prefix}.signed`),
  ];
}
