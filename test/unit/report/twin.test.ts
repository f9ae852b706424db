import { describe, expect, it } from 'vitest';
import type { Twin } from '../../../src/domain/record.js';
import { renderTerminal } from '../../../src/report/terminal.js';
import { twinSentence } from '../../../src/report/twin.js';
import { sampleBenchmark, sampleRun } from '../../helpers/verdicts.js';

const plain: Twin = { kind: 'translated', isShallow: false, replacedHelpers: [], notCompared: [] };

function sentenceOf(twin: Partial<Twin>): string {
  const { record } = sampleBenchmark();
  record.programs[0]!.twin = { ...plain, ...twin };
  return twinSentence(record);
}

describe('a twin', () => {
  it('is named with its verdict', () => {
    expect(sentenceOf({})).toBe('translated from the instructions that the kernel loads, equal');
    expect(sentenceOf({ kind: 'native', isShallow: true })).toBe(
      'the C source, with maps and helpers in user space, equal but shallow: the inputs brought about one return value and changed nothing',
    );
  });

  it('discloses what its proof left out, and why it is not the native one', () => {
    expect(
      sentenceOf({
        replacedHelpers: ['bpf_ktime_get_ns', 'bpf_get_prandom_u32'],
        notCompared: ['events'],
        notNative: 'its native twin differs on input udp: mark',
      }),
    ).toBe(
      'translated from the instructions that the kernel loads, equal; constants while it was proven: bpf_ktime_get_ns, bpf_get_prandom_u32; maps not compared in whole: events; not the native one: its native twin differs on input udp: mark',
    );
  });

  it('is not told of where the C source alone ran', () => {
    expect(twinSentence(sampleBenchmark().record)).toBe('');
  });

  it('is what the ladder calls its rung', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{}] });
    verdict.benchmarks[0]!.record.programs[0]!.twin = plain;
    const text = renderTerminal(verdict, record, { color: false, surface: 'command' });
    expect(text).toContain('call (translated twin)');
    expect(text).toContain('twin     translated from');
    expect(text).not.toContain('as fast as the function itself gets');
  });
});
