import { describe, expect, it } from 'vitest';
import { judgeTwin, type KernelOutcome, type MapOutcome } from '../../../src/twin/verdict.js';
import type { TwinOutcome } from '../../../src/twin/runner.js';

const inputs = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)].map((bytes, i) => ({ name: `input ${String(i)}`, bytes }));

function kernel(change: Partial<KernelOutcome> = {}, i = 0): KernelOutcome {
  return { retval: 2, output: inputs[i]!.bytes, ...change };
}

const twin = (outcome: KernelOutcome): TwinOutcome => ({ kind: 'ran', ...outcome });
const elements = (held: Record<string, string>): Map<string, Buffer> =>
  new Map(Object.entries(held).map(([key, value]) => [key, Buffer.from(value, 'hex')]));
const map = (theirs: Record<string, string>, mine: Record<string, string>, forgets = false): MapOutcome => ({
  ...{
    name: 'seen',
    forgets,
    absent: 'nothing',
    kernel: elements(theirs),
    twin: elements(mine),
    initial: elements(theirs),
  },
});
const figures = { returnValues: 1, changedPackets: 0, changedMaps: 0 };

describe('the verdict on a twin', () => {
  const there = [kernel(), kernel({}, 1)];

  it('is shallow where one value is returned and nothing is modified', () => {
    const verdict = judgeTwin(inputs, there, there.map(twin), []);
    expect(verdict).toEqual({ kind: 'equal but shallow', ...figures });
  });

  it.each([
    ['another value is returned', kernel({ retval: 1 }, 1), { returnValues: 2 }],
    ['a packet is changed', kernel({ output: Buffer.alloc(20, 9) }, 1), { changedPackets: 1 }],
    [
      'its Ethernet header alone is',
      kernel({ output: Buffer.concat([Buffer.alloc(14, 9), Buffer.alloc(6, 2)]) }, 1),
      { changedPackets: 1 },
    ],
    ['its mark is', kernel({ context: Buffer.alloc(192).fill(1, 8, 12) }, 1), { changedPackets: 1 }],
    ['a packet grows', kernel({ output: Buffer.alloc(21, 2) }, 1), { changedPackets: 1 }],
  ])('is equal where %s', (_, second, changed) => {
    const outcomes = [kernel(), second];
    expect(judgeTwin(inputs, outcomes, outcomes.map(twin), [])).toEqual({ kind: 'equal', ...figures, ...changed });
  });

  it('is equal where what a map holds was changed', () => {
    const maps = { ...map({ aa: '02' }, { aa: '02' }), initial: elements({ aa: '01' }) };
    const verdict = judgeTwin(inputs, there, there.map(twin), [maps]);
    expect(verdict).toEqual({ kind: 'equal', ...figures, changedMaps: 1 });
    expect(judgeTwin(inputs, there, there.map(twin), [map({ aa: '01' }, { aa: '01' })])).toMatchObject(figures);
    const deleted = { ...map({ aa: '02' }, { aa: '02' }), initial: elements({ aa: '02', bb: '01' }) };
    expect(judgeTwin(inputs, there, there.map(twin), [deleted])).toMatchObject({ kind: 'equal', changedMaps: 1 });
  });

  it('takes what a flow dissector finds for its input', () => {
    const outcomes = [5, 6].map((byte) => kernel({ output: Buffer.alloc(56, byte), untouched: Buffer.alloc(56, 5) }));
    expect(judgeTwin(inputs, outcomes, outcomes.map(twin), [])).toMatchObject({ kind: 'equal', changedPackets: 1 });
    const [same] = outcomes;
    expect(judgeTwin(inputs, [same!, same!], [twin(same!), twin(same!)], []).kind).toBe('equal but shallow');
  });

  it('does not take the zeros in front of a socket filter’s packet for a change', () => {
    const outcomes = inputs.map(({ bytes }) =>
      kernel({ output: Buffer.concat([Buffer.alloc(14), bytes.subarray(14)]) }),
    );
    expect(judgeTwin(inputs, outcomes, outcomes.map(twin), []).kind).toBe('equal but shallow');
  });

  it.each([
    ['return value', kernel({ retval: 0x1f }, 1), 'return value 0x00000002 in the kernel, 0x0000001f in the twin'],
    [
      'bytes',
      kernel({ output: Buffer.concat([Buffer.alloc(18, 2), Buffer.from('abcd', 'hex')]) }, 1),
      'output (20 and 20 bytes) at byte 18: 0202 in the kernel, abcd in the twin',
    ],
    [
      'length',
      kernel({ output: Buffer.alloc(19, 2) }, 1),
      'output (20 and 19 bytes) at byte 19: 02 in the kernel, nothing in the twin',
    ],
  ])('names the first difference and its input: %s', (_, second, difference) => {
    const verdict = judgeTwin(inputs, there, [twin(kernel()), twin(second)], []);
    expect(verdict).toEqual({ kind: 'differs', difference, input: inputs[1] });
  });

  it.each([
    ['mark', 8, 4],
    ['priority', 32, 4],
    ['cb', 48, 20],
    ['tstamp', 152, 8],
  ])('sees what a program leaves in the context, to the last byte: %s', (name, at, bytes) => {
    const [a, b] = [Buffer.alloc(192), Buffer.alloc(192)];
    b[at + bytes - 1] = 7;
    const found = judgeTwin(inputs.slice(0, 1), [kernel({ context: a })], [twin(kernel({ context: b }))], []);
    const zeros = '00'.repeat(bytes);
    const difference = `${name} ${zeros} in the kernel, ${zeros.slice(2)}07 in the twin`;
    expect(found).toMatchObject({ kind: 'differs', difference });
  });

  it.each([
    ['another value', map({ aa: '0701' }, { aa: '0702' }), ', at byte 1: 01 in the kernel, 02 in the twin'],
    ['an element too many', map({}, { aa: '02' }), ': nothing in the kernel, 02 in the twin'],
    ['an element too few', map({ aa: '01' }, {}), ': 01 in the kernel, nothing in the twin'],
  ])('looks at what maps hold: %s', (_, maps, sides) => {
    const verdict = judgeTwin(inputs, there, there.map(twin), [maps]);
    expect(verdict).toEqual({ kind: 'differs', difference: `map seen, key aa${sides}` });
  });

  it('lets a map that forgets have forgotten something else, but not remember something else', () => {
    const judge = (maps: MapOutcome) => judgeTwin(inputs, there, there.map(twin), [maps]).kind;
    expect(judge(map({ aa: '01', bb: '05' }, { aa: '01', cc: '06' }, true))).toBe('equal but shallow');
    expect(judge(map({ aa: '01' }, { aa: '02' }, true))).toBe('differs');
  });

  it('is never equal where user space lacks something, whatever else differs', () => {
    const stopped: TwinOutcome = { kind: 'stopped', what: 'bpf_fib_lookup' };
    const verdict = judgeTwin(inputs, there, [twin(kernel({ retval: 9 })), stopped], []);
    expect(verdict).toEqual({ kind: 'unsupported', what: 'bpf_fib_lookup' });
  });

  it('tells that a twin died, and on which input', () => {
    const verdict = judgeTwin(inputs, there, [twin(kernel()), { kind: 'died', signal: 'SIGSEGV' }], []);
    expect(verdict).toEqual({ kind: 'differs', difference: 'the twin died (SIGSEGV)', input: inputs[1] });
    expect(judgeTwin(inputs, there, [{ kind: 'died', signal: 'SIGSEGV' }], [])).toMatchObject({ input: inputs[0] });
    const short = judgeTwin(inputs, there, [twin(kernel())], []);
    expect(short).toMatchObject({ difference: 'the twin died (on an earlier input)', input: inputs[1] });
  });
});
