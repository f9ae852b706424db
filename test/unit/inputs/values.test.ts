import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { limitsSchema, measurementPlanSchema } from '../../../src/domain/plan.js';
import { KfaasError } from '../../../src/errors.js';
import { allowedNumbers, didYouMean, listed, parseChoice, parseNumber, shown } from '../../../src/inputs/values.js';

const { iterations, timeLimitSeconds, seed } = measurementPlanSchema.shape;
const threshold = limitsSchema.shape.threshold.unwrap();

function failureOfParsing(text: string, schema: z.ZodNumber) {
  try {
    parseNumber({ name: '--option', text }, schema);
  } catch (error) {
    if (error instanceof KfaasError) return error.failure;
  }
  return undefined;
}

describe('parseNumber', () => {
  it.each([
    ['1', iterations, 1],
    ['1000000000', iterations, 1_000_000_000],
    ['0', seed, 0],
    ['4294967295', seed, 0xffff_ffff],
    ['1.25', threshold, 1.25],
    ['0.5', timeLimitSeconds, 0.5],
    ['86400', timeLimitSeconds, 86_400],
  ])('takes %s', (text, schema, value) => {
    expect(parseNumber({ name: '--option', text }, schema)).toBe(value);
  });

  it.each([
    '0',
    '-1',
    '1e12',
    'abc',
    '',
    ' 5',
    '5 ',
    '1000000001',
    '1.5',
    '0x10',
    '1_000',
    '+5',
    'Infinity',
    'NaN',
    '١',
  ])('refuses %j as iterations', (text) => {
    expect(failureOfParsing(text, iterations)).toEqual({
      kind: 'usage',
      message: `--option is \`${text}\``,
      remedy: 'give a whole number from 1 to 1,000,000,000, in plain digits without a unit',
    });
  });

  it.each(['5x', '-1', '0', '1e1', '.5', '5.'])('refuses %j as a threshold', (text) => {
    expect(failureOfParsing(text, threshold)?.remedy).toBe('give a number above 0, in plain digits without a unit');
  });
});

it('words what a schema allows', () => {
  expect(allowedNumbers(timeLimitSeconds)).toBe('a number above 0 and up to 86,400');
  expect(allowedNumbers(seed)).toBe('a whole number from 0 to 4,294,967,295');
});

it('offers the choice that was meant', () => {
  const given = { name: '--compare-with', text: 'sycall' };
  expect(() => parseChoice(given, ['call', 'syscall', 'wakeup'])).toThrow(
    '--compare-with is `sycall` (did you mean `syscall`?)',
  );
  expect(didYouMean('potato', ['call', 'syscall', 'wakeup'])).toBe('');
});

it('lists names', () => {
  expect(listed([])).toBe('');
  expect(listed(['a'])).toBe('`a`');
  expect(listed(['a', 'b', 'c'])).toBe('`a`, `b` or `c`');
});

it('shows a value on one line, without commands to a terminal or a runner', () => {
  expect(shown('a\n::error::b\u001b[2J')).toBe('`a\\n::error::b\\u001b[2J`');
  expect(shown('f'.repeat(101))).toBe(`\`${'f'.repeat(100)}…\``);
});
