import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  code,
  codeBlock,
  prose,
  quoting,
  shorten,
  tableCell,
  visible,
  visibleLines,
} from '../../../src/report/escape.js';
import { allNodes, nodesOfType, parseMarkdown, plainText, references } from '../../helpers/github-markdown.js';
import { hostileText } from '../../helpers/hostile-text.js';

const runs = { numRuns: 1_000 };

function typesIn(markdown: string): string[] {
  return allNodes(parseMarkdown(markdown)).map(({ type }) => type);
}

function withoutZeroWidthSpaces(text: string): string {
  return text.replaceAll('\u200b', '');
}

describe('visible', () => {
  it('shows what would hide, reorder or command', () => {
    expect(visible('a\u202eb')).toBe('a⟨U+202E⟩b');
    expect(visible('\u001b[31mred\u0000')).toBe('⟨U+001B⟩[31mred⟨U+0000⟩');
    expect(visible('tag\u{e0041}')).toBe('tag⟨U+E0041⟩');
    expect(visible('half\ud800')).toBe('half⟨U+D800⟩');
  });

  it('leaves letters, symbols and emoji of any script as they are', () => {
    expect(visible('größe 漢字 ✅ µs … −1')).toBe('größe 漢字 ✅ µs … −1');
  });

  it('is one line', () => {
    expect(visible(' a\r\n\tb\u2028c ')).toBe('a b c');
  });

  it('keeps lines where there are several', () => {
    expect(visibleLines('a\r\n\tb\rc\u0007')).toBe('a\n  b\nc⟨U+0007⟩');
  });
});

describe('shorten', () => {
  it('keeps what fits', () => {
    expect(shorten('abc', 3)).toBe('abc');
  });

  it('never cuts a surrogate pair in two', () => {
    expect(shorten('ab😀cd', 4)).toBe('ab…');
    expect(shorten('ab😀cd', 5)).toBe('ab😀…');
  });
});

describe('code', () => {
  it('is one code span that holds the text, whatever the text', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        fc.pre(visible(text) !== '');
        const paragraph = parseMarkdown(`before ${code(text)} after`).children?.[0];
        expect(paragraph?.children?.map(({ type }) => type)).toEqual(['text', 'inlineCode', 'text']);
        expect(paragraph?.children?.[1]?.value).toBe(visible(text));
      }),
      runs,
    );
  });

  it('says so where there is nothing to show', () => {
    expect(code(' \n')).toBe('(empty)');
  });
});

describe('codeBlock', () => {
  it('is one block that holds the lines, whatever they are', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const children = parseMarkdown(`before\n\n${codeBlock(text)}\n\nafter`).children ?? [];
        expect(children.map(({ type }) => type)).toEqual(['paragraph', 'code', 'paragraph']);
        expect(children[1]?.value).toBe(visibleLines(text).replace(/^\n+|\s+$/g, ''));
      }),
      runs,
    );
  });
});

describe('prose', () => {
  it('is text and nothing else, wherever it stands', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(new Set(typesIn(prose(text)))).toEqual(
          new Set(visible(text) === '' ? ['root'] : ['root', 'paragraph', 'text']),
        );
        expect(typesIn(`- ${prose(text)}x`)).toEqual(['root', 'list', 'listItem', 'paragraph', 'text']);
        expect(typesIn(`**x${prose(text)}x**`)).toEqual(['root', 'paragraph', 'strong', 'text']);
      }),
      runs,
    );
  });

  it('reads as it was written', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(withoutZeroWidthSpaces(plainText(parseMarkdown(`x${prose(text)}`)))).toBe(`x${visible(text)}`);
      }),
      runs,
    );
  });

  it('mentions nobody, refers to nothing, links nowhere', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(references(parseMarkdown(prose(text)))).toEqual([]);
        expect(references(parseMarkdown(`${prose(text)}.`))).toEqual([]);
      }),
      runs,
    );
  });

  it('is no address where a sentence goes on behind it', () => {
    expect(typesIn(`the file ${prose('www')}.`)).toEqual(['root', 'paragraph', 'text']);
  });

  it('leaves ordinary sentences legible in their source', () => {
    const sentence = "ran 1,000 of 1,000 (run_cnt): it's 9.09x (9.01 … 9.17), at bpf/x.bpf.c:12:3; +6.8 %";
    expect(prose(sentence)).toBe(sentence);
  });
});

describe('quoting', () => {
  it('shows what is between backticks as code, and all else as text', () => {
    expect(quoting('input `a*b` is *odd*; give `x` or `y')).toBe('input `a*b` is &#42;odd&#42;; give `x` or &#96;y');
    expect(quoting(shorten('give `x` or `another`', 18))).toBe('give `x` or `anot…`');
    expect(quoting('an end …')).toBe('an end …');
  });

  it('is text and code and nothing else, and mentions nobody', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const tree = parseMarkdown(`x${quoting(text)}`);
        expect(
          allNodes(tree).filter(({ type }) => !['root', 'paragraph', 'text', 'inlineCode'].includes(type)),
        ).toEqual([]);
        expect(references(tree)).toEqual([]);
      }),
      runs,
    );
  });
});

describe('tableCell', () => {
  it('keeps every cell in its column', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (name, sentence) => {
        fc.pre(visible(name) !== '');
        const row = `| ${tableCell(`**${code(name)}**`)} | ${tableCell(`x${prose(sentence)}`)} | last |`;
        const tree = parseMarkdown(`| a | b | c |\n| - | - | - |\n${row}\n`);
        const rows = nodesOfType(tree, 'tableRow');
        expect(rows).toHaveLength(2);
        const cells = (rows[1]?.children ?? []).map((cell) => withoutZeroWidthSpaces(plainText(cell)));
        expect(cells).toEqual([visible(name), `x${visible(sentence)}`, 'last']);
      }),
      runs,
    );
  });
});
