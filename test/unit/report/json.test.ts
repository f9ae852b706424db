import { expect, it } from 'vitest';
import { recordSchema } from '../../../src/domain/record.js';
import { renderJson } from '../../../src/report/json.js';
import { sampleRun } from '../../helpers/verdicts.js';

it('is one document of a valid record and its verdict, on one line', () => {
  const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5 }] });
  const text = renderJson(verdict, record);
  expect(text.split('\n')).toHaveLength(2);
  const document = JSON.parse(text) as { record: unknown; verdict: { benchmarks: object[]; outcome: string } };
  expect(recordSchema.parse(document.record)).toEqual(record);
  expect(document.verdict.outcome).toBe('pass');
  expect(document.verdict.benchmarks[0]).toMatchObject({ benchmark: 'fnv1a', speedup: { estimate: 9.09 } });
  expect(document.verdict.benchmarks[0]).not.toHaveProperty('record');
});
