/** A failure as Markdown. */
import type { Failure } from '../errors.js';
import { code, codeBlock, quoting, shorten, visible, visibleLines } from './escape.js';
import { failureHeadline, nameCode } from './headline.js';
import { footer, type ReportContext } from './markdown-footer.js';

const detailCharacters = 4_000;

/** Where, what and the remedy. */
export function failureBlock(failure: Failure, name?: string): string {
  const { location, message, detail, remedy } = failure;
  const place = location === undefined ? '' : [location.file, location.line, location.column].filter(Boolean).join(':');
  const title = [name && `**${nameCode(name)}**`, place && code(shorten(visible(place), 300))]
    .filter(Boolean)
    .join(' · ');
  const text = detail === undefined ? message : `${message}\n\n${detail}`;
  const parts = [
    title,
    codeBlock(shorten(visibleLines(text), detailCharacters)),
    `**Remedy:** ${quoting(shorten(remedy, detailCharacters))}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The whole report of a run that ended before there was anything to judge. */
export function renderFailure(failure: Failure, context: ReportContext): string {
  return `${[`### ${failureHeadline(failure.message)}`, failureBlock(failure), footer(context)].join('\n\n')}\n`;
}
