import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/places/engine.js';

describe('the API version', () => {
  it.each([
    ["an old engine's own", '1.41', '1.12', '1.41'],
    ['ours', '1.52', '1.24', '1.44'],
    ["a strict engine's oldest", '1.60', '1.48', '1.48'],
    ['ours, at the very edge', '1.44', '1.44', '1.44'],
    ['by number, not by text', '1.9', '1.1', '1.9'],
    ["an engine's that tells no oldest", '1.50', undefined, '1.50'],
  ])('is %s', (_whose, newest, oldest, expected) => {
    expect(negotiate(newest, oldest)).toBe(expected);
  });
});
