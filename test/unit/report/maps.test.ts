import { describe, expect, it } from 'vitest';
import type { BuiltProgram } from '../../../src/domain/record.js';
import type { MapContents } from '../../../src/domain/plan.js';
import { mapsSentence } from '../../../src/report/maps.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { sampleBenchmark, sampleRun } from '../../helpers/verdicts.js';

type Seeded = BuiltProgram['seededMaps'];

function recordWith({ given, head, base }: { given?: readonly MapContents[]; head?: Seeded; base?: Seeded }) {
  const { record } = sampleBenchmark(base === undefined ? {} : { slowdown: 0.01 });
  const seeded = { head, base, again: base };
  const programs = record.programs.map((program) => {
    const seededMaps = seeded[program.revision];
    return { ...program, ...(seededMaps && { seededMaps }) };
  });
  return { ...record, programs, plan: { ...record.plan, ...(given && { maps: [...given] }) } };
}

const element = { key: { hex: '00' }, value: { hex: '00' } };
const routes = [{ map: 'routes', keys: 1 }];

describe('what maps held', () => {
  it('is told of those that were given, and of those that were seeded', () => {
    const given = [
      { map: 'shares', elements: [element] },
      { map: 'services', elements: [element, element] },
    ];
    expect(mapsSentence(recordWith({ given }))).toBe('given: shares 1 element, services 2 elements');
    expect(mapsSentence(recordWith({ given, head: [...routes, { map: 'plains', keys: 64 }] }))).toMatch(
      /^given: shares 1 element, services 2 elements; seeded with keys .*: routes 1 key, plains 64 keys$/,
    );
  });

  it('is told where nothing could be seeded, and where the base has others', () => {
    expect(mapsSentence(recordWith({ head: [] }))).toMatch(/^seeded with keys .*: none$/);
    expect(mapsSentence(recordWith({ head: routes, base: routes }))).toMatch(/: routes 1 key$/);
    expect(mapsSentence(recordWith({ head: routes, base: [] }))).toMatch(/: routes 1 key; in the base: none$/);
  });

  it('is not told where it is what the object puts there', () => {
    expect(mapsSentence(recordWith({}))).toBe('');
  });

  it('is told of ring buffers that are full', () => {
    const record = recordWith({ head: routes, base: [] });
    record.programs.find(({ revision }) => revision === 'head')!.fullRings = ['events', 'outer'];
    expect(mapsSentence(record)).toMatch(
      /: routes 1 key; in the base: none; full while timed, since nobody reads: events, outer; executed instructions are those with room$/,
    );
    const { verdict, record: run } = sampleRun({ benchmarks: [{}] });
    const benchmarks = verdict.benchmarks.map((each) => ({ ...each, record }));
    const markdown = renderMarkdown({ ...verdict, benchmarks }, run, { toolVersion: '1.0.0', origin: {} }, 65_536);
    expect(markdown).toMatch(/^Ring buffers are full while timed, since nobody reads them: the benchmark\.$/m);
  });

  it('is in sight in the comment where it is made up', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{}, { name: 'other' }] });
    const [first, ...others] = verdict.benchmarks;
    const programs = first!.record.programs.map((program) => ({ ...program, seededMaps: routes }));
    const benchmarks = [{ ...first!, record: { ...first!.record, programs } }, ...others];
    const markdown = renderMarkdown({ ...verdict, benchmarks }, record, { toolVersion: '1.0.0', origin: {} }, 65_536);
    const [inSight = ''] = markdown.split('<details>');
    expect(inSight).toMatch(/^Maps were seeded with keys .*: 1 of 2 benchmarks\. Give `maps` for real contents\.$/m);
  });
});
