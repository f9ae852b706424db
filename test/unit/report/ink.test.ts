import { describe, expect, it } from 'vitest';
import { inkOf, usesColor } from '../../../src/report/ink.js';

describe('colours are used', () => {
  it.each([
    ['on a terminal', {}, true, true, true],
    ['not in a pipe', {}, false, true, false],
    ['not on a dumb terminal', { TERM: 'dumb' }, true, true, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, true, true, false],
    ['not with NO_COLOR, whatever it is', { NO_COLOR: '0', FORCE_COLOR: '1' }, true, true, false],
    ['with an empty NO_COLOR', { NO_COLOR: '' }, true, true, true],
    ['in a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true, true],
    ['not with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, true, false],
    ['not with --no-color', { FORCE_COLOR: '1' }, true, false, false],
  ])('%s', (_, environment, isTerminal, wanted, expected) => {
    expect(usesColor({ environment, isTerminal, wanted })).toBe(expected);
  });
});

it('styles nothing where nothing is', () => {
  expect(inkOf(true).bold('')).toBe('');
});
