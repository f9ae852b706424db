import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/inputs/command-line.js';
import { exactLimitsFrom } from '../../../src/inputs/budgets.js';
import { reproduceCommand, shellWord } from '../../../src/report/reproduce.js';
import { sampleRun, sampleSaved, sampleTrees } from '../../helpers/verdicts.js';

describe('reproduceCommand', () => {
  it('names the config file and the one benchmark', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5 }] });
    expect(reproduceCommand(verdict, record, { configPath: 'kfaas.yml' })).toBe(
      'kfaas-bench run --config kfaas.yml --only fnv1a --threshold 5 --seed 7041',
    );
  });

  it('spells everything out where there is no config file', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5 }] });
    expect(reproduceCommand(verdict, record, { workingDirectory: 'my programs' })).toBe(
      `kfaas-bench run -C 'my programs' bpf/fnv1a.bpf.c --program fnv1a --packet ${'ab'.repeat(64)}` +
        ' --threshold 5 --seed 7041',
    );
  });

  it('names the file of an input that is too long to paste', () => {
    const { verdict, record } = sampleRun();
    record.benchmarks[0]!.plan.inputs = [{ name: 'long.bin', hex: 'ab'.repeat(1500) }];
    expect(reproduceCommand(verdict, record, {})).toContain(' --packet long.bin ');
  });

  it('names what was not measured as it is by default', () => {
    const { verdict, record } = sampleRun();
    const measurement = { iterations: 5000, compareWith: 'call', timeLimitSeconds: 60, rounds: 40, seed: 1 } as const;
    expect(reproduceCommand(verdict, { ...record, measurement }, { configPath: 'k.yml' })).toBe(
      'kfaas-bench run --config k.yml --only fnv1a --compare-with call --iterations 5000 --time-limit 60 --rounds 40 --seed 1',
    );
  });

  it('compares with the commit that the base was, or with its folder', () => {
    const { verdict, record } = sampleRun({
      benchmarks: [{ slowdown: 0.07, outcome: 'fail' }],
      builtFrom: sampleTrees,
    });
    expect(reproduceCommand(verdict, record, { configPath: 'kfaas.yml' })).toBe(
      `kfaas-bench compare --base 3f2c1e9${'0'.repeat(33)} --config kfaas.yml --only fnv1a --seed 7041`,
    );
    record.builtFrom = record.builtFrom!.map((tree) => ({ ...tree, kind: 'folder', name: '../old tree' }));
    record.benchmarks[0]!.plan.limits = { maxSlowdownPercent: 3, maxSpeedupLossPercent: 10 };
    expect(reproduceCommand(verdict, record, { configPath: 'kfaas.yml' })).toBe(
      "kfaas-bench compare --base '../old tree' --config kfaas.yml --only fnv1a" +
        ' --max-slowdown 3 --max-speedup-loss 10 --seed 7041',
    );
  });

  it('shows beside the saved record that the run was shown beside', () => {
    const { verdict, record } = sampleRun({ savedBase: { ...sampleSaved, path: 'bench/old record.json' } });
    expect(reproduceCommand(verdict, record, { configPath: 'kfaas.yml' })).toBe(
      "kfaas-bench compare --base 'bench/old record.json' --config kfaas.yml --only fnv1a --seed 7041",
    );
  });

  it('keeps the limits on exact figures, as the command line takes them', () => {
    const { verdict, record } = sampleRun({
      benchmarks: [{ slowdown: 0.07, outcome: 'fail' }],
      builtFrom: sampleTrees,
    });
    const limits = {
      budgets: { 'stack-bytes': 64, 'verified-insns': 1000 },
      growth: { 'jited-bytes': { percent: 12.5 }, 'stack-bytes': { percent: 0, slack: 8 } },
    };
    record.benchmarks[0]!.plan.limits = limits;
    const command = reproduceCommand(verdict, record, {});
    expect(command).toContain(
      ' --budget verified-insns=1000 --budget stack-bytes=64 --max-growth jited-bytes=12.5 --max-growth stack-bytes=0,8 ',
    );
    const invocation = parseCommandLine(command.split(' ').slice(1), '1.0.0');
    if (invocation.command !== 'compare') throw new Error(invocation.command);
    const { budget = [], 'max-growth': growth = [] } = invocation.request.values;
    const given = (name: string, values: readonly string[]) => values.map((text) => ({ name, text }));
    expect(exactLimitsFrom(given('--budget', budget), given('--max-growth', growth))).toEqual(limits);
  });

  it('is a command line that the tool itself understands', () => {
    const { verdict, record } = sampleRun({ benchmarks: [{ threshold: 5, source: '-odd name.c' }] });
    const words = reproduceCommand(verdict, record, {});
    const argv = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words}`])
      .toString()
      .split('\0')
      .slice(1, -1);
    const invocation = parseCommandLine(argv, '1.0.0');
    expect(invocation).toMatchObject({
      command: 'run',
      request: { values: { source: ['./-odd name.c'], program: ['fnv1a'], threshold: ['5'], seed: ['7041'] } },
    });
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
