/** What the comment says, above the fold, of a plan that is not the base's. */
import type { BenchRecord } from '../domain/record.js';
import { changedBenchmarks, isLoosened, vanishedSentence, type ChangedBenchmark } from './changes.js';
import { quoting, shorten } from './escape.js';
import type { Section } from './fit.js';
import { nameCode } from './headline.js';

/** What is more than this is in the record: the figures come below. */
const shownBenchmarks = 10;
const shownClauses = 8;
const clauseCharacters = 300;
const vanishedCharacters = 1_500;

export function changeSections(record: BenchRecord): Section[] {
  const changed = changedBenchmarks(record);
  const head = changed.some(({ changes }) => isLoosened(changes))
    ? '⚠️ **Less is asked of the program than in the base.** The limits and inputs in force are those of head:'
    : 'ℹ️ **The benchmarks are not set up as in the base.** The limits and inputs in force are those of head:';
  const lines = firstOf(changed.map(line), shownBenchmarks);
  const vanished = vanishedSentence(record);
  return [
    ...(lines.length === 0 ? [] : [notice(`${head}\n\n${lines.map((each) => `- ${each}\n`).join('')}`)]),
    ...(vanished === '' ? [] : [notice(`🗑️ **Vanished:** ${quoting(shorten(vanished, vanishedCharacters))}.`)]),
  ];
}

function line({ benchmark, changes }: ChangedBenchmark): string {
  const clauses = changes.map(({ what, loosened }) => {
    const clause = quoting(shorten(what, clauseCharacters));
    return loosened ? `**${clause}**` : clause;
  });
  return `${benchmark === undefined ? '' : `${nameCode(benchmark)}: `}${firstOf(clauses, shownClauses).join('; ')}`;
}

function firstOf(texts: readonly string[], count: number): string[] {
  const more = texts.length - count;
  return [...texts.slice(0, count), ...(more > 0 ? [`and ${String(more)} more`] : [])];
}

function notice(head: string): Section {
  return { noun: '', rank: 1, head, items: [], tail: '', needsItem: false };
}
