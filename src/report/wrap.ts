/** Text on lines of a terminal's width. */
import { stripVTControlCharacters } from 'node:util';

/** Columns that are shown; styles take none. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Broken between words; one that is too long has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line += (line === '' ? '' : ' ') + word;
  }
  return [...lines, line];
}
