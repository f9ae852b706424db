import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GrowthLimit, Limits } from '../../../src/domain/plan.js';
import { recordSchema, type BenchRecord } from '../../../src/domain/record.js';
import { budgetMetrics } from '../../../src/domain/words.js';
import { exitCodes } from '../../../src/errors.js';
import { judgeBudget, judgeGrowth } from '../../../src/judge/budgets.js';
import { exitCodeOfVerdict } from '../../../src/judge/exit-code.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { nextStep } from '../../../src/judge/stop.js';
import { comparedRecordOf, exactRow, measuredOf, recordOf } from './sample.js';

describe('a budget', () => {
  it.each([
    [1204, 'fail', '1,204 verified instructions, over the budget of 1,000'],
    [1001, 'fail', '1,001 verified instructions, over the budget of 1,000'],
    [1000, 'pass', '1,000 verified instructions, within the budget of 1,000'],
    [1, 'pass', '1 verified instruction, within the budget of 1,000'],
  ])('of 1,000 for %d: %s', (value, outcome, sentence) => {
    expect(judgeBudget('verified-insns', value, 1000)).toEqual({
      kind: 'exact',
      gate: 'budget',
      metric: 'verified-insns',
      unit: 'instructions',
      limit: 1000,
      value,
      outcome,
      sentence,
    });
  });

  it.each([
    ['verified-insns', 'the kernel does not tell verified instructions'],
    ['jited-bytes', 'the program was not JITed'],
    ['stack-bytes', 'the kernel does not tell stack bytes'],
  ] as const)('is open where the kernel gives no %s', (metric, reason) => {
    const gate = judgeBudget(metric, undefined, 1500);
    expect(gate).toMatchObject({
      outcome: 'inconclusive',
      sentence: `${reason}, so there is nothing to hold against the budget of 1,500`,
    });
    expect(gate).not.toHaveProperty('value');
  });
});

describe('growth', () => {
  it.each([
    [
      980,
      1204,
      { percent: 10 },
      'fail',
      'verified instructions grew from 980 to 1,204 (+22.9 %), beyond the limit of 10 %',
    ],
    [
      980,
      1078,
      { percent: 10 },
      'pass',
      'verified instructions grew from 980 to 1,078 (+10.0 %), within the limit of 10 %',
    ],
    [
      980,
      1079,
      { percent: 10 },
      'fail',
      'verified instructions grew from 980 to 1,079 (+10.1 %), beyond the limit of 10 %',
    ],
    [980, 981, { percent: 0 }, 'fail', 'verified instructions grew from 980 to 981 (+0.1 %), beyond the limit of 0 %'],
    [980, 980, { percent: 0 }, 'pass', '980 verified instructions, as in the base'],
    [
      980,
      490,
      { percent: 0 },
      'pass',
      'verified instructions shrank from 980 to 490 (−50.0 %), within the limit of 0 %',
    ],
    [
      10,
      74,
      { percent: 10, slack: 64 },
      'pass',
      'verified instructions grew from 10 to 74 (+640 %), within the limit of 10 % or 64',
    ],
    [
      10,
      75,
      { percent: 10, slack: 64 },
      'fail',
      'verified instructions grew from 10 to 75 (+650 %), beyond the limit of 10 % or 64',
    ],
    [
      10_000,
      10_900,
      { percent: 10, slack: 64 },
      'pass',
      'verified instructions grew from 10,000 to 10,900 (+9.0 %), within the limit of 10 % or 64',
    ],
  ])('from %d to %d within %j: %s', (base, head, limit, outcome, sentence) => {
    const gate = judgeGrowth('verified-insns', head, base, limit);
    expect(gate).toMatchObject({ kind: 'exact', gate: 'max-growth', value: head, baseValue: base, outcome, sentence });
    expect(gate.limit).toBe(limit.percent / 100);
    expect(gate.slack).toBe((limit as GrowthLimit).slack);
  });

  it('from nothing has no share', () => {
    expect(judgeGrowth('stack-bytes', 16, 0, { percent: 50 })).toMatchObject({
      outcome: 'fail',
      sentence: 'stack bytes grew from 0 to 16, beyond the limit of 50 %',
    });
    expect(judgeGrowth('stack-bytes', 16, 0, { percent: 50, slack: 16 }).outcome).toBe('pass');
  });

  it('is limited by a slack alone where its percentage is nought, and by a percentage alone where the slack is', () => {
    expect(judgeGrowth('stack-bytes', 80, 8, { percent: 0, slack: 64 })).toMatchObject({
      outcome: 'fail',
      sentence: 'stack bytes grew from 8 to 80 (+900 %), beyond the limit of 64',
    });
    expect(judgeGrowth('stack-bytes', 80, 8, { percent: 0, slack: 0 }).sentence).toMatch(/ the limit of 0 %$/);
  });

  it.each([
    [undefined, 980],
    [1204, undefined],
  ])('is open where the kernel gave %s and %s', (value, baseValue) => {
    expect(judgeGrowth('verified-insns', value, baseValue, { percent: 10 })).toMatchObject({
      outcome: 'inconclusive',
      sentence: 'the kernel does not tell verified instructions, so there is nothing to hold against the limit of 10 %',
    });
  });

  it('is exact to the last instruction, whatever the binary fraction of its percentage', () => {
    const hundredths = fc.integer({ min: 0, max: 100_000 });
    const figure = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(hundredths, figure, (hundredthsOfPercent, base) => {
        const allowed = Number((BigInt(base) * BigInt(hundredthsOfPercent)) / 10_000n);
        const outcomeOf = (growth: number) =>
          judgeGrowth('xlated-bytes', base + growth, base, { percent: hundredthsOfPercent / 100 }).outcome;
        expect([outcomeOf(allowed), outcomeOf(allowed + 1)]).toEqual(['pass', 'fail']);
      }),
      {
        numRuns: 2000,
        examples: [
          [57, 10_000],
          [70, 11_000],
          [114, 5000],
        ],
      },
    );
  });
});

const figures = {
  'verified-insns': 1204,
  'verifier-states': 0,
  'xlated-bytes': 368,
  'jited-bytes': 210,
  'stack-bytes': 0,
} as const;

/** Head with these figures, and the base with others, where it is to have one. */
function recordWith(limits: Limits, base?: Partial<Record<keyof typeof figures, number>>): BenchRecord {
  const record =
    base === undefined ? recordOf([{ name: 'a', speedup: 9, limits }]) : comparedRecordOf(limits, { kernelNs: 76 });
  for (const [metric, value] of Object.entries(figures) as [keyof typeof figures, number][]) {
    record.rows.push(exactRow('a', metric, value));
    if (base === undefined) continue;
    for (const revision of ['base', 'again'] as const)
      record.rows.push(exactRow('a', metric, base[metric] ?? value, revision));
  }
  record.benchmarks[0]!.seconds = 2;
  return record;
}

function judged(record: BenchRecord) {
  expect(recordSchema.parse(record)).toEqual(record);
  return judgeRecord(record).benchmarks[0]!;
}

const outcomesOf = (record: BenchRecord) =>
  judged(record).gates.map((gate) => `${gate.kind === 'exact' ? `${gate.metric} ` : ''}${gate.gate} ${gate.outcome}`);

describe('a record with exact figures', () => {
  it('is held against each budget', () => {
    const budgets = { 'verified-insns': 1000, 'xlated-bytes': 368, 'jited-bytes': 100, 'stack-bytes': 0 };
    const record = recordWith({ budgets });
    expect(outcomesOf(record)).toEqual([
      'verified-insns budget fail',
      'xlated-bytes budget pass',
      'jited-bytes budget fail',
      'stack-bytes budget pass',
    ]);
    expect(judged(record)).toMatchObject({
      outcome: 'fail',
      sentence: '1,204 verified instructions, over the budget of 1,000; 210 JITed bytes, over the budget of 100',
    });
    expect(exitCodeOfVerdict(judgeRecord(record), { failOnInconclusive: false })).toBe(exitCodes.fail);
  });

  it('tells them all, with the base where there is one', () => {
    expect(judged(recordWith({})).figures).toEqual(
      Object.entries(figures).map(([metric, value]) => ({ metric, value })),
    );
    expect(judged(recordWith({}, { 'verified-insns': 980 })).figures).toContainEqual({
      metric: 'verified-insns',
      value: 1204,
      baseValue: 980,
    });
  });

  it('fails for its growth alone, beside a kernel time that passes', () => {
    const growth = { 'verified-insns': { percent: 10 }, 'stack-bytes': { percent: 10 } };
    const record = recordWith({ maxSlowdownPercent: 5, growth }, { 'verified-insns': 980 });
    expect(outcomesOf(record)).toEqual([
      'max-slowdown pass',
      'verified-insns max-growth fail',
      'stack-bytes max-growth pass',
    ]);
    expect(judged(record)).toMatchObject({
      outcome: 'fail',
      sentence: 'verified instructions grew from 980 to 1,204 (+22.9 %), beyond the limit of 10 %',
    });
  });

  it('says both where it is slower and over a budget', () => {
    const record = recordWith({ maxSlowdownPercent: 5, budgets: { 'stack-bytes': 0, 'jited-bytes': 1 } }, {});
    for (const row of record.rows) {
      if (row.revision !== 'head' && row.metric.name === 'time') row.values = row.values.map((value) => value / 1.5);
    }
    expect(judged(record).sentence).toMatch(
      /^kernel time \+\d.* is beyond the limit of 5 %; 210 JITed bytes, over the budget of 1$/,
    );
  });

  it('has no growth where it has no base', () => {
    const record = recordWith({ growth: { 'verified-insns': { percent: 0 } } });
    record.benchmarks[0]!.missingBase = { reason: 'new' };
    expect(judged(record)).toMatchObject({ outcome: 'pass', gates: [] });
    expect(judged(record).sentence).toMatch(/; there is no base to hold it against$/);
  });

  it('still has its budgets where it has no base', () => {
    const record = recordWith({ budgets: { 'jited-bytes': 1 }, growth: { 'jited-bytes': { percent: 0 } } });
    record.benchmarks[0]!.missingBase = { reason: 'new' };
    expect(outcomesOf(record)).toEqual(['jited-bytes budget fail']);
  });

  it('is open where the kernel gives none, and only there', () => {
    const record = recordWith({ budgets: { 'verified-insns': 1, 'jited-bytes': 9000, 'stack-bytes': 64 } });
    for (const row of record.rows) {
      if (row.metric.name === 'verified-insns' || row.metric.name === 'jited-bytes') row.values = [0];
    }
    record.rows = record.rows.filter(({ metric }) => metric.name !== 'stack-bytes');
    expect(outcomesOf(record)).toEqual([
      'verified-insns budget inconclusive',
      'jited-bytes budget inconclusive',
      'stack-bytes budget inconclusive',
    ]);
    expect(judged(record)).toMatchObject({ outcome: 'inconclusive' });
    expect(judged(record).figures.map(({ metric }) => metric)).toEqual(['verifier-states', 'xlated-bytes']);
  });
});

describe('measuring', () => {
  it('is as without a limit where all are exact, and broken ones end nothing', () => {
    const record = recordWith({ budgets: { 'verified-insns': 1 } });
    const unlimited = recordWith({});
    for (const seconds of [1.9, 2]) {
      const stepOf = (each: BenchRecord) => nextStep({ ...measuredOf(each, 0), secondsSpent: seconds });
      expect(stepOf(record)).toBe(seconds < 2 ? 'more' : 'enough');
      expect(stepOf(unlimited)).toBe(stepOf(record));
    }
    expect(judged(record).speedup).toEqual(judged(unlimited).speedup);
  });

  it('goes on for a sampled limit, whatever the exact ones say', () => {
    const record = recordWith({ threshold: 9, budgets: { 'verified-insns': 1 } });
    expect(nextStep(measuredOf(record, 1))).toBe('more');
    const decided = recordWith({ threshold: 5, budgets: { 'verified-insns': 1 } });
    // While it is measured there is no exact figure yet.
    const rows = decided.rows.filter(({ metric }) => metric.kind === 'sampled');
    expect(nextStep({ ...measuredOf(decided, 1), rows })).toBe('enough');
  });

  it('promises no more for having exact limits', () => {
    const threshold = { threshold: 5 };
    const alone = judged(recordWith(threshold));
    const beside = judged(recordWith({ ...threshold, budgets: { 'verified-insns': 9000, 'jited-bytes': 9000 } }));
    expect(beside.speedup).toEqual(alone.speedup);
  });
});

describe('a record is not believed', () => {
  const ofLoad = budgetMetrics.filter((metric) => metric !== 'executed-insns');
  const limits: Limits = {
    budgets: Object.fromEntries(ofLoad.map((metric) => [metric, 9000])),
    growth: Object.fromEntries(ofLoad.map((metric) => [metric, { percent: 10 }])),
  };

  it.each(ofLoad.flatMap((metric) => (['head', 'base'] as const).map((revision) => [metric, revision] as const)))(
    'without the %s of %s',
    (metric, revision) => {
      const record = recordWith(limits, {});
      expect(judged(record).outcome).toBe('pass');
      record.rows = record.rows.filter((row) => row.metric.name !== metric || row.revision !== revision);
      expect(judged(record)).toMatchObject({ outcome: 'untrusted', gates: [], figures: [] });
      expect(judged(record).sentence).toMatch(
        new RegExp(`^the record has no [\\w ]+ of ${revision}, which have a limit$`),
      );
    },
  );

  it('with the figure on another arm, of another kind or unit, or twice', () => {
    const edits: ((record: BenchRecord) => void)[] = [
      (r) => (figureIn(r).arm = 'call'),
      (r) => (figureIn(r).metric = { ...figureIn(r).metric, kind: 'sampled' }),
      (r) => (figureIn(r).metric = { ...figureIn(r).metric, unit: 'bytes' }),
      (r) => r.rows.push({ ...figureIn(r), values: [1] }),
      (r) => (figureIn(r).values = [12.5]),
    ];
    const figureIn = (record: BenchRecord) => record.rows.find(({ metric }) => metric.name === 'verified-insns')!;
    for (const edit of edits) {
      const record = recordWith(limits, {});
      edit(record);
      expect(judgeRecord(record).outcome).toBe('untrusted');
    }
  });

  it('without a base and a reason, where growth is limited', () => {
    const record = recordWith({ growth: { 'stack-bytes': { percent: 1 } } });
    expect(judged(record)).toMatchObject({
      outcome: 'untrusted',
      sentence: 'it has a limit against the base, no program of base, and no reason for that',
    });
  });

  it('without its stack, where another benchmark of the same kernel has one', () => {
    const record = recordOf([
      { name: 'a', speedup: 9, limits: { budgets: { 'stack-bytes': 64 } } },
      { name: 'b', speedup: 9 },
    ]);
    for (const benchmark of record.benchmarks) benchmark.seconds = 2;
    expect(judgeRecord(record).outcome).toBe('inconclusive');
    record.rows.push(exactRow('b', 'stack-bytes', 0));
    expect(judgeRecord(record).outcome).toBe('untrusted');
  });
});
