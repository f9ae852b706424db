/** How the code of two revisions differs: only the functions that do, and in them only what does. Pure. */
import { align, type Pair } from '../domain/alignment.js';
import type { FunctionDifference } from '../domain/record.js';
import type { CodeFunction, CodeLine } from './code.js';

/** Unchanged lines that are shown around a change. */
const contextLines = 2;
/** What a record holds of one program; what is more is counted. */
const maxFunctions = 10;
const maxLines = 120;
const maxCharacters = 160;

/** By name; functions that were renamed are told as removed and as added. */
export function codeDifference(base: readonly CodeFunction[], head: readonly CodeFunction[]): FunctionDifference[] {
  const names = [...new Set([...head, ...base].map(({ name }) => name))];
  const linesOf = (code: readonly CodeFunction[], wanted: string): readonly CodeLine[] =>
    code.find(({ name }) => name === wanted)?.lines ?? [];
  return names
    .flatMap((name) => functionDifference(name, linesOf(base, name), linesOf(head, name)))
    .slice(0, maxFunctions);
}

function functionDifference(name: string, base: readonly CodeLine[], head: readonly CodeLine[]): FunctionDifference[] {
  const edits = editsOf(base, head);
  if (edits.every(({ mark }) => mark === ' ')) return [];
  const shown = hunks(edits);
  const lines = shown.slice(0, maxLines).map(({ mark, text }) => `${mark}${shortened(text)}`);
  const leftOut = shown.length - lines.length;
  const sizes = { base: base.length, head: head.length };
  return [{ name: shortened(name), ...sizes, lines, ...(leftOut === 0 ? {} : { leftOut }) }];
}

function shortened(text: string): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1)}…`;
}

interface Edit {
  readonly mark: ' ' | '-' | '+' | '@';
  readonly text: string;
}

/** Both lists in one, removed lines before added ones. */
function editsOf(base: readonly CodeLine[], head: readonly CodeLine[]): Edit[] {
  const pairs = align(base, head, (a, b) => a.sameAs === b.sameAs);
  const regionOf = { base: regions(base.length, pairs, 0), head: regions(head.length, pairs, 1) };
  const goesElsewhere = ([x, y]: Pair): boolean => {
    const [from, to] = [base[x]?.target, head[y]?.target];
    return from !== undefined && to !== undefined && regionOf.base[from] !== regionOf.head[to];
  };
  const edits: Edit[] = [];
  let [x, y] = [0, 0];
  const upTo = (nextX: number, nextY: number): void => {
    for (; x < nextX; x++) edits.push({ mark: '-', text: base[x]?.text ?? '' });
    for (; y < nextY; y++) edits.push({ mark: '+', text: head[y]?.text ?? '' });
  };
  for (const pair of pairs) {
    upTo(...pair);
    if (goesElsewhere(pair)) upTo(x + 1, y + 1);
    else {
      edits.push({ mark: ' ', text: head[y]?.text ?? '' });
      [x, y] = [x + 1, y + 1];
    }
  }
  upTo(base.length, head.length);
  return edits;
}

/** How many pairs lie before each line: where lines were put in or taken out, a jump across them still goes to the same place. */
function regions(length: number, pairs: readonly Pair[], list: 0 | 1): number[] {
  const places: number[] = [];
  let passed = 0;
  for (let place = 0; place < length; place++) {
    places.push(passed);
    if (pairs[passed]?.[list] === place) passed++;
  }
  return places;
}

/** The changes with their context; `@` stands for how many unchanged lines were left out. */
function hunks(edits: readonly Edit[]): Edit[] {
  const near = edits.map((_, place) =>
    edits.slice(Math.max(0, place - contextLines), place + contextLines + 1).some(({ mark }) => mark !== ' '),
  );
  const shown: Edit[] = [];
  let skipped = 0;
  const skip = (): void => {
    if (skipped > 0) shown.push({ mark: '@', text: ` ${String(skipped)} unchanged` });
    skipped = 0;
  };
  edits.forEach((edit, place) => {
    if (near[place] !== true) skipped++;
    else {
      skip();
      shown.push(edit);
    }
  });
  skip();
  return shown;
}
