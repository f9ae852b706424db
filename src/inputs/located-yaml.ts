/** A YAML text validated by a schema; every mistake and every value has the line and column where it stands. */
import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { KfaasError, type Location } from '../errors.js';
import { didYouMean, listed, shown, type Given } from './values.js';

type Path = readonly PropertyKey[];

export interface LocatedYaml<T> {
  readonly data: T;
  /** The scalar at a path, under a name that says where it stands. */
  readonly given: (...path: Path) => Given;
  /** The scalar at a path as its author wrote it. */
  readonly written: (...path: Path) => string;
  /** A mistake at a key or an item, which is there. */
  readonly mistakeAt: (path: Path, message: string, remedy: string) => KfaasError;
}

/** A mapping that knows no other keys, and says which it knows. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys' || !Array.isArray(issue['keys'])) return undefined;
      const key = String(issue['keys'][0]);
      return `unknown key \`${key}\`${didYouMean(key, names)}; allowed here: ${listed(names)}`;
    },
  });
}

/** The node at a path, or the nearest one around it that exists; an alias hides what it stands for. */
function nodeAt(document: Document, path: Path): unknown {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents;
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function keyOffset(map: unknown, key: string): number {
  if (!isMap(map)) return offsetOf(map);
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return offsetOf(pair?.key);
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as { [key: PropertyKey]: unknown } | undefined)?.[step], data);
}

/** As its author wrote it. */
function textOf(node: unknown): string {
  if (node === null) return '(empty)';
  if (isScalar(node)) return node.source ?? String(node.value);
  return isMap(node) ? '{…}' : isAlias(node) ? `*${node.source}` : '[…]';
}

const kindsInWords: { readonly [kind: string]: string } = {
  string: 'text (in quotes where it looks like a number)',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping',
};

function allowedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `give ${kindsInWords[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `give ${listed(issue.values.map(String))}`;
  if (issue.code === 'too_small' && issue.origin === 'array') return 'give at least one entry';
  if (issue.code === 'too_small' && issue.origin === 'string') return 'give text that is not empty';
  if (issue.code === 'too_small')
    return `give a number ${issue.inclusive === true ? 'from' : 'above'} ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin === 'array') return `give at most ${issue.maximum} entries`;
  if (issue.code === 'too_big') return `give a number up to ${issue.maximum}`;
  return issue.message;
}

/**
 * @param file how the user knows the file, for messages.
 * @throws KfaasError (usage) with the location of the first mistake.
 */
export function parseLocatedYaml<T>(text: string, file: string, schema: z.ZodType<T>): LocatedYaml<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });

  const locate = (offset: number): Location & { readonly prefix: string } => {
    const { line, col } = lines.linePos(offset);
    const location = { file, line: Math.max(1, line), column: Math.max(1, col) };
    return { ...location, prefix: `${file}:${location.line}:${location.column}: ` };
  };
  const mistake = (offset: number, message: string, remedy: string): KfaasError => {
    const { prefix, ...location } = locate(offset);
    return new KfaasError({ kind: 'usage', message: prefix + message, remedy, location });
  };

  const syntaxError = document.errors[0];
  if (syntaxError !== undefined) throw mistake(syntaxError.pos[0], syntaxError.message, 'correct the YAML there');
  visit(document, {
    Alias: (_key, node) => {
      if (node.resolve(document) !== undefined) return;
      throw mistake(offsetOf(node), `no anchor is named \`${node.source}\``, `write \`&${node.source}\` before it`);
    },
  });

  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) {
    const given = (...path: Path): Given => {
      const { prefix, ...location } = locate(offsetOf(nodeAt(document, path)));
      return { name: prefix + String(path.at(-1)), text: String(valueAt(parsed.data, path)), location };
    };
    const written = (...path: Path): string => textOf(nodeAt(document, path));
    const mistakeAt = (path: Path, message: string, remedy: string): KfaasError => {
      const [around, step] = [nodeAt(document, path.slice(0, -1)), path.at(-1)];
      const isKey = typeof step === 'string';
      return mistake(isKey ? keyOffset(around, step) : offsetOf(nodeAt(document, path)), message, remedy);
    };
    return { data: parsed.data, given, written, mistakeAt };
  }

  // A misspelt key is also a missing one: the spelling is the mistake to show.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw mistake(0, 'the file is not valid', 'compare it with the documented keys');
  const around = nodeAt(document, issue.path);
  if (issue.code === 'unrecognized_keys') {
    throw mistake(keyOffset(around, issue.keys[0] ?? ''), issue.message, 'correct the key, or remove it');
  }
  const name = issue.path.findLast((step) => typeof step === 'string') ?? 'the file';
  const missing = issue.path.length > 0 && !document.hasIn(issue.path);
  if (missing) throw mistake(offsetOf(around), `\`${name}\` is missing`, `add \`${name}:\` there`);
  const near = issue.code === 'invalid_value' ? didYouMean(textOf(around), issue.values.map(String)) : '';
  throw mistake(offsetOf(around), `${name} is ${shown(textOf(around))}${near}`, allowedBy(issue));
}
