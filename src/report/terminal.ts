/**
 * A run as text: for each benchmark the three lines of the original, the ladder, the proof and the verdict, then what
 * it was measured on. A benchmark whose proof failed has no figure anywhere.
 */
import type { BenchmarkRecord, BenchRecord } from '../domain/record.js';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import { baseSentence, treeSentence } from './base.js';
import { changedBenchmarks, vanishedSentence } from './changes.js';
import { failureLines } from './failure.js';
import {
  benchmarkTitle,
  demoSentence,
  environmentSentence,
  floorSentence,
  genericInputsSentence,
  headProgram,
  layoutSentence,
  originalLines,
  proofSentence,
} from './facts.js';
import { coverageSentence, executedSentence, inputColumns, inputGroups, whereSentence } from './executed.js';
import { explanationLines } from './explanation-lines.js';
import { extentSentence, isListedOnly, verdictWord } from './extent.js';
import { figuresSentence } from './figures.js';
import { inkOf, outcomeStyles, type Ink } from './ink.js';
import { ladderColumns, ladderLegend, ladderRemark } from './ladder.js';
import { mapsSentence } from './maps.js';
import { numberLine } from './number-line.js';
import { programTable } from './program-table.js';
import { advisorySentence, advisorySentences, savedBaseSentence } from './saved-base.js';
import { textTable } from './text-table.js';
import { twinSentence } from './twin.js';
import { decidingSentence, type Surface } from './undecided.js';
import { wrapped } from './wrap.js';

const rule = '─'.repeat(72);

export interface TerminalOptions {
  readonly color: boolean;
  readonly surface: Surface;
  /** Whether source lines and code are told, too. */
  readonly explain?: boolean;
  /** Of the terminal; absent: sentences are as long as they are. */
  readonly columns?: number;
}

/** The whole report, ending in a line feed. */
export function renderTerminal(
  verdict: RunVerdict,
  record: BenchRecord,
  { color, surface, explain = false, columns = Infinity }: TerminalOptions,
): string {
  const ink = inkOf(color);
  const { timeLimitSeconds } = record.measurement;
  const told = verdict.benchmarks.filter((benchmark) => !benchmark.record.plan.every || !isListedOnly(benchmark));
  const blocks = told.map((benchmark) => {
    const next = decidingSentence(benchmark, timeLimitSeconds, surface);
    const explanation =
      explain && benchmark.outcome !== 'untrusted' ? explanationLines(benchmark.record, ink, columns) : [];
    return [...benchmarkLines(benchmark, verdict, record, next, { ink, columns }), ...explanation].join('\n');
  });
  const failures = verdict.failures.map((failure) => failureLines(failure, ink).join('\n'));
  const separated = [
    blocks.join(`\n\n${ink.dim(rule)}\n\n`),
    numberLine(verdict.benchmarks).map(ink.plain).join('\n'),
    [...programTable(verdict), ...listedReasons(verdict)].map(ink.plain).join('\n'),
    ...failures,
    closingLines(verdict, record, { ink, columns }).join('\n'),
  ];
  return `${separated.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Why what has a line in the table of programs alone has no more. */
function listedReasons({ benchmarks }: RunVerdict): string[] {
  return benchmarks
    .filter((benchmark) => benchmark.record.plan.every && isListedOnly(benchmark))
    .map(({ benchmark, record }) => `  ${benchmark}: ${extentSentence(record)}`);
}

interface Page {
  readonly ink: Ink;
  readonly columns: number;
}

/** @param next what would decide it; empty where it is decided */
function benchmarkLines(
  benchmark: BenchmarkVerdict,
  verdict: RunVerdict,
  record: BenchRecord,
  next: string,
  { ink, columns }: Page,
): string[] {
  const title = ink.bold(benchmarkTitle(benchmark.record));
  const { failure } = benchmark.record;
  if (failure !== undefined) return [title, ...failureLines(failure, ink)];
  if (benchmark.outcome === 'untrusted') {
    return [
      title,
      fact('verdict', verdictOf(benchmark, ink)),
      fact('', ink.dim('no figure is shown without its proof')),
    ];
  }
  return [
    ...spaced(threeLines(benchmark, verdict, record, ink)),
    title,
    ...spaced(ladderLines(benchmark, ink)),
    ...spaced(inputLines(benchmark.record, ink)),
    ...facts(
      [
        ['measured', ink.plain(extentSentence(benchmark.record))],
        ['proof', ink.plain(proofSentence(benchmark))],
        ['twin', ink.plain(twinSentence(benchmark.record))],
        ['maps', ink.plain(mapsSentence(benchmark.record))],
        ['layout', ink.plain(layoutSentence(benchmark))],
        ['base', ink.plain(baseSentence(benchmark))],
        ['figures', ink.plain(figuresSentence(benchmark))],
        ['executed', ink.plain(executedSentence(benchmark.record))],
        ['coverage', ink.plain(coverageSentence(benchmark.record))],
        ['where', ink.plain(whereSentence(benchmark.record))],
        ['saved', ink.plain(advisorySentence(benchmark))],
        ['inputs', ink.unsure(benchmark.ladder.length === 0 ? '' : genericInputsSentence(benchmark.record))],
        ['verdict', verdictOf(benchmark, ink)],
        ['next', ink.plain(next)],
      ],
      columns,
    ),
  ];
}

/** With an empty line behind them; nothing where there are none. */
function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

function threeLines(benchmark: BenchmarkVerdict, verdict: RunVerdict, record: BenchRecord, ink: Ink): string[] {
  const lines = originalLines(benchmark, verdict.compareWith, record.measurement.iterations);
  const width = Math.max(0, ...lines.filter(({ note }) => note !== '').map(({ text }) => text.length));
  return lines.map(({ text, note }) => {
    return note === '' ? ink.bold(text) : `${ink.bold(text.padEnd(width))}  ${ink.dim(`(${note})`)}`;
  });
}

function ladderLines({ ladder, ...rest }: BenchmarkVerdict, ink: Ink): string[] {
  if (ladder.length === 0) return [];
  const floors = floorSentence({ ladder, ...rest });
  const twin = headProgram(rest.record)?.twin;
  const [header = '', ...rows] = textTable(ladderColumns(twin), ladder);
  return [
    `  ${ink.dim(header)}`,
    ...rows.map((row, index) => {
      const rung = ladder[index];
      const remark = rung === undefined ? '' : ladderRemark(rung, twin);
      return `  ${ink.plain(row)}${remark === '' ? '' : ink.dim(`   ← ${remark}`)}`;
    }),
    ...(floors === '' ? [] : [`  ${ink.plain(`floor: ${floors}`)}`]),
  ];
}

/** More than these are told in a sentence, and by `--json`. */
const shownGroups = 8;

/** What inputs execute; where all execute the same, the sentence says it. */
function inputLines(record: BenchmarkRecord, ink: Ink): string[] {
  const groups = inputGroups(record);
  if (groups.length < 2 || groups.length > shownGroups) return [];
  const [header = '', ...lines] = textTable(inputColumns(groups), groups);
  return [`  ${ink.dim(header)}`, ...lines.map((line) => `  ${ink.plain(line)}`)];
}

function verdictOf(benchmark: BenchmarkVerdict, ink: Ink): string {
  const { outcome, sentence } = benchmark;
  const word = verdictWord(benchmark);
  const style = word === outcome ? ink[outcomeStyles[outcome]] : ink.plain;
  return `${style(word)}: ${ink.plain(sentence)}`;
}

function closingLines(verdict: RunVerdict, record: BenchRecord, { ink, columns }: Page): string[] {
  const ladders = verdict.benchmarks.flatMap(({ outcome, ladder }) => (outcome === 'untrusted' ? [] : ladder));
  const here = Object.values(record.environments).map((environment) => {
    return `${environmentSentence(environment)} · seed ${record.measurement.seed}`;
  });
  const warnings = record.warnings.map(({ benchmark, message }) => {
    return benchmark === undefined ? message : `${benchmark}: ${message}`;
  });
  const inAll = `${ink[outcomeStyles[verdict.outcome]](verdict.outcome)}: ${ink.plain(verdict.sentence)}`;
  const isJudged = verdict.benchmarks.some(({ outcome, gates }) => outcome !== 'pass' || gates.length > 0);
  const demo = demoSentence(record);
  return [
    ...facts(
      [
        ['columns', ink.plain(ladderLegend(ladders))],
        ['trees', ink.plain(isBesideAny(record) ? treeSentence(record, 'head') : '')],
        ['', ink.plain(record.noBase ?? treeSentence(record, 'base'))],
        ...here.map((sentence): [string, string] => ['here', ink.plain(sentence)]),
        ['saved', ink.plain(savedBaseSentence(record))],
        ...advisorySentences(verdict, record).map((sentence): [string, string] => ['', ink.unsure(sentence)]),
        ...changeFacts(record, ink),
        ['vanished', ink.unsure(vanishedSentence(record))],
        ...warnings.map((warning): [string, string] => ['warning', ink.unsure(warning)]),
        ['in all', verdict.benchmarks.length > 1 && isJudged ? inAll : ''],
      ],
      columns,
    ),
    ...(demo === '' ? [] : ['', ink.unsure(demo)]),
  ];
}

/** Whether it is of interest what head is. */
function isBesideAny({ builtFrom = [], noBase, savedBase }: BenchRecord): boolean {
  return noBase !== undefined || savedBase !== undefined || builtFrom.some(({ revision }) => revision === 'base');
}

/** What asks for less of the program has a line of its own. */
function changeFacts(record: BenchRecord, ink: Ink): [label: string, text: string][] {
  return changedBenchmarks(record).flatMap(({ benchmark, changes }) => {
    const clauses = (isLoosened: boolean): string => {
      const texts = changes.filter(({ loosened }) => loosened === isLoosened).map(({ what }) => what);
      return [...(benchmark === undefined || texts.length === 0 ? [] : [benchmark]), texts.join('; ')].join(': ');
    };
    return [
      ['loosened', ink.unsure(clauses(true))],
      ['changed', ink.plain(clauses(false))],
    ];
  });
}

const labelColumns = 9;

function fact(label: string, text: string): string {
  return `${label.padEnd(labelColumns)}${text}`;
}

function facts(pairs: readonly (readonly [label: string, text: string])[], columns: number): string[] {
  return pairs
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) => {
      const [first = '', ...more] = wrapped(text, columns - labelColumns);
      return [fact(label, first), ...more.map((line) => fact('', line))];
    });
}
