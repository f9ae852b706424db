/**
 * What the runner makes of a step's output: actions/runner v2.336, `ActionCommandManager.TryProcessCommand` and
 * `ActionCommand.TryParseV2` / `TryParse`. Pure.
 */

export interface WorkflowCommand {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

const registered = [
  ...['internal-set-repo-path', 'set-env', 'set-output', 'save-state', 'add-mask', 'add-path', 'add-matcher'],
  ...['remove-matcher', 'warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo', 'stop-commands'],
];

/** The commands that the runner obeys in these lines, in order; between `stop-commands` and its token there are none. */
export function commandsObeyed(lines: readonly string[]): WorkflowCommand[] {
  const obeyed: WorkflowCommand[] = [];
  let stopToken: string | undefined;
  for (const line of lines) {
    const known = stopToken === undefined ? registered : [...registered, stopToken];
    const found = parseDoubleColon(line, known) ?? parseBracket(line, known);
    if (found === undefined) continue;
    if (stopToken === undefined) {
      obeyed.push(found);
      if (found.command === 'stop-commands') stopToken = found.message;
    } else if (found.command === stopToken) {
      stopToken = undefined;
    }
  }
  return obeyed;
}

/** `::name property=value,property=value::message`, at a line's start but for white space. */
function parseDoubleColon(line: string, known: readonly string[]): WorkflowCommand | undefined {
  const text = line.trimStart();
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  return end === -1 ? undefined : commandOf(text.slice(2, end), text.slice(end + 2), ',', known);
}

/** `##[name property=value;property=value]message`, anywhere in a line. */
function parseBracket(line: string, known: readonly string[]): WorkflowCommand | undefined {
  const start = line.indexOf('##[');
  const end = line.indexOf(']', start);
  return start === -1 || end === -1
    ? undefined
    : commandOf(line.slice(start + 3, end), line.slice(end + 1), ';', known);
}

function commandOf(
  head: string,
  message: string,
  separator: string,
  known: readonly string[],
): WorkflowCommand | undefined {
  const [command = '', ...rest] = head.split(' ');
  if (!known.includes(command)) return undefined;
  const pairs = rest.join(' ').trim().split(separator).filter(Boolean);
  const properties = pairs.map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), unescaped(pair.slice(equals + 1))];
  });
  return { command, properties: Object.fromEntries(properties), message: unescaped(message) };
}

function unescaped(text: string): string {
  const characters: Record<string, string> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };
  return text.replace(/%(0D|0A|3A|2C|25)/g, (escape) => characters[escape] ?? escape);
}
