/** The rows of a record as series over rounds. Rows pair by the number of the round, never by their place in the file. */
import type { Row } from '../domain/record.js';
import type { Arm, MetricName, Revision } from '../domain/words.js';

/** One row's values, or ratios of two rows', by rising round. */
export interface Series {
  readonly rounds: readonly number[];
  readonly values: readonly number[];
}

export interface RowKey {
  readonly benchmark: string;
  readonly revision: Revision;
  readonly arm: Arm;
  readonly metric: MetricName;
}

export function rowOf(rows: readonly Row[], key: RowKey): Row | undefined {
  return rows.find(
    ({ benchmark, revision, arm, metric }) =>
      benchmark === key.benchmark && revision === key.revision && arm === key.arm && metric.name === key.metric,
  );
}

/** @param row of a sampled metric, with as many rounds as values */
export function seriesOf(row: Row): Series {
  const { rounds = [], values } = row;
  const order = rounds.map((round, index) => ({ round, value: values[index] ?? NaN }));
  order.sort((a, b) => a.round - b.round);
  return { rounds: order.map(({ round }) => round), values: order.map(({ value }) => value) };
}

export function logsOf(series: Series): number[] {
  return series.values.map(Math.log);
}

/** above ÷ below of every round that both have, by rising round. */
export function ratiosOf(above: Series, below: Series): Series {
  const belowOf = new Map(below.rounds.map((round, index) => [round, below.values[index]]));
  const pairs = above.rounds.flatMap((round, index) => {
    const [upper, lower] = [above.values[index], belowOf.get(round)];
    return upper === undefined || lower === undefined ? [] : [{ round, ratio: upper / lower }];
  });
  return { rounds: pairs.map(({ round }) => round), values: pairs.map(({ ratio }) => ratio) };
}

/** ln(above ÷ below) of every round that both have, by rising round. */
export function logRatios(above: Series, below: Series): number[] {
  return logsOf(ratiosOf(above, below));
}
