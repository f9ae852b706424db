import { describe, expect, it } from 'vitest';
import { wrapped } from '../../../src/report/wrap.js';

describe('a text on lines', () => {
  it('is broken between words, and nothing of it is lost', () => {
    expect(wrapped('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrapped('one', 2)).toEqual(['one']);
    expect(wrapped('incomprehensible it is', 5)).toEqual(['incomprehensible', 'it is']);
    expect(wrapped('one two', Infinity)).toEqual(['one two']);
  });

  it('is as wide as it shows, whatever its style', () => {
    expect(wrapped('\u001b[31mone\u001b[39m two', 7)).toEqual(['\u001b[31mone\u001b[39m two']);
  });
});
