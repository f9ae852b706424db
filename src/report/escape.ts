/**
 * Text that others wrote (names, paths, compiler output), made harmless for the Markdown that GitHub renders. It may be
 * read as text and as nothing else: no element, link, image, mention, reference or emoji, and nothing that is not seen.
 */

/** Controls, bidirectional overrides, zero-width characters, line separators, lone surrogates, private use. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
const zeroWidthSpace = '\u200b';

function codePoint(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `⟨U+${digits}⟩`;
}

/** Several lines in which every character shows: `⟨U+202E⟩` for one that would reorder, hide or command. */
export function visibleLines(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  return lines.map((line) => line.replaceAll('\t', '  ').replace(unseen, codePoint)).join('\n');
}

/** The same on one line, white space collapsed. */
export function visible(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(unseen, codePoint);
}

/** At most `maxCharacters` (from 1) UTF-16 units, the last of them `…` where something was cut. */
export function shorten(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const highSurrogate = /[\ud800-\udbff]$/; // the first half of a pair that was cut in two
  return `${text.slice(0, maxCharacters - 1).replace(highSurrogate, '')}…`;
}

function longestBacktickRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}

/** A code span: inside of it GitHub makes no links, mentions or references. */
export function code(text: string): string {
  const shown = visible(text);
  if (shown === '') return '(empty)';
  const fence = '`'.repeat(longestBacktickRun(shown) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A fenced block of several lines; GitHub colours those of a `diff`. */
export function codeBlock(text: string, language: 'text' | 'diff' = 'text'): string {
  const shown = visibleLines(text).replace(/^\n+|\s+$/g, '');
  const fence = '`'.repeat(Math.max(3, longestBacktickRun(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** What could begin an element anywhere; an underscore between letters or digits cannot. */
const inlineStructure = /[\\`*[\]<>&~$]|(?<![a-z\d])_|_(?![a-z\d])/gi;
/** What could begin a block at the start of a line: a list, a heading or its underline, a table's rule. */
const blockStructure = /^[-+=:#]|^\d+(?=[.)](\s|$))/;

function characterReferences(text: string): string {
  return Array.from(text, (character) => `&#${character.codePointAt(0) ?? 0};`).join('');
}

function escaped(text: string): string {
  return text
    .replace(/@(?=\S)|#(?=\d)|:(?=\/\/|[a-z+-][\w+-]*:)|www(?=\.|$)|GH(?=-\d)/gi, `$&${zeroWidthSpace}`)
    .replace(inlineStructure, characterReferences)
    .replace(blockStructure, characterReferences);
}

/**
 * Running text. Structure becomes character references, which are never structure (CommonMark 0.31, 2.5). What GitHub
 * looks for in finished text (`@name`, `#1`, `GH-1`, `:emoji:`, addresses) is parted by a zero-width space.
 */
export function prose(text: string): string {
  return escaped(visible(text));
}

/** Running text in which a pair of backticks quotes what is between them, as this tool's messages do; the second may have been cut off. */
export function quoting(text: string): string {
  const parts = visible(text).split(/`([^`]+)(?:`|(?<=…)$)/);
  return parts.map((part, index) => (index % 2 === 1 ? code(part) : escaped(part))).join('');
}

/** A table's cell: a row is split at its pipes before anything else is parsed, even within code spans (GFM 4.10). */
export function tableCell(markdown: string): string {
  return markdown.replace(/(\\?)\|/g, (_, backslash) => (backslash === '' ? '\\|' : `\\${zeroWidthSpace}\\|`));
}
