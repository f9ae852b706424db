/** Limits on executed instructions, and what a record must show of them. */
import { describe, expect, it } from 'vitest';
import type { BenchmarkPlan } from '../../../src/domain/plan.js';
import type { BenchRecord, Executed } from '../../../src/domain/record.js';
import { judgeRecord } from '../../../src/judge/judge.js';
import { sampleExecuted } from '../../helpers/executed.js';
import { comparedRecordOf, exactRow } from './sample.js';

/** Executed instructions on `udp` and `tcp`, of the base and of head. */
function countedRecord(
  base: readonly number[],
  head: readonly number[],
  growth: NonNullable<BenchmarkPlan['limits']['growth']>['executed-insns'] = { percent: 5 },
): BenchRecord {
  const record = comparedRecordOf({ growth: { 'executed-insns': growth } }, { kernelNs: 76 });
  record.benchmarks[0]!.seconds = 2.5; // nothing sampled is gated
  give(record, 'base', sampleExecuted([{ line: 1, text: 'a', counts: base }]));
  give(record, 'head', sampleExecuted([{ line: 1, text: 'a', counts: head }]));
  return record;
}

function give(record: BenchRecord, revision: 'base' | 'head', executed: Executed): void {
  const sum = executed.inputs.reduce((total, { instructions }) => total + instructions, 0);
  programOf(record, revision).executed = executed;
  record.rows.push(exactRow('a', 'executed-insns', sum, revision));
}

const programOf = (record: BenchRecord, wanted: string) =>
  record.benchmarks[0]!.programs.find(({ revision }) => revision === wanted)!;

const judged = (record: BenchRecord) => judgeRecord(record).benchmarks[0]!;

describe('growth of executed instructions', () => {
  it.each([
    ['as in the base', [200, 100], [200, 100], 'pass', 'executed instructions are those of the base on all 2 inputs'],
    [
      'at the limit',
      [200, 100],
      [210, 100],
      'pass',
      'on input `udp` executed instructions grew from 200 to 210 (+5.0 %), within the limit of 5 %',
    ],
    [
      'beyond it on one input, less in all',
      [200, 100],
      [100, 106],
      'fail',
      'on input `tcp` executed instructions grew from 100 to 106 (+6.0 %), beyond the limit of 5 %',
    ],
    [
      'beyond it on both',
      [200, 100],
      [300, 110],
      'fail',
      'on input `udp` executed instructions grew from 200 to 300 (+50.0 %), beyond the limit of 5 %; so does 1 other input',
    ],
  ] as const)('%s', (_, base, head, outcome, sentence) => {
    const verdict = judged(countedRecord(base, head));
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.gates).toMatchObject([{ gate: 'max-growth', metric: 'executed-insns', outcome, sentence }]);
  });

  it('within a slack passes, whatever its share is', () => {
    const verdict = judged(countedRecord([10, 10], [13, 10], { percent: 5, slack: 3 }));
    expect(verdict.gates).toMatchObject([{ outcome: 'pass', input: 'udp', value: 13, baseValue: 10 }]);
  });

  it('fails by the input that is beyond both, though another one within its slack grew by a larger share', () => {
    const verdict = judged(countedRecord([10, 200], [13, 212], { percent: 5, slack: 3 }));
    expect(verdict.outcome).toBe('fail');
    expect(verdict.gates).toMatchObject([{ outcome: 'fail', input: 'tcp', value: 212, baseValue: 200 }]);
  });

  it.each(['head', 'base'] as const)('is undecided where %s was not counted, and says why', (lacking) => {
    const record = countedRecord([10, 10], [10, 10]);
    delete programOf(record, lacking).executed;
    programOf(record, lacking).notCounted = 'user space does not have bpf_fib_lookup';
    record.rows = record.rows.filter(
      ({ metric, revision }) => metric.name !== 'executed-insns' || revision !== lacking,
    );
    const whose = lacking === 'head' ? 'executed instructions' : "the base's executed instructions";
    expect(judged(record)).toMatchObject({
      outcome: 'inconclusive',
      sentence: `${whose} were not counted: user space does not have bpf_fib_lookup, so there is nothing to hold against the limit of 5 %`,
    });
  });
});

describe('a record of executed instructions is not believed', () => {
  it.each<[string, (executed: Executed, record: BenchRecord) => void, RegExp]>([
    [
      'whose row is another sum',
      (_, { rows }) => (rows.at(-1)!.values = [7]),
      /execute 30 instructions and its row says 7/,
    ],
    ['whose row is gone', (_, { rows }) => rows.pop(), /and its row says nothing/],
    ['of other inputs', ({ inputs }) => (inputs[0]!.input = 'icmp'), /are not those of the plan/],
    ['of fewer inputs', ({ inputs }) => inputs.pop(), /are not those of the plan/],
    [
      'that reach more than there is',
      ({ coverage }) => (coverage.reached = 9),
      /has 1 instructions and its inputs reach 9/,
    ],
    [
      'whose lines execute more',
      ({ lines }) => (lines[0]!.counts = [11, 20]),
      /on input udp, and its lines and calls more/,
    ],
    ['whose lines leave an input out', ({ lines }) => lines[0]!.counts.pop(), /not every line/],
    ['that calls more than it executes', ({ inputs }) => (inputs[0]!.helperCalls = { f: 11 }), /lines and calls more/],
    ['that loops more than it executes', ({ lines }) => (lines[0]!.loopTrips = [0, 21]), /goes round more often/],
    [
      'that has a reason why there are none',
      (_, record) => (programOf(record, 'head').notCounted = 'x'),
      /and a reason why there are none/,
    ],
    [
      'that has a limit, none of them, and no reason',
      (_, record) => {
        delete programOf(record, 'head').executed;
        record.rows.pop();
      },
      /no executed instructions of a of head, which have a limit/,
    ],
    [
      'whose base has a limit, none of them, and no reason',
      (_, record) => {
        delete programOf(record, 'base').executed;
        record.rows = record.rows.filter(
          ({ metric, revision }) => metric.name !== 'executed-insns' || revision !== 'base',
        );
      },
      /no executed instructions of a of base, which have a limit/,
    ],
    [
      'that has a budget, none of them, and no reason',
      (_, record) => {
        delete programOf(record, 'head').executed;
        record.rows.pop();
        record.benchmarks[0]!.plan.limits = { budgets: { 'executed-insns': 99 } };
      },
      /no executed instructions of a of head, which have a limit/,
    ],
    [
      'that executes nothing',
      ({ inputs, lines }, record) => {
        inputs[0]!.instructions = 0;
        lines[0]!.counts = [0, 20];
        record.rows.at(-1)!.values = [20];
      },
      /a of head executes nothing on input udp/,
    ],
    ['whose loops leave an input out', ({ lines }) => (lines[0]!.loopTrips = [1]), /not every line/],
    ['of which only the sum is there', (_, record) => delete programOf(record, 'head').executed, /on which inputs/],
  ])('%s', (_, spoil, sentence) => {
    const record = countedRecord([10, 20], [10, 20]);
    expect(judged(record).outcome).toBe('pass');
    spoil(programOf(record, 'head').executed!, record);
    expect(judged(record)).toMatchObject({ outcome: 'untrusted', sentence: expect.stringMatching(sentence) as string });
  });
});
