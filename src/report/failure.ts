/** A failure as text: what happened, what is known of it, and what to do. */
import type { Failure } from '../errors.js';
import type { Ink } from './ink.js';

/** @returns lines. The place is named where neither the message nor the detail says it. */
export function failureLines(failure: Failure, ink: Ink): string[] {
  const { message, detail, location, remedy } = failure;
  const place = location === undefined ? '' : [location.file, location.line, location.column].filter(Boolean).join(':');
  const said = `${message}\n${detail ?? ''}`.includes(place);
  return [
    `${ink.bad('✗')} ${ink.bold(message)}`,
    ...(said ? [] : [`  at ${ink.plain(place)}`]),
    ...(detail === undefined
      ? []
      : detail
          .trimEnd()
          .split('\n')
          .map((line) => `  ${ink.dim(line)}`)),
    `  → ${ink.plain(remedy)}`,
  ];
}
