/** Columns as aligned text. */
import type { Column } from './ladder.js';

const gap = '  ';

/** @returns one line per row, the headers' first; all as wide as they need to be, without spaces at the end. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = columns.map(({ header, text }) => [header, ...rows.map(text)]);
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)));
  return [-1, ...rows.keys()].map((row) => {
    const line = columns.map(({ align }, index) => {
      const cell = cells[index]?.[row + 1] ?? '';
      const width = widths[index] ?? 0;
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    });
    return line.join(gap).trimEnd();
  });
}
