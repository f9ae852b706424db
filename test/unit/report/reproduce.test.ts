import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reproduceCommand, shellWord } from '../../../src/report/reproduce.js';
import { sampleRun } from '../../helpers/verdicts.js';

describe('reproduceCommand', () => {
  it('names the config file and the one benchmark', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5 }] });
    expect(reproduceCommand(verdict, record, { configPath: 'kfaas.yml' })).toBe(
      'kfaas-bench run --config kfaas.yml --only fnv1a' +
        ' --compare-with syscall --iterations 1000000 --time-limit 20 --seed 7041',
    );
  });

  it('spells everything out where there is no config file', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5 }] });
    expect(reproduceCommand(verdict, record, { workingDirectory: 'my programs' })).toBe(
      `cd 'my programs' && kfaas-bench run --source bpf/fnv1a.bpf.c --program fnv1a --packet ${'ab'.repeat(64)}` +
        ' --compare-with syscall --iterations 1000000 --time-limit 20 --threshold 5 --seed 7041',
    );
  });

  it('repeats the demo', () => {
    const { verdict, record } = sampleRun({ demo: true });
    expect(reproduceCommand(verdict, record, {})).toMatch(/^kfaas-bench run --only fnv1a /);
  });

  it('is empty where nothing was planned', () => {
    const { verdict, record } = sampleRun({ benchmarks: [] });
    expect(reproduceCommand(verdict, record, {})).toBe('');
  });
});

describe('shellWord', () => {
  it('reaches a program as it was', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' "$#" ${words.map(shellWord).join(' ')}`;
        const output = execFileSync('/bin/sh', ['-c', script]).toString().split('\0');
        expect(output.slice(1, -1)).toEqual(words);
      }),
      { numRuns: 30 },
    );
  });
});
