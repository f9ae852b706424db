import { expect, it } from 'vitest';
import type { Probe } from '../../../src/domain/probe.js';
import { isAble, renderDoctor } from '../../../src/report/doctor.js';

const able: Probe = { name: 'bpf(2)', answer: 'yes', detail: 'programs load' };
const noClang: Probe = { name: 'clang', answer: 'no', detail: 'none was found', remedy: 'install clang' };
const noDocker: Probe = { name: 'Docker', answer: 'unknown', detail: 'no socket', remedy: 'start it', optional: true };

it('lists the answers, each no and unknown with its remedy', () => {
  expect(renderDoctor([able, noClang, noDocker], { color: false })).toBe(
    `\
bpf(2)  yes      programs load
clang   no       none was found
        → install clang
Docker  unknown  no socket
        → start it

This machine cannot run kfaas-bench; see clang.
`,
  );
});

it('is content without what measuring does not need', () => {
  expect(renderDoctor([able, noDocker], { color: false })).toMatch(/\n\nThis machine can run kfaas-bench\.\n$/);
});

it('takes no and unknown of what is needed, and silence, for no', () => {
  expect(isAble([able, noDocker])).toBe(true);
  expect(isAble([able, noClang])).toBe(false);
  expect(isAble([{ ...able, answer: 'unknown' }])).toBe(false);
  expect(isAble([])).toBe(false);
});
