import { describe, expect, it } from 'vitest';
import { reasonOf, redacted } from '../../../src/trees/git.js';

describe('what git says', () => {
  it.each([
    ['https://user:pass@host/a and ssh://git@host/b', [], 'https://***@host/a and ssh://***@host/b'],
    ['https://host/a@b', [], 'https://host/a@b'],
    ['token t0k, then t0k again; dDBr', ['t0k', 'dDBr'], 'token ***, then *** again; ***'],
    ['nothing secret', [''], 'nothing secret'],
  ])('has no secret left in it: %s', (text, secrets, expected) => {
    expect(redacted(text, secrets)).toBe(expected);
  });

  it.each([
    ['warning: one\nfatal: no such ref\nhint: two\n', 'no such ref'],
    ['error: could not lock\n', 'could not lock'],
    ['remote: refused\n', 'remote: refused'],
    ['', 'exit code 128'],
  ])('gives its reason: %j', (stderr, expected) => {
    expect(reasonOf({ code: 128, stdout: '', stderr })).toBe(expected);
  });
});
