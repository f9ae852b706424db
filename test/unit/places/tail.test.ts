import { describe, expect, it } from 'vitest';
import { tail } from '../../../src/places/tail.js';

function lines(text: string, count = 20): string[] {
  const kept = tail();
  kept.add(Buffer.from(text));
  return kept.lines(count);
}

describe('the last words of a worker', () => {
  it('are the last lines, oldest first, without empty ones', () => {
    expect(lines('a\n\nb\r\nc\n', 2)).toEqual(['| b', '| c']);
    expect(lines('')).toEqual([]);
  });

  it('are bounded whatever was said', () => {
    const kept = tail();
    for (let i = 0; i < 100; i++) kept.add(Buffer.alloc(10_000, 'x'));
    kept.add(Buffer.from('\nend\n'));
    const said = kept.lines(5);
    expect(said.at(-1)).toBe('| end');
    expect(said.join('').length).toBeLessThan(17_000);
  });

  it('hold no terminal codes, and no commands of the runner', () => {
    expect(lines('\u001b[31mred\u001b[0m\u0007!\n::error::x\n  ::debug::y\n##[group]z')).toEqual([
      '| red!',
      '| ::error::x',
      '|   ::debug::y',
      '| ## [group]z',
    ]);
  });
});
