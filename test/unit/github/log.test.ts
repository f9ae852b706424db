import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { harmless, inGroup, logLines, progressLog } from '../../../src/github/log.js';
import type { WorkerEvent } from '../../../src/places/protocol.js';
import { hostileText } from '../../helpers/hostile-text.js';

/** As the runner looks for commands: `::` at a line's start (ActionCommand.TryParseV2), `##[` anywhere (TryParse). */
function commandsIn(output: string): string[] {
  return output.split(/\r\n|\r|\n/).filter((line) => /^\s*::/.test(line) || line.includes('##['));
}

describe('harmless', () => {
  it('leaves the runner nothing to obey', () => {
    expect(commandsIn(harmless('::error::x\n  ::set-output name=a::b\nx ##[command]y'))).toEqual([]);
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(commandsIn(harmless(text))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves ordinary lines as they are', () => {
    expect(harmless('fnv1a: build\n  a::b() 12 %')).toBe('fnv1a: build\n  a::b() 12 %');
  });
});

describe('the log', () => {
  afterEach(() => vi.restoreAllMocks());

  async function printed(work: () => Promise<unknown>): Promise<string[]> {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
    await work().catch(() => undefined);
    vi.restoreAllMocks();
    return written
      .join('')
      .split('\n')
      .filter((line) => line !== '');
  }

  it('takes no commands while a group is open, and does again afterwards', async () => {
    const lines = await printed(() => inGroup('a::title', () => logLines('inside')));
    const token = /^::stop-commands::(\S{36})$/.exec(lines[1] ?? '')?.[1];
    expect(lines).toEqual(['::group::a::title', `::stop-commands::${token}`, 'inside', `::${token}::`, '::endgroup::']);
  });

  it('closes the group of work that fails', async () => {
    const lines = await printed(() => inGroup('title', () => Promise.reject(new Error('x'))));
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toBe('::endgroup::');
  });
});

describe('progressLog', () => {
  function linesOf(...events: WorkerEvent[]): string[] {
    const lines: string[] = [];
    const log = progressLog((line) => lines.push(line));
    events.forEach(log);
    return lines;
  }

  function at(stage: 'build' | 'measure', fraction: number, benchmark = 'fnv1a'): WorkerEvent {
    return { event: 'progress', benchmark, stage, fraction };
  }

  it('tells each stage once and the quarters of a long one', () => {
    const fractions = [0, 0.1, 0.26, 0.3, 0.8, 1];
    expect(linesOf(at('build', 0), at('build', 0), ...fractions.map((fraction) => at('measure', fraction)))).toEqual([
      'fnv1a: build',
      'fnv1a: measure',
      'fnv1a: measure 25 %',
      'fnv1a: measure 75 %',
      'fnv1a: measure 100 %',
    ]);
  });

  it('tells benchmarks apart, and warnings', () => {
    const warning: WorkerEvent = { event: 'warning', warning: { code: 'noise', message: 'it is noisy' } };
    expect(linesOf(at('build', 0), at('build', 0, 'acl'), warning, { event: 'done' })).toEqual([
      'fnv1a: build',
      'acl: build',
      'warning: it is noisy',
    ]);
  });
});
