import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/report/markdown.js';
import type { ReportContext } from '../../../src/report/markdown-footer.js';
import type { Outcome } from '../../../src/domain/words.js';
import { longestSummary } from '../../../src/github/summary.js';
import type { Failure } from '../../../src/errors.js';
import { allNodes, nodesOfType, parseMarkdown, plainText, references } from '../../helpers/github-markdown.js';
import { hostileText } from '../../helpers/hostile-text.js';
import {
  sampleAdvisory,
  sampleRun,
  sampleSaved,
  sampleTrees,
  type SampleBenchmark,
  type SampleRun,
} from '../../helpers/verdicts.js';

const commentCharacters = 65_536;
const context: ReportContext = {
  toolVersion: '1.0.0',
  headSha: '3f2c1e9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  runUrl: 'https://github.com/octo/repo/actions/runs/42',
  origin: { configPath: 'kfaas.yml' },
};

function render(run: SampleRun, maxCharacters = commentCharacters): string {
  const { verdict, record } = sampleRun(run);
  return renderMarkdown(verdict, record, context, maxCharacters);
}

function rowsOf(markdown: string): string[][] {
  const [table] = nodesOfType(parseMarkdown(markdown), 'table');
  return (table?.children ?? []).map((row) =>
    (row.children ?? []).map((cell) => plainText(cell).replaceAll('\u00a0', ' ')),
  );
}

const buildFailure: Failure = {
  kind: 'build',
  message: "expected ';' after expression",
  remedy: 'correct the source',
  detail: 'bpf/parse.bpf.c:12:3: error: expected\n   12 | foo()',
  location: { file: 'bpf/parse.bpf.c', line: 12, column: 3 },
};

describe('renderMarkdown', () => {
  it('says in one row what each benchmark costs, gains and may not fall below', () => {
    expect(rowsOf(render({ benchmarks: [{ threshold: 5 }, { name: 'free', kernelNs: 12.04, speedup: 0.6 }] }))).toEqual(
      [
        ['', 'benchmark', 'kernel', 'threshold', 'speedup over syscall', 'spread'],
        ['✅', 'fnv1a · tc', '75.9 ns', '5x', '9.09x (9.00 … 9.18)', '0.3 %'],
        ['ℹ️', 'free · tc', '12.0 ns', '–', '0.60x (0.59 … 0.61)', '0.3 %'],
      ],
    );
  });

  it('says beside a base what has changed, the limit, and who has no base', () => {
    const failure: Failure = { kind: 'build', message: 'a `b` does not compile', remedy: 'mend it' };
    const markdown = render({
      builtFrom: sampleTrees,
      benchmarks: [
        { slowdown: 0.068, outcome: 'fail', sentence: 'kernel time +6.8 %' },
        { name: 'same', slowdown: -0.001, unchanged: true },
        { name: 'fresh', missingBase: { reason: 'new' } },
        { name: 'mended', missingBase: { reason: 'unusable', failure } },
      ],
    });
    expect(rowsOf(markdown)).toEqual([
      ['', 'benchmark', 'kernel', 'against base 3f2c1e9', 'limit', 'speedup over syscall'],
      ['❌', 'fnv1a · tc', '75.9 ns', '+6.8 % (+6.2 … +7.4)', '5 %', '9.09x (9.00 … 9.18)'],
      ['✅', 'same · tc', '75.9 ns', '−0.1 % (−0.7 … +0.5) · unchanged program', '5 %', '9.09x (9.00 … 9.18)'],
      ['🆕', 'fresh · tc', '75.9 ns', 'new', '–', '9.09x (9.00 … 9.18)'],
      ['ℹ️', 'mended · tc', '75.9 ns', 'no base', '–', '9.09x (9.00 … 9.18)'],
    ]);
    expect(markdown).toContain('- `mended`: base: none that could be used: a `b` does not compile\n');
    expect(markdown).toMatch(/^ +├─●─+┤ +fnv1a {2}fail$/m);
    expect(markdown).toContain(`kfaas-bench compare --base 3f2c1e9${'0'.repeat(33)} --config kfaas.yml --only fnv1a`);
    expect(markdown).not.toContain('has another speedup on another machine');
  });

  it('shows thresholds beside a base where there are any', () => {
    const [head, row] = rowsOf(render({ builtFrom: sampleTrees, benchmarks: [{ slowdown: 0, threshold: 5 }] }));
    expect([head![5], row![5]]).toEqual(['threshold', '5x']);
  });

  describe('exact figures', () => {
    const tablesOf = (markdown: string): string[][][] =>
      nodesOfType(parseMarkdown(markdown), 'table').map((table) =>
        (table.children ?? []).map((row) =>
          (row.children ?? []).map((cell) => plainText(cell).replaceAll('\u00a0', ' ')),
        ),
      );
    const figures = [
      { metric: 'verified-insns', value: 1204, baseValue: 980 },
      { metric: 'stack-bytes', value: 16, baseValue: 16 },
    ] as const;
    const header = ['', 'benchmark', 'verified instructions', 'stack bytes'];

    it('are folded where nothing is over, without the benchmarks that have none', () => {
      const exactLimits = { budgets: { 'verified-insns': 4000 }, growth: { 'stack-bytes': { percent: 0 } } };
      const markdown = render({
        benchmarks: [{ figures, exactLimits }, { name: 'free', figures: figures.slice(1) }, { name: 'none' }],
      });
      expect(tablesOf(markdown)).toContainEqual([
        header,
        ['✅', 'fnv1a · tc', '980 → 1,204 of 4,000 (+22.9 %)', '16'],
        ['', 'free · tc', '–', '16'],
      ]);
      const [before = '', after = ''] = markdown.split('<details><summary>Verifier figures</summary>');
      expect(before).not.toContain('1,204 of 4,000');
      expect(after).toContain('1,204 of 4,000');
    });

    it('are in sight where they are over, what is over in bold, and the rest folded', () => {
      const over: SampleBenchmark = {
        name: 'over',
        outcome: 'fail',
        sentence: '1,204 verified instructions, over the budget of 1,000',
        figures,
        exactLimits: { budgets: { 'verified-insns': 1000 } },
      };
      const growth = { 'verified-insns': { percent: 10, slack: 64 }, 'stack-bytes': { percent: 10 } };
      const grown: SampleBenchmark = { ...over, name: 'grown', exactLimits: { growth } };
      const markdown = render({ benchmarks: [{ figures }, over, grown] });
      expect(markdown).toMatch(/^### ❌ `over` needs 1,204 verified instructions \(budget 1,000\), and 1 more fail$/m);
      expect(markdown).toContain('- `over`: 1,204 verified instructions, over the budget of 1,000.\n');
      const [before = '', after = ''] = markdown.split('<details><summary>Verifier figures</summary>');
      expect(before).toContain('| ❌ | **`over`** · tc | 980\u00a0→\u00a0**1,204 of 1,000** (+22.9\u00a0%) | 16 |');
      expect(before).toContain(
        '| ❌ | **`grown`** · tc | 980\u00a0→\u00a01,204 (**+22.9\u00a0%**, limit 10\u00a0% or 64) | 16 |',
      );
      expect(before).not.toContain('| **`fnv1a`** · tc | 980');
      expect(after).toContain('|  | **`fnv1a`** · tc | 980\u00a0→\u00a01,204 (+22.9\u00a0%) | 16 |');
    });

    it('that alone are limited leave the icon and the limit of the time as they are', () => {
      const exactLimits = { budgets: { 'verified-insns': 4000 } };
      const [header, row] = rowsOf(render({ benchmarks: [{ figures, exactLimits }] }));
      expect(header).not.toContain('threshold');
      expect(row!.slice(0, 3)).toEqual(['✅', 'fnv1a · tc', '75.9 ns']);
      const failed = { figures, exactLimits: { budgets: { 'verified-insns': 4 } }, outcome: 'fail' } as const;
      expect(rowsOf(render({ builtFrom: sampleTrees, benchmarks: [failed] }))[1]!.slice(0, 5)).toEqual([
        '❌',
        'fnv1a · tc',
        '75.9 ns',
        '–',
        '–',
      ]);
    });

    it('are no part of what is not proven', () => {
      expect(render({ benchmarks: [{ figures, outcome: 'untrusted' }] })).not.toContain('1,204');
    });
  });

  it('ends in the commits: what is proposed, what is checked out of it, and the base', () => {
    const closing = (run: SampleRun) =>
      plainText(parseMarkdown(render(run)))
        .split('\n')
        .at(-1);
    expect(closing({})).toContain('commit 3f2c1e9 · this run');
    expect(closing({ builtFrom: sampleTrees })).toContain('commit 3f2c1e9 · checked out aaaaaaa · base 3f2c1e9 · this');
  });

  it('says unfolded why there is no base', () => {
    const [, head] = sampleTrees;
    const markdown = render({ builtFrom: [head!], noBase: 'no base: `a|<b>` is new' });
    const text = plainText(parseMarkdown(markdown.replace(/<details>[^]*?<\/details>/g, '')));
    expect(text).toContain('No base: a|<b> is new');
    expect(markdown).toContain('`a|<b>`');
    expect(markdown).toContain('checked out `aaaaaaa`');
  });

  it('leads with the title, the worst benchmark on top', () => {
    const markdown = render({
      benchmarks: [
        { name: 'good', threshold: 5 },
        { name: 'slow', threshold: 5, speedup: 4, outcome: 'fail', sentence: '4.00x is below 5x' },
      ],
    });
    expect(markdown).toMatch(/^### ❌ `slow` is 4\.00x faster/);
    expect(rowsOf(markdown)[1]?.[1]).toBe('slow · tc');
    expect(markdown).toContain('- `slow`: 4.00x is below 5x.\n');
  });

  it('says of a demo that nothing of the project was measured, before anything else', () => {
    expect(render({ demo: true })).toMatch(/^> \*\*Demo: none of this project's programs were measured/);
  });

  it('says beside a threshold that it depends on the machine', () => {
    const note = 'has another speedup on another machine';
    expect(render({ benchmarks: [{ threshold: 5 }] })).toContain(note);
    expect(render({})).not.toContain(note);
  });

  it('says what would decide what is open', () => {
    const benchmarks = [{ speedup: 5.025, threshold: 5, outcome: 'inconclusive' }] as const;
    expect(render({ benchmarks })).toContain('takes about 77 s more: time-limit: 100.');
  });

  it('says above the table what is not set up as in the base, the loosened limits first and bold', () => {
    const changes = [
      { benchmark: 'acl', what: 'input `udp.bin` changed', loosened: false },
      { benchmark: 'fnv1a', what: 'cflags `-DX` added', loosened: false },
      { benchmark: 'fnv1a', what: 'max-slowdown 5 % → 10 %', loosened: true },
      { what: 'build command `make` → `make -j`', loosened: false },
    ];
    const vanished = ['old', 'older'];
    const markdown = render({ changes, vanished });
    const [, above] = /^### .*\n\n([^]*?)\n\n\|/.exec(markdown) ?? [];
    expect(above).toBe(
      [
        '⚠️ **Less is asked of the program than in the base.** The limits and inputs in force are those of head:\n',
        '- `fnv1a`: **max-slowdown 5 % → 10 %**; cflags `-DX` added',
        '- `acl`: input `udp.bin` changed',
        '- build command `make` → `make -j`\n',
        '🗑️ **Vanished:** `old`, `older` are in the base and not in head; one that was renamed is told as vanished and as new.',
      ].join('\n'),
    );
    expect(render({ changes: changes.slice(0, 1) })).toContain('ℹ️ **The benchmarks are not set up as in the base.**');
    expect(render({})).not.toMatch(/in the base/);
  });

  it('leaves the room to the figures where everything is set up anew', () => {
    const changes = Array.from({ length: 3_000 }, (_, index) => ({
      benchmark: `b${String(index % 100)}`,
      what: `cflags ${'x'.repeat(1_000)} added`,
      loosened: false,
    }));
    const vanished = Array.from({ length: 100 }, (_, index) => `v${String(index)}`);
    const [above = ''] = render({ changes, vanished }).split('\n|  |');
    expect(above.length).toBeLessThan(commentCharacters / 2);
    expect(above).toContain('- and 90 more\n');
    expect(above).toContain('; and 22 more\n');
    expect(above).toContain('`v9` and 90 more are in the base');
  });

  it('shows head beside a saved record, as advice', () => {
    const markdown = render({
      savedBase: sampleSaved,
      benchmarks: [
        { advisory: sampleAdvisory, threshold: 5 },
        { name: 'fresh', advisory: { kind: 'none', reason: 'the saved record does not have it' } },
      ],
    });
    expect(rowsOf(markdown).map((row) => row.slice(1, 4))).toEqual([
      ['benchmark', 'kernel', 'against saved (advisory)'],
      ['fnv1a · tc', '75.9 ns', '+3.1 %'],
      ['fresh · tc', '75.9 ns', '–'],
    ]);
    const text = plainText(parseMarkdown(markdown));
    expect(text).toMatch(
      /Head is shown beside the saved record old\.json of 2025-12-31 23:59 UTC, commit 3f2c1e9, .* It is of another CPU .*: times are not comparable.* max-slowdown, max-speedup-loss and growth are not judged/,
    );
    expect(text).toContain('saved: kernel time +3.1 % (73.6 → 75.9 ns); speedup −2.0 %');
    expect(text).toContain('saved: the saved record does not have it');
    expect(render({})).not.toContain('saved');
  });

  it('shows where and how a program failed, and the remedy', () => {
    const markdown = render({ benchmarks: [{ name: 'parse', outcome: 'fail', failure: buildFailure }] });
    const text = plainText(parseMarkdown(markdown));
    expect(text).toContain('parse · bpf/parse.bpf.c:12:3');
    expect(text).toContain("expected ';' after expression\n\nbpf/parse.bpf.c:12:3: error: expected\n   12 | foo()");
    expect(text).toContain('Remedy: correct the source');
  });

  it('shows what failed outside of every benchmark', () => {
    const failures: Failure[] = [{ kind: 'environment', message: 'no clang', remedy: 'install clang-19' }];
    const text = plainText(parseMarkdown(render({ benchmarks: [], failures, outcome: 'fail' })));
    expect(text).toContain('no clang');
    expect(text).toContain('Remedy: install clang-19');
  });

  it('gives no figure to what is not proven', () => {
    const failure: Failure = {
      kind: 'proof',
      message: 'input udp: 2 in user space, 3 in the kernel',
      remedy: 'make them equal',
    };
    const rows = rowsOf(render({ benchmarks: [{ outcome: 'untrusted', failure, threshold: 5 }] }));
    expect(rows[1]).toEqual(['⛔', 'fnv1a', '–', '5x', '–', '–']);
  });

  it('folds ladder, proof, environment and warnings, and says how to repeat it', () => {
    const markdown = render({
      warnings: [{ code: 'noise', benchmark: 'fnv1a', message: 'noisy: use another machine' }],
    });
    const text = plainText(parseMarkdown(markdown));
    for (const part of [
      'kernel (eBPF)',
      'ran 1,000 of 1,000 in the kernel (run_cnt)',
      'Linux 6.18.44',
      'seed 7041 · 1,000,000 iterations',
      'fnv1a: noisy: use another machine',
      'kfaas-bench run --config kfaas.yml --only fnv1a',
      'commit 3f2c1e9',
    ]) {
      expect(text).toContain(part);
    }
    expect(markdown.match(/<details><summary>.*<\/summary>/g)).toEqual([
      '<details><summary>Ladder of all arms, proof, layout</summary>',
      '<details><summary>Environment</summary>',
      '<details><summary>Warnings (1)</summary>',
    ]);
  });

  it('folds the rows that pass where there are many', () => {
    const benchmarks = Array.from({ length: 30 }, (_, index): SampleBenchmark => ({ name: `b${index}`, threshold: 5 }));
    const markdown = render({ benchmarks: [...benchmarks, { name: 'bad', threshold: 50, outcome: 'fail' }] });
    expect(rowsOf(markdown).map((row) => row[1])).toEqual(['benchmark', 'bad · tc']);
    expect(markdown).toContain('<details><summary>30 benchmarks pass</summary>');
    expect(render({ benchmarks: [...benchmarks, { name: 'free' }] })).toContain(
      '<details><summary>30 benchmarks pass, 1 not gated</summary>',
    );
  });
});

const hostileBenchmark: fc.Arbitrary<SampleBenchmark> = fc.record({
  name: hostileText,
  source: hostileText,
  sentence: hostileText,
  threshold: fc.constant(5),
  outcome: fc.constantFrom<Outcome>('pass', 'fail', 'inconclusive', 'untrusted'),
  advisory: fc.oneof(
    fc.array(hostileText, { maxLength: 2 }).map((clauses) => ({
      ...sampleAdvisory,
      machine: clauses,
      workload: clauses,
    })),
    hostileText.map((reason) => ({ kind: 'none', reason }) as const),
  ),
});
const hostileFailure: fc.Arbitrary<Failure> = fc.record({
  kind: fc.constantFrom<Failure['kind']>('build', 'verifier', 'proof', 'environment'),
  message: hostileText,
  remedy: hostileText,
  detail: hostileText,
  location: fc.record({ file: hostileText, line: fc.constant(3) }),
});
const hostileRun: fc.Arbitrary<SampleRun> = fc.record({
  benchmarks: fc.array(
    fc.oneof(
      hostileBenchmark,
      fc.tuple(hostileBenchmark, hostileFailure).map(([benchmark, failure]) => ({ ...benchmark, failure })),
    ),
    { minLength: 1, maxLength: 14 },
  ),
  failures: fc.array(hostileFailure, { maxLength: 2 }),
  demo: fc.boolean(),
  noBase: hostileText,
  warnings: fc.array(fc.record({ code: hostileText, benchmark: hostileText, message: hostileText }), { maxLength: 3 }),
  changes: fc.array(fc.record({ benchmark: hostileText, what: hostileText, loosened: fc.boolean() }), {
    maxLength: 12,
  }),
  vanished: fc.array(hostileText, { maxLength: 3 }),
  savedBase: hostileText.map((path) => ({
    ...sampleSaved,
    path,
    environments: { there: { ...sampleSaved.environments['there']!, kernelRelease: path, cpuModel: path } },
  })),
});

const ownElements = new Set([
  ...['root', 'heading', 'paragraph', 'text', 'strong', 'inlineCode', 'code', 'blockquote', 'html', 'link'],
  ...['list', 'listItem', 'table', 'tableRow', 'tableCell'],
]);
const ownHtml = /^(<details><summary>[\w ,()]+<\/summary>|<\/details>|<sub>|<\/sub>)$/;

function expectOnlyOwnElements(markdown: string): void {
  const tree = parseMarkdown(markdown);
  const nodes = allNodes(tree);
  expect(nodes.map(({ type }) => type).filter((type) => !ownElements.has(type))).toEqual([]);
  expect(nodesOfType(tree, 'html').filter(({ value = '' }) => !ownHtml.test(value))).toEqual([]);
  expect(nodesOfType(tree, 'link').filter(({ url }) => url !== context.runUrl)).toEqual([]);
  expect(nodesOfType(tree, 'heading').length).toBe(1);
  expect(references(tree)).toEqual([]);
  const details = nodesOfType(tree, 'html').map(({ value = '' }) => value);
  const opened = details.filter((value) => value.startsWith('<details>')).length;
  expect(details.filter((value) => value === '</details>').length).toBe(opened);
  // eslint-disable-next-line no-control-regex -- what no reader sees
  expect(markdown).not.toMatch(/[\0-\t\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
}

it('fits a job summary, counted in bytes', () => {
  const benchmarks = Array.from({ length: 2_500 }, (): SampleBenchmark => ({
    name: '漢'.repeat(100),
    threshold: 5,
    outcome: 'fail',
  }));
  expect(Buffer.byteLength(render({ benchmarks }, longestSummary))).toBeLessThan(1024 * 1024);
});

describe('renderMarkdown of a hostile pull request', () => {
  it('has no element that is not its own', () => {
    fc.assert(
      fc.property(hostileRun, (run) => expectOnlyOwnElements(render(run))),
      { numRuns: 200 },
    );
  });

  it('is as harmless when it is cut, and never longer than allowed', () => {
    fc.assert(
      fc.property(hostileRun, fc.integer({ min: 4_000, max: 20_000 }), (run, limit) => {
        const markdown = render(run, limit);
        expect(markdown.length).toBeLessThanOrEqual(limit);
        expectOnlyOwnElements(markdown);
      }),
      { numRuns: 200 },
    );
  });

  it('fits a comment with a thousand benchmarks and long diagnostics, the title kept', () => {
    const long = 'x`'.repeat(50_000);
    const failure: Failure = { ...buildFailure, message: long, detail: long, remedy: long };
    const broken = Array.from({ length: 500 }, (): SampleBenchmark => ({ name: long, outcome: 'fail', failure }));
    const slow = Array.from({ length: 500 }, (_, index): SampleBenchmark => ({
      name: `s${index}`,
      threshold: 5,
      outcome: 'fail',
    }));
    const markdown = render({ benchmarks: [...slow, ...broken] });
    expect(markdown.length).toBeLessThanOrEqual(commentCharacters);
    expect(markdown).toMatch(/^### ❌ `s0` is/);
    expect(markdown).toMatch(/Left out for length: .*\d+ failures/);
    expectOnlyOwnElements(markdown);
  });
});
