/** What GitHub would make of a Markdown text: the tree that a GFM parser builds, and what is looked for in its finished text. */
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

export interface MarkdownNode {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly children?: readonly MarkdownNode[];
}

export function parseMarkdown(markdown: string): MarkdownNode {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** A node and everything below it, in reading order. */
export function allNodes(node: MarkdownNode): MarkdownNode[] {
  return [node, ...(node.children ?? []).flatMap(allNodes)];
}

export function nodesOfType(node: MarkdownNode, type: string): MarkdownNode[] {
  return allNodes(node).filter((each) => each.type === type);
}

/** What a reader reads, code included. */
export function plainText(node: MarkdownNode): string {
  return allNodes(node)
    .filter(({ type }) => type === 'text' || type === 'inlineCode' || type === 'code')
    .map(({ value }) => value ?? '')
    .join('');
}

/**
 * Mentions, references to issues and commits, emoji and math that GitHub would find in running text; none within code.
 * After html-pipeline's MentionFilter and GitHub's "Autolinked references and URLs".
 */
export function references(node: MarkdownNode): string[] {
  const patterns = [/@\w[\w/-]*/g, /#\d+/g, /\bGH-\d+/gi, /:[a-z+-][\w+-]*:/gi, /\bwww\.\S+/gi, /\w+:\/\/\S+/g];
  return nodesOfType(node, 'text').flatMap(({ value = '' }) =>
    patterns.flatMap((pattern) => value.match(pattern) ?? []),
  );
}
