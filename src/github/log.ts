/**
 * The job's log. The runner takes lines of it for commands: `::name::` at a line's start and `##[name]` anywhere. What
 * others wrote is defused line by line, and while it is printed the runner is told to take no commands at all.
 */
import { randomUUID } from 'node:crypto';
import { EOL } from 'node:os';
import { endGroup, info, startGroup } from '@actions/core';
import type { WorkerEvent } from '../places/protocol.js';
import { visibleLines } from '../report/escape.js';

const zeroWidthSpace = '\u200b';

/** Text that the runner prints and does not obey. */
export function harmless(text: string): string {
  return visibleLines(text)
    .replace(/^(\s*):(?=:)/gm, `$1:${zeroWidthSpace}`)
    .replaceAll('##[', `##${zeroWidthSpace}[`);
}

export function logLines(text: string): void {
  info(harmless(text.trimEnd()));
}

/** While `work` runs the runner takes no commands. The token that ends this cannot be guessed from inside. */
export async function withoutCommands<T>(work: () => Promise<T> | T): Promise<T> {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}${EOL}`);
  try {
    return await work();
  } finally {
    process.stdout.write(`::${token}::${EOL}`);
  }
}

/** A folded group of the log in which the runner takes no commands. */
export async function inGroup<T>(title: string, work: () => Promise<T> | T): Promise<T> {
  startGroup(harmless(title));
  try {
    return await withoutCommands(work);
  } finally {
    endGroup();
  }
}

/** Progress as plain lines: one for each stage of a benchmark, and for each further quarter of a long one. */
export function progressLog(print: (line: string) => void = logLines): (event: WorkerEvent) => void {
  const told = new Map<string, number>();
  return (event) => {
    if (event.event === 'warning') print(`warning: ${event.warning.message}`);
    if (event.event !== 'progress') return;
    const { benchmark, stage, fraction, note } = event;
    const key = JSON.stringify([benchmark, stage]);
    const quarter = Math.floor(fraction * 4);
    if ((told.get(key) ?? -1) >= quarter) return;
    told.set(key, quarter);
    const share = quarter === 0 ? '' : ` ${quarter * 25} %`;
    print(`${benchmark}: ${stage}${share}${note === undefined ? '' : ` (${note})`}`);
  };
}
