import { describe, expect, it } from 'vitest';
import {
  differences,
  requireAgreement,
  requireExpected,
  requireIdempotence,
  requireSteady,
  type Outcome,
} from '../../../src/prove/compare.js';
import { failureFrom } from '../../helpers/failure.js';

function outcome(retval: number, hex: string): Outcome {
  return { retval, output: Buffer.from(hex, 'hex') };
}

describe('two outcomes', () => {
  it('that are equal differ in nothing', () => {
    expect(differences(outcome(2, 'aabb'), outcome(2, 'aabb'), 'here', 'there')).toEqual([]);
    expect(differences(outcome(0, ''), outcome(0, ''), 'here', 'there')).toEqual([]);
  });

  it('differ in the return value, told in hex with all its digits', () => {
    expect(differences(outcome(1, 'aa'), outcome(0xffff_ffff, 'aa'), 'here', 'there')).toEqual([
      'return value: 0x00000001 here, 0xffffffff there',
    ]);
  });

  it('differ in the output from the first byte that is not the same, of which 16 bytes are shown', () => {
    const tail = '000102030405060708090a0b0c0d0e0f';
    expect(differences(outcome(1, `aabb01${tail}`), outcome(1, `aabb02${tail}`), 'here', 'there')).toEqual([
      'output (19 and 19 bytes) at byte 2: 01000102030405060708090a0b0c0d0e here, 02000102030405060708090a0b0c0d0e there',
    ]);
  });

  it('differ where one is shorter', () => {
    expect(differences(outcome(1, 'aabb'), outcome(1, 'aabbcc'), 'here', 'there')).toEqual([
      'output (2 and 3 bytes) at byte 2: (nothing) here, cc there',
    ]);
  });

  it('may differ in both, each on a line', () => {
    expect(differences(outcome(1, 'aa'), outcome(2, 'ab'), 'here', 'there')).toHaveLength(2);
  });
});

describe('the sides', () => {
  it('agree silently', () => {
    expect(() => requireAgreement('filter', 'udp', outcome(2, 'aa'), outcome(2, 'aa'))).not.toThrow();
  });

  it('disagree with what differed on which input, and no proof', () => {
    const failure = failureFrom(() => requireAgreement('filter', 'udp', outcome(2, 'aa'), outcome(1, 'ab')));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe(
      'filter: the two sides disagree on input udp: return value: 0x00000002 in the kernel, 0x00000001 in user space',
    );
    expect(failure.detail).toBe(
      'return value: 0x00000002 in the kernel, 0x00000001 in user space\n' +
        'output (1 and 1 bytes) at byte 0: aa in the kernel, ab in user space',
    );
    expect(failure.remedy).not.toBe('');
  });
});

describe('a second run on the output of the first', () => {
  it('may give the same', () => {
    expect(() => requireIdempotence('nat', 'udp', outcome(2, 'aa'), outcome(2, 'aa'), 'in the kernel')).not.toThrow();
  });

  it('may not give something else: such an input is the wrong one to time the program on', () => {
    const failure = failureFrom(() =>
      requireIdempotence('nat', 'udp', outcome(2, '40'), outcome(2, '3f'), 'in the kernel'),
    );
    expect(failure.kind).toBe('usage');
    expect(failure.message).toBe(
      'nat: run again on its own output of input udp, it gives something else in the kernel: ' +
        'output (1 and 1 bytes) at byte 0: 40 in the first run, 3f when run again on that',
    );
  });
});

describe('a later run', () => {
  it('has to return what the first one did', () => {
    expect(() => requireSteady('filter', 'udp', 2, 2)).not.toThrow();
    const failure = failureFrom(() => requireSteady('filter', 'udp', 1, 2));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe('filter: returned 0x00000001 in a later run on input udp, 0x00000002 in the first');
    expect(failure.remedy).toContain('state');
  });
});

describe('an expected return value', () => {
  it('need not be given, and may be met', () => {
    expect(() => requireExpected('add', '10+20', 30, undefined)).not.toThrow();
    expect(() => requireExpected('add', '10+20', 30, 30)).not.toThrow();
  });

  it('that is missed is no proof, also where zero is expected', () => {
    const failure = failureFrom(() => requireExpected('add', '10+20', 30, 0));
    expect(failure.kind).toBe('proof');
    expect(failure.message).toBe('add: returned 0x0000001e on input 10+20, expected 0x00000000');
  });
});
