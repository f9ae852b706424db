/** What the runner shows beside the lines of the pull request: a program that fails, where its source says it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { error, warning, type AnnotationProperties } from '@actions/core';
import type { BenchmarkVerdict, RunVerdict } from '../domain/verdict.js';
import type { Failure, Location } from '../errors.js';
import { shorten, visible, visibleLines } from '../report/escape.js';

/** GitHub keeps this many of each level per step and drops the rest without a word. */
const keptPerLevel = 10;
const messageCharacters = 4_000;

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly location?: Location;
}

export interface SourceTree {
  /** The repository's root; annotations name files from here. Absolute. */
  readonly workspace: string;
  /** Where the plan's relative paths start. Absolute. */
  readonly workingDirectory: string;
}

/** Without it the annotation names the file's first line. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The line of a program's definition: its name behind the `SEC(…)` before it, else its first mention with a parenthesis. */
export function programLine(source: string, program: string): number | undefined {
  const name = RegExp(`\\b${program.replace(/[^\w]/g, '')}\\b\\s*[(,)]`);
  const lines = source.split('\n');
  const mentions = lines.flatMap((line, index) => (name.test(line) ? [index] : []));
  const inSection = mentions.find((index) =>
    /\bSEC\s*\(/.test(lines.slice(Math.max(0, index - 3), index + 1).join('\n')),
  );
  const found = inSection ?? mentions[0];
  return found === undefined ? undefined : found + 1;
}

/** The same place as a file of the repository; nothing where it is outside of it. */
function inRepository({ file, ...rest }: Location, { workspace, workingDirectory }: SourceTree): Location | undefined {
  const relative = path.relative(workspace, path.resolve(workingDirectory, file));
  return relative === '' || relative.split(path.sep)[0] === '..' ? undefined : { file: relative, ...rest };
}

function locationOf({ record }: BenchmarkVerdict, tree: SourceTree): Location | undefined {
  const failed = record.failure?.location && inRepository(record.failure.location, tree);
  if (failed !== undefined) return failed;
  const source = inRepository({ file: record.plan.source }, tree);
  if (source === undefined || record.plan.object !== undefined) return undefined; // an object has no lines to show
  const program = record.programs.find(({ revision }) => revision === 'head')?.program ?? record.plan.program;
  const text = program === undefined ? undefined : textOf(path.resolve(tree.workingDirectory, record.plan.source));
  const line = text === undefined || program === undefined ? undefined : programLine(text, program);
  return { ...source, line: line ?? 1 };
}

function failureMessage({ message, detail, remedy }: Failure): string {
  const text = detail === undefined ? message : `${message}\n${shorten(detail, messageCharacters)}`;
  return `${text}\n→ ${remedy}`;
}

const titles = { fail: 'fails', untrusted: 'is not proven', inconclusive: 'is undecided', pass: 'passes' } as const;

function annotationOf(benchmark: BenchmarkVerdict, tree: SourceTree, failOnInconclusive: boolean): Annotation {
  const { outcome, record, sentence } = benchmark;
  const location = locationOf(benchmark, tree);
  return {
    level: outcome === 'inconclusive' && record.failure === undefined && !failOnInconclusive ? 'warning' : 'error',
    title: `${benchmark.benchmark} ${record.failure === undefined ? titles[outcome] : 'fails'}`,
    message: record.failure === undefined ? sentence : failureMessage(record.failure),
    ...(location === undefined ? {} : { location }),
  };
}

export function failureAnnotation(failure: Failure, tree: SourceTree): Annotation {
  const location = failure.location && inRepository(failure.location, tree);
  return {
    level: 'error',
    title: 'kfaas-bench',
    message: failureMessage(failure),
    ...(location === undefined ? {} : { location }),
  };
}

/** All but the last kept one, which says how many there were. */
function limited(annotations: readonly Annotation[]): Annotation[] {
  const last = annotations[keptPerLevel - 1];
  if (last === undefined || annotations.length === keptPerLevel) return [...annotations];
  const rest = annotations.length - keptPerLevel + 1;
  const summary = { level: last.level, title: 'kfaas-bench', message: `${rest} more: see the job summary` };
  return [...annotations.slice(0, keptPerLevel - 1), summary];
}

/** One for everything that is no pass, the errors first. */
export function annotationsOf(verdict: RunVerdict, tree: SourceTree, failOnInconclusive: boolean): Annotation[] {
  const all = [
    ...verdict.failures.map((failure) => failureAnnotation(failure, tree)),
    ...verdict.benchmarks
      .filter(({ outcome }) => outcome !== 'pass')
      .map((benchmark) => annotationOf(benchmark, tree, failOnInconclusive)),
  ];
  const ofLevel = (level: Annotation['level']): Annotation[] => limited(all.filter((each) => each.level === level));
  return [...ofLevel('error'), ...ofLevel('warning')];
}

export function annotate({ level, title, message, location }: Annotation): void {
  const properties: AnnotationProperties = {
    title: shorten(visible(title), 200),
    ...(location === undefined ? {} : { file: location.file }),
    ...(location?.line === undefined ? {} : { startLine: location.line }),
    ...(location?.column === undefined ? {} : { startColumn: location.column }),
  };
  const text = shorten(visibleLines(message), messageCharacters * 2);
  if (level === 'error') error(text, properties);
  else warning(text, properties);
}
