/**
 * The pull request comment and the job summary: Markdown for GitHub from the verdict and the record alone. What comes from
 * the pull request (names, paths, compiler output) passes escape.ts. The first screen says what happened, to whom and what to
 * do; the rest is folded.
 */
import type { BenchRecord } from '../domain/record.js';
import type { ArmEstimate, BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import { formatCount } from '../units.js';
import { baseSentence, builtFrom, missingBaseSentence, treeSentence } from './base.js';
import { codeBlock, quoting, prose, shorten } from './escape.js';
import {
  benchmarkTitle,
  demoSentence,
  environmentSentence,
  floorSentence,
  headProgram,
  layoutSentence,
  proofSentence,
} from './facts.js';
import { extentSentence, isListedOnly } from './extent.js';
import { coverageSentence, whereSentence } from './executed.js';
import { isWorthExplaining } from './explanation.js';
import { extentReasons, figureColumns, figuresLegend, isOverLimit, isTabled } from './figures.js';
import { fit, type Section } from './fit.js';
import { headline, isGated, nameCode, ungatedIcon } from './headline.js';
import { failureBlock } from './markdown-failure.js';
import { ladderColumns, ladderLegend, ladderRemark } from './ladder.js';
import { changeSections } from './markdown-changes.js';
import { isRingFull, isSeeded, mapsSentence } from './maps.js';
import { explanationSections, inputsTable } from './markdown-explanation.js';
import { footer, type ReportContext } from './markdown-footer.js';
import { benchmarkColumns, tableHead, tableRow } from './markdown-table.js';
import { numberLine } from './number-line.js';
import { reproduceCommand } from './reproduce.js';
import { advisorySentence, advisorySentences, savedBaseSentence } from './saved-base.js';
import { decidingSentence } from './undecided.js';
import { twinSentence } from './twin.js';

/** More rows than this and those that pass are folded. */
const unfoldedRows = 10;
const drawnBenchmarks = 10;

function section(noun: string, rank: number, parts: Partial<Section>): Section {
  return { noun, rank, head: '', items: [], tail: '', needsItem: parts.items !== undefined, ...parts };
}

function folded(summary: string): { head: string; tail: string } {
  return { head: `<details><summary>${summary}</summary>\n\n`, tail: '\n</details>' };
}

const severity = { untrusted: 0, fail: 1, inconclusive: 2, pass: 3 } as const;

function worstFirst({ benchmarks }: RunVerdict): BenchmarkVerdict[] {
  return [...benchmarks].sort((a, b) => severity[a.outcome] - severity[b.outcome]);
}

function tables(verdict: RunVerdict, record: BenchRecord): Section[] {
  const columns = benchmarkColumns(verdict, builtFrom(record, 'base'));
  const head = tableHead(columns);
  const sorted = worstFirst(verdict).filter((benchmark) => !isListedOnly(benchmark));
  const rows = (benchmarks: readonly BenchmarkVerdict[]): string[] => benchmarks.map((row) => tableRow(columns, row));
  if (sorted.length <= unfoldedRows) return [section('table rows', 1, { head, items: rows(sorted) })];
  const passing = sorted.filter(({ outcome }) => outcome === 'pass');
  const ungated = passing.filter((benchmark) => !isGated(benchmark)).length;
  const fold = folded(
    [`${passing.length - ungated} benchmarks pass`, ...(ungated === 0 ? [] : [`${ungated} not gated`])].join(', '),
  );
  return [
    section('table rows', 1, { head, items: rows(sorted.filter(({ outcome }) => outcome !== 'pass')) }),
    section('rows of what passes', 5, { head: fold.head + head, items: rows(passing), tail: fold.tail }),
  ];
}

/** The worst ones, where there are many. */
function drawing(verdict: RunVerdict): Section[] {
  const lines = numberLine(worstFirst(verdict).slice(0, drawnBenchmarks));
  return lines.length === 0 ? [] : [section('', 4, { head: codeBlock(lines.join('\n')) })];
}

function failures(verdict: RunVerdict): string[] {
  const ofBenchmarks = verdict.benchmarks.flatMap(({ benchmark, record }) =>
    record.failure === undefined ? [] : [failureBlock(record.failure, benchmark)],
  );
  return [...verdict.failures.map((failure) => failureBlock(failure)), ...ofBenchmarks].map((block) => `${block}\n`);
}

function bullets(lines: readonly string[]): string[] {
  return lines.map((line) => `- ${line}\n`);
}

/** What each benchmark that is no pass needs to be said of it in one line. */
function evidence(verdict: RunVerdict, record: BenchRecord): string[] {
  return worstFirst(verdict).flatMap((benchmark) => {
    if (benchmark.record.failure !== undefined) return [];
    const { missingBase } = benchmark.record;
    const baseless = missingBase?.reason === 'unusable' ? `base: ${missingBaseSentence(benchmark.record)}` : '';
    if (benchmark.outcome === 'pass') {
      return baseless === '' ? [] : [`${nameCode(benchmark.benchmark)}: ${quoting(shorten(baseless, 1_000))}`];
    }
    const deciding = decidingSentence(benchmark, record.measurement.timeLimitSeconds, 'workflow');
    const where = isWorthExplaining(benchmark) ? whereSentence(benchmark.record) : '';
    const sentences = [
      benchmark.sentence.replace(/[^.]$/, '$&.'),
      where && `Where: ${where}.`,
      deciding,
      baseless,
    ].filter((text) => text !== '');
    return [`${nameCode(benchmark.benchmark)}: ${quoting(shorten(sentences.join(' '), 1_000))}`];
  });
}

/** What a reader must know to take the table for what it is. */
function notes(verdict: RunVerdict, record: BenchRecord): string[] {
  const { benchmarks } = verdict;
  const { noBase = '' } = record;
  const those = (test: (benchmark: BenchmarkVerdict) => boolean): string => {
    const count = benchmarks.filter(test).length;
    if (count === benchmarks.length) return count === 1 ? 'the benchmark' : 'all benchmarks';
    return count === 0 ? '' : `${count} of ${benchmarks.length} benchmarks`;
  };
  const gated = those(({ gates }) => gates.length > 0);
  const byThreshold = those(({ gates }) => gates.some(({ gate }) => gate === 'threshold'));
  const ungated = those((benchmark) => !isGated(benchmark));
  const generic = those(({ record, ladder }) => record.plan.genericInputs && ladder.length > 0);
  const full = those((benchmark) => isRingFull(benchmark.record));
  const seeded = those((benchmark) => isSeeded(benchmark.record));
  return [
    savedNote(verdict, record),
    noBase && quoting(shorten(noBase.replace('no base', 'No base'), 1_000)),
    byThreshold &&
      'A threshold is absolute: the same program has another speedup on another machine, so leave it a margin.',
    gated && ungated && `Without a limit, so gating nothing (${ungatedIcon}): ${ungated}.`,
    seeded &&
      `Maps were seeded with keys that a dry run looked up in vain, and zeros: ${seeded}. Give \`maps\` for real contents.`,
    full && `Ring buffers are full while timed, since nobody reads them: ${full}.`,
    generic && `On generic packets, since none is named: ${generic}. Name your own in \`packet\` or \`inputs\`.`,
  ].filter((note) => note !== '');
}

function savedNote(verdict: RunVerdict, record: BenchRecord): string {
  const saved = savedBaseSentence(record);
  if (saved === '') return '';
  const sentences = [`Head is shown beside ${saved}`, ...advisorySentences(verdict, record)];
  return sentences.map(sentence).join(' ');
}

/** With its full stop, which makes an address of a `www` before it and so is escaped with it. */
function sentence(text: string): string {
  return prose(`${shorten(text, 1_000)}.`);
}

function ladderBlock(benchmark: BenchmarkVerdict): string {
  const twin = headProgram(benchmark.record)?.twin;
  const columns = [
    ...ladderColumns(twin).map(({ header, align, text }) => ({
      header,
      align,
      cell: text,
    })),
    { header: 'runs', align: 'right' as const, cell: ({ invocations }: ArmEstimate) => formatCount(invocations) },
    { header: '', align: 'left' as const, cell: (row: ArmEstimate) => ladderRemark(row, twin) },
  ];
  const table = [tableHead(columns), ...benchmark.ladder.map((row) => tableRow(columns, row))].join('');
  const facts = [
    ['measured', extentSentence(benchmark.record)],
    ['proof', proofSentence(benchmark)],
    ['twin', twinSentence(benchmark.record)],
    ['maps', mapsSentence(benchmark.record)],
    ['base', baseSentence(benchmark)],
    ['saved', advisorySentence(benchmark)],
    ['coverage', coverageSentence(benchmark.record)],
    ['where', whereSentence(benchmark.record)],
    ['layout', layoutSentence(benchmark)],
    ['floor', floorSentence(benchmark)],
  ].flatMap(([label = '', text = '']) => (text === '' ? [] : [`${label}: ${quoting(text)}`]));
  const title = `**${prose(shorten(benchmarkTitle(benchmark.record), 200))}**`;
  const inputs = inputsTable(benchmark.record);
  return `${title}\n\n${table}\n${inputs === '' ? '' : `${inputs}\n`}${bullets(facts).join('')}\n`;
}

function ladders(verdict: RunVerdict): Section {
  const measured = verdict.benchmarks.filter(({ ladder }) => ladder.length > 0);
  const fold = folded('Ladder of all arms, proof, layout');
  const legend = prose(ladderLegend(measured.flatMap(({ ladder }) => ladder)));
  return section('ladders', 6, { ...fold, items: measured.map(ladderBlock), tail: `${legend}\n${fold.tail}` });
}

/** What the verifier and the JIT say: in sight where it is over a limit or of few programs that were discovered, else folded. */
function figures({ benchmarks }: RunVerdict): { inSight: Section[]; later: Section[] } {
  const told = benchmarks.filter(isTabled);
  const isInSight = told.length <= unfoldedRows && told.some(({ record }) => record.plan.every);
  const columns = figureColumns(told);
  const head = tableHead(columns);
  const rows = (those: readonly BenchmarkVerdict[]): string[] => those.map((row) => tableRow(columns, row));
  const tail = `\n${figuresLegend}\n`;
  const over = told.filter(isOverLimit);
  const within = told.filter((benchmark) => !over.includes(benchmark));
  const ofFigures = (rank: number, those: readonly BenchmarkVerdict[], fold = { head: '', tail: '' }): Section =>
    section('rows of verifier figures', rank, { head: fold.head + head, items: rows(those), tail: tail + fold.tail });
  const items = bullets(extentReasons(told));
  const reasons = (fold = { head: '', tail: '' }): Section => section('reasons', 4, { ...fold, items });
  if (isInSight) return { inSight: [ofFigures(3, [...over, ...within]), reasons()], later: [] };
  return {
    inSight: [ofFigures(3, over)],
    later: [ofFigures(6, within, folded('Verifier figures')), reasons(folded('Why not more was measured'))],
  };
}

function environments(record: BenchRecord, { toolVersion }: ReportContext): Section {
  const { seed, iterations } = record.measurement;
  const run = `kfaas-bench ${toolVersion} · seed ${seed} · ${formatCount(iterations)} iterations asked for`;
  const trees = [treeSentence(record, 'head'), treeSentence(record, 'base'), savedBaseSentence(record)].filter(
    (sentence) => sentence !== '',
  );
  const lines = [...trees, ...Object.values(record.environments).map(environmentSentence), run];
  return section('lines of the environment', 7, { ...folded('Environment'), items: bullets(lines.map(prose)) });
}

function warnings(record: BenchRecord): Section {
  const items = record.warnings.map(({ benchmark, message }) =>
    [...(benchmark === undefined ? [] : [nameCode(benchmark)]), quoting(shorten(message, 1_000))].join(': '),
  );
  return section('warnings', 8, { ...folded(`Warnings (${items.length})`), items: bullets(items) });
}

/** @returns Markdown of at most `maxCharacters` UTF-16 units; what was cut for it is named at the end. */
export function renderMarkdown(
  verdict: RunVerdict,
  record: BenchRecord,
  context: ReportContext,
  maxCharacters: number,
): string {
  const demo = demoSentence(record);
  const command = reproduceCommand(verdict, record, context.origin);
  const { inSight, later } = figures(verdict);
  const sections = [
    ...(demo === ''
      ? []
      : [section('', 0, { head: `> **${prose(demo)}** Name yours in \`source\` or \`kfaas.yml\`.` })]),
    section('', 0, { head: `### ${headline(verdict, record)}` }),
    ...changeSections(record),
    ...tables(verdict, record),
    ...drawing(verdict),
    ...inSight,
    section('failures', 2, { items: failures(verdict) }),
    section('lines of evidence', 3, { items: bullets(evidence(verdict, record)) }),
    ...explanationSections(verdict),
    ...(command === '' ? [] : [section('', 4, { head: `**Reproduce:**\n${codeBlock(command)}` })]),
    ...notes(verdict, record).map((note) => section('', 4, { head: note })),
    ladders(verdict),
    ...later,
    environments(record, context),
    warnings(record),
    section('', 0, { head: footer(context, record) }),
  ];
  return `${fit(sections, maxCharacters - 1)}\n`;
}
