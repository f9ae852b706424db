/**
 * LLVM's intermediate language as text (https://llvm.org/docs/LangRef.html), as clang 15 to 20 write it before they
 * optimise: what a native twin has to see of it. Pure. Names of symbols keep their `@`, and their quotes where they have some.
 */

export interface IrFunction {
  readonly name: string;
  /** Type of the result with its attributes, such as `zeroext i1`. */
  readonly result: string;
  /** As they are written, such as `ptr noundef %ctx`. */
  readonly parameters: readonly string[];
  /** Attributes behind the parameters, such as `#0`. */
  readonly attributes: string;
  readonly body: readonly string[];
}

export interface IrModule {
  readonly functions: ReadonlyMap<string, IrFunction>;
  /** What stands right of the equals sign. */
  readonly globals: ReadonlyMap<string, string>;
  /** Lines. */
  readonly declarations: ReadonlyMap<string, string>;
  /** Types, attributes, metadata, assembly. */
  readonly rest: readonly string[];
}

const name = String.raw`(?:"[^"]*"|[-\w$.]+)`;
const symbol = new RegExp(`"[^"]*"|@${name}`, 'g');

/** Symbols that a text refers to; what stands in quotes is no text. */
export function symbolsIn(text: string): string[] {
  return (text.match(symbol) ?? []).filter((token) => token.startsWith('@'));
}

export function renamed(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(symbol, (token) => names.get(token) ?? token);
}

const global = new RegExp(`^(@${name}) = (.*)$`);

export function readModule(text: string): IrModule {
  const functions = new Map<string, IrFunction>();
  const globals = new Map<string, string>();
  const declarations = new Map<string, string>();
  const rest: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const [, variable, definition] = global.exec(line) ?? [];
    if (variable !== undefined && definition !== undefined) globals.set(variable, definition);
    else if (line.startsWith('declare ')) declarations.set(symbolsIn(line)[0] ?? '', line);
    else if (line.startsWith('define ')) {
      const end = lines.indexOf('}', i);
      const read = readFunction(line, lines.slice(i + 1, end));
      functions.set(read.name, read);
      i = end;
    } else if (line !== '' && !line.startsWith(';') && !line.startsWith('$')) rest.push(line);
  }
  return { functions, globals, declarations, rest };
}

/** Words in front of a definition that say who sees it: a twin's own belongs to nobody else. */
const visibilities =
  /^(?:(?:private|internal|external|weak|weak_odr|linkonce|linkonce_odr|available_externally|extern_weak|common|hidden|protected|default|dso_local|dso_preemptable|local_unnamed_addr|unnamed_addr) )+/;
const placements = /,? (?:section "[^"]*"|comdat(?:\(\$[^)]*\))?)/g;

function readFunction(header: string, body: string[]): IrFunction {
  const functionName = symbolsIn(header)[0] ?? '';
  const at = header.indexOf(functionName);
  const { inside, end } = bracketed(header, at + functionName.length);
  return {
    name: functionName,
    result: header.slice('define '.length, at).replace(visibilities, '').trim(),
    parameters: parts(inside),
    attributes: header.slice(end, -1).replace(placements, '').trim(),
    body,
  };
}

/** A variable that nobody else sees, from the right side of its definition. */
export function ownVariable(definition: string): string {
  return `internal ${definition.replace(visibilities, '').replace(placements, '')}`;
}

/** A declaration without its section. */
export function unplaced(line: string): string {
  return line.replace(placements, '');
}

export function sectionOf(definition: string): string | undefined {
  return / section "([^"]*)"/.exec(definition)?.[1];
}

/** The text between the bracket at a place and the one that closes it, and the place behind that. */
export function bracketed(text: string, at: number): { inside: string; end: number } {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    const char = text[end] ?? '';
    if (char === '"') end = text.indexOf('"', end + 1);
    else if ('([{<'.includes(char)) depth++;
    else if (')]}>'.includes(char) && --depth === 0) return { inside: text.slice(at + 1, end), end: end + 1 };
  }
  return { inside: text.slice(at + 1), end: text.length };
}

/** What commas part, brackets aside. */
export function parts(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = text.indexOf('"', at + 1);
    else if ('([{<'.includes(text[at] ?? '')) at = bracketed(text, at).end - 1;
    else if (text[at] === ',') {
      found.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = text.slice(start).trim();
  return last === '' ? found : [...found, last];
}

export function functionText({ name: own, result, parameters, attributes, body }: IrFunction): string {
  return [`define internal ${result} ${own}(${parameters.join(', ')}) ${attributes} {`, ...body, '}', ''].join('\n');
}

/** What can be reached from some symbols, those included: functions, variables and what is only declared. */
export function reachable(module: IrModule, roots: readonly string[]): Set<string> {
  const seen = new Set(roots);
  for (const one of seen) {
    const { body, parameters } = module.functions.get(one) ?? { body: [], parameters: [] };
    const text = [...body, ...parameters, module.globals.get(one) ?? ''].join('\n');
    for (const next of symbolsIn(text)) seen.add(next);
  }
  return seen;
}
