import { describe, expect, it } from 'vitest';
import { commandsObeyed } from '../../helpers/runner-log.js';

function obeyed(...lines: string[]): string[] {
  return commandsObeyed(lines).map(({ command, message }) => `${command} ${message}`);
}

describe("the runner's commands in a log", () => {
  it('stand at the start of a line, or in brackets anywhere', () => {
    expect(obeyed('::error::a', '  ::warning::b', 'x ::error::c', 'x ##[debug]d', '\u200b::error::e')).toEqual([
      'error a',
      'warning b',
      'debug d',
    ]);
    expect(obeyed('::unknown::a', '::error', '##[unknown]a', '##[error')).toEqual([]);
  });

  it('have properties and a message, both unescaped', () => {
    expect(commandsObeyed(['::error title=a%2Cb,file=x%3Ay.c,line=3::50%25%0Amore'])).toEqual([
      { command: 'error', properties: { title: 'a,b', file: 'x:y.c', line: '3' }, message: '50%\nmore' },
    ]);
    expect(commandsObeyed(['x##[set-output name=a;]b'])).toEqual([
      { command: 'set-output', properties: { name: 'a' }, message: 'b' },
    ]);
  });

  it('are not obeyed between stop-commands and its token', () => {
    const lines = ['::stop-commands::t0k3n', '::error::a', '##[error]b', '::other::', '::t0k3n::', '::error::c'];
    expect(obeyed(...lines)).toEqual(['stop-commands t0k3n', 'error c']);
  });
});
