/** A long text cut to a limit by importance, saying what was left out. */

/** A part of a text: items between a head and a tail, or a head alone. */
export interface Section {
  /** What its items are, as in "12 table rows". */
  readonly noun: string;
  /** Small is important: 0 is kept before 1. */
  readonly rank: number;
  readonly head: string;
  readonly items: readonly string[];
  readonly tail: string;
  /** True where the head says nothing without an item. */
  readonly needsItem: boolean;
}

const sectionGap = '\n\n';

function noticeOf(leftOut: readonly string[]): string {
  return `Left out for length: ${leftOut.join(', ')}. The record has everything.`;
}

/** How many items of a section fit into `budget` characters; nothing where not even its head does. */
function fittingItems(section: Section, budget: number): { items: number; characters: number } | undefined {
  let characters = section.head.length + section.tail.length + sectionGap.length;
  let items = 0;
  for (const item of section.items) {
    if (characters + item.length > budget) break;
    characters += item.length;
    items += 1;
  }
  const empty = characters > budget || (section.needsItem && items === 0);
  return empty ? undefined : { items, characters };
}

/**
 * The sections in their own order, in at most `maxCharacters` UTF-16 units (at least as many as characters, whatever
 * way they are counted). Room goes to the most important section first, within a section to its first items.
 */
export function fit(sections: readonly Section[], maxCharacters: number): string {
  const reserve = noticeOf(sections.map(({ noun, items }) => `${items.length} ${noun}`)).length;
  let budget = maxCharacters - reserve - sectionGap.length;
  const kept = new Map<Section, number>();
  for (const section of [...sections].sort((a, b) => a.rank - b.rank)) {
    const fitting = fittingItems(section, budget);
    if (fitting === undefined) continue;
    kept.set(section, fitting.items);
    budget -= fitting.characters;
  }
  const texts = sections.flatMap((section) => {
    const items = kept.get(section);
    return items === undefined ? [] : [(section.head + section.items.slice(0, items).join('') + section.tail).trim()];
  });
  const leftOut = sections.flatMap((section) => {
    const missing = section.items.length - (kept.get(section) ?? 0);
    return missing === 0 ? [] : [`${missing} ${section.noun}`];
  });
  return [...texts, ...(leftOut.length === 0 ? [] : [noticeOf(leftOut)])].join(sectionGap).trim();
}
