/** The last lines that a worker said on its standard error: what a failure shows, made harmless for any terminal or log. */
import { stripVTControlCharacters } from 'node:util';

const keptBytes = 16 * 1024;

export interface Tail {
  add(chunk: Uint8Array): void;
  /** The last lines, oldest first, each behind a bar; empty where nothing was said. */
  lines(count: number): string[];
}

export function tail(): Tail {
  let kept = Buffer.alloc(0);
  return {
    add(chunk) {
      kept = Buffer.concat([kept, chunk]).subarray(-keptBytes);
    },
    lines(count) {
      const said = kept.toString('utf8').split(/\r\n|\r|\n/);
      return said
        .map(harmless)
        .filter((line) => line.trim() !== '')
        .slice(-count)
        .map((line) => `| ${line}`);
    },
  };
}

/**
 * Without control characters, and without what a GitHub runner would take for a command: `::name::` counts at the start
 * of a line only, which the bar ends, but the older `##[name]` counts anywhere in it.
 */
function harmless(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll('\t', ' ')
    .replace(/\p{Cc}/gu, '')
    .replaceAll('##[', '## [');
}
