import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fit, type Section } from '../../../src/report/fit.js';

function section(parts: Partial<Section>): Section {
  return { noun: 'rows', rank: 0, head: '', items: [], tail: '', needsItem: false, ...parts };
}

describe('fit', () => {
  it('keeps the sections in their own order where all fit', () => {
    const sections = [
      section({ head: 'late', rank: 9 }),
      section({ head: 'early:', rank: 0, items: [' a', ' b'], tail: '.' }),
    ];
    expect(fit(sections, 1_000)).toBe('late\n\nearly: a b.');
  });

  it('gives the room to the most important first, and says what was left out', () => {
    const sections = [
      section({
        noun: 'ladders',
        rank: 2,
        head: '<',
        items: ['L'.repeat(60), 'L'.repeat(60)],
        tail: '>',
        needsItem: true,
      }),
      section({
        noun: 'rows',
        rank: 1,
        head: '[',
        items: ['R'.repeat(60), 'R'.repeat(60)],
        tail: ']',
        needsItem: true,
      }),
    ];
    const text = fit(sections, 240);
    expect(text).toBe(
      `[${'R'.repeat(60)}${'R'.repeat(60)}]\n\nLeft out for length: 2 ladders. The record has everything.`,
    );
  });

  it('keeps the first items of a section and closes it', () => {
    const text = fit([section({ head: '<', items: ['a'.repeat(50), 'b'.repeat(50), 'c'.repeat(50)], tail: '>' })], 180);
    expect(text).toBe(
      `<${'a'.repeat(50)}${'b'.repeat(50)}>\n\nLeft out for length: 1 rows. The record has everything.`,
    );
  });

  it('leaves out a section that would be a head without an item', () => {
    expect(fit([section({ head: 'nothing below', needsItem: true })], 1_000)).toBe('');
  });

  it('never exceeds its limit', () => {
    const sections = fc.array(
      fc.record({
        noun: fc.constantFrom('rows', 'ladders'),
        rank: fc.nat(3),
        head: fc.string({ maxLength: 40 }),
        items: fc.array(fc.string({ maxLength: 80 }), { maxLength: 8 }),
        tail: fc.string({ maxLength: 10 }),
        needsItem: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(sections, fc.integer({ min: 200, max: 1_000 }), (each, limit) => {
        expect(fit(each, limit).length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
