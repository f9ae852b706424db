/** Reports of programs that were discovered, of which few can be timed. */
import { describe, expect, it } from 'vitest';
import type { Extent } from '../../../src/domain/record.js';
import type { RunVerdict } from '../../../src/domain/verdict.js';
import { extentReasons } from '../../../src/report/figures.js';
import { headline } from '../../../src/report/headline.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { programTable } from '../../../src/report/program-table.js';
import { renderTerminal } from '../../../src/report/terminal.js';
import { sampleRun } from '../../helpers/verdicts.js';

const reason = 'SEC("kprobe/do_nanosleep"): a kprobe program is not run: the kernel has no test run for such';

/** One of each extent; `p/slower` is held against its base. */
function discovered(): ReturnType<typeof sampleRun> {
  const { verdict, record } = sampleRun({
    benchmarks: [{ name: 'p/both' }, { name: 'p/slower', slowdown: 0.01 }, { name: 'p/probe' }, { name: 'p/refused' }],
  });
  const extents: Record<string, Extent | undefined> = {
    'p/slower': { covers: 'kernel', reason: 'a compiled object without its source has no user-space side' },
    'p/probe': { covers: 'figures', reason },
    'p/refused': { covers: 'nothing', reason: 'does not load: the verifier rejects it (EACCES): R1 !read_ok' },
  };
  const benchmarks = verdict.benchmarks.map((benchmark) => {
    const extent = extents[benchmark.benchmark];
    const isTimed = extent === undefined || extent.covers === 'kernel';
    const { speedup, ...rest } = benchmark;
    return {
      ...rest,
      ...(speedup !== undefined && extent === undefined ? { speedup } : {}),
      ladder: isTimed ? benchmark.ladder.slice(0, extent === undefined ? 4 : 1) : [],
      figures:
        extent?.covers === 'nothing' ? [] : [{ metric: 'verified-insns' as const, value: 250_000, baseValue: 240_000 }],
      record: {
        ...benchmark.record,
        plan: { ...benchmark.record.plan, every: true as const, genericInputs: true },
        programs: extent?.covers === 'nothing' ? [] : benchmark.record.programs,
        ...(extent && { extent }),
      },
    };
  });
  const changed: RunVerdict = { ...verdict, benchmarks, worst: 'p/slower' };
  return { verdict: changed, record: { ...record, benchmarks: benchmarks.map((each) => each.record) } };
}

const markdownOf = ({ verdict, record }: ReturnType<typeof sampleRun>) =>
  renderMarkdown(verdict, record, { toolVersion: '1.0.0', origin: {} }, 65_536);

describe('what was discovered', () => {
  it('is counted in the headline: what was checked, loaded, timed', () => {
    const { verdict, record } = discovered();
    expect(headline(verdict, record)).toBe(
      '✅ 3 programs checked, 1 not loaded here, 2 timed on generic packets, no limit exceeded',
    );
  });

  it('gets no tick where nothing is held against anything', () => {
    const { verdict, record } = discovered();
    const ungated = { ...verdict, benchmarks: verdict.benchmarks.map((each) => ({ ...each, gates: [] })) };
    expect(headline(ungated, record)).toMatch(/^ℹ️ Nothing is gated: 3 programs checked/);
  });

  it('is a table in the comment, with the headroom and what is not measured', () => {
    const markdown = markdownOf(discovered());
    const [inSight = ''] = markdown.split('<details>');
    expect(inSight).toMatch(/\*\*`p\/probe`\*\* · tc \| yes \| 240,000\s→\s250,000 \(\+4\.2\s%\) \| 25\.0\s% \|\n/);
    expect(inSight).toMatch(/\*\*`p\/refused`\*\* \| \*\*no\*\* \| – \| – \|\n/);
    expect(inSight).toMatch(/^- `p\/slower`: the kernel alone: /m);
    expect(inSight).toMatch(/^- `p\/probe`: the figures of the load alone: /m);
    expect(inSight).toMatch(/^- `p\/refused`: does not load: the verifier rejects it/m);
    expect(inSight.match(/\*\*`p\/probe`\*\*/g), 'not among the timed ones as well').toHaveLength(1);
  });

  it('has a reason once, with all that it is true of', () => {
    const { verdict } = discovered();
    const extent = { covers: 'figures' as const, reason };
    const benchmarks = verdict.benchmarks.map((each) => ({ ...each, record: { ...each.record, extent } }));
    expect(extentReasons(benchmarks)).toEqual([
      expect.stringMatching(/^`p\/both`, `p\/slower`, `p\/probe`, `p\/refused`: the figures of the load alone: /),
    ]);
    const many = Array.from({ length: 12 }, () => benchmarks[0]!);
    expect(extentReasons(many)[0]).toMatch(/^(`p\/both`, ){9}`p\/both` and 2 more: /);
  });

  it('is a table in the terminal, and has blocks of its own only where it was timed', () => {
    const { verdict, record } = discovered();
    const table = programTable(verdict).map((line) => line.split(/ {2,}/));
    expect(table.map(([name, , loads, insns]) => [name, loads, insns])).toEqual([
      ['program', 'loads', 'verified insns'],
      ['p/both', 'yes', '240,000 → 250,000'],
      ['p/slower', 'yes', '240,000 → 250,000'],
      ['p/probe', 'yes', '240,000 → 250,000'],
      ['p/refused', 'no', '–'],
    ]);
    const text = renderTerminal(verdict, record, { color: false, surface: 'command' });
    expect(text).toContain(programTable(verdict).join('\n'));
    expect(text).toContain(`  p/probe: the figures of the load alone: ${reason}`);
    expect(text).toContain('measured the kernel alone: a compiled object');
    expect(text).toContain('1 input with one result each time');
    expect(text.match(/^p\/probe/gm)).toHaveLength(1);
  });

  it('is not said of what was asked for by name', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ name: 'fnv1a', threshold: 5 }] });
    expect(headline(verdict, record)).not.toContain('checked');
    expect(programTable(verdict)).toEqual([]);
    expect(markdownOf({ verdict, record })).not.toContain('of a million');
  });
});
