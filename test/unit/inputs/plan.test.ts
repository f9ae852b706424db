import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { planFrom } from '../../../src/inputs/plan.js';
import type { Request } from '../../../src/inputs/request.js';
import { elfHeader } from '../../helpers/elf.js';
import { failureFrom } from '../../helpers/failure.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-plan-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string | Buffer = ''): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function planOf(values: Request['values']) {
  return planFrom({ nameOf: (field) => `--${field}`, values }, folder).plan;
}

describe('without a source', () => {
  it('takes the built-in functions, as a demo, with every default', () => {
    const plan = planOf({});
    expect(plan.demo).toBe(true);
    expect(plan.benchmarks.map(({ name }) => name)).toEqual(['fnv1a', 'tuple_filter', 'add']);
    expect(plan.measurement).toEqual({
      iterations: 1_000_000,
      compareWith: 'syscall',
      timeLimitSeconds: 20,
      seed: plan.measurement.seed,
    });
  });

  it('draws another seed each time, and keeps a given one', () => {
    const seeds = new Set(Array.from({ length: 8 }, () => planOf({}).measurement.seed));
    expect(seeds.size).toBeGreaterThan(1);
    expect(planOf({ seed: ['7041'] }).measurement.seed).toBe(7041);
  });

  it('takes kfaas.yml where it exists', () => {
    write('a.c');
    write('kfaas.yml', 'version: 1\nbenchmarks: [{ name: mine, source: a.c }]\n');
    const plan = planOf({});
    expect(plan.demo).toBe(false);
    expect(plan.benchmarks.map(({ name }) => name)).toEqual(['mine']);
  });

  it('does not pass over a config file by another name', () => {
    write('kfaas.yaml');
    expect(() => planOf({})).toThrow('config is `kfaas.yaml`, which is not looked for');
  });

  it.each(['program', 'packet', 'cflag'] as const)('refuses %s', (field) => {
    expect(() => planOf({ [field]: ['x'] })).toThrow(`--${field} is \`x\`, without --source`);
  });

  it('measures one program of many', () => {
    for (const name of ['x/a.bpf.c', 'y/a.bpf.c', 'b.bpf.c']) write(name);
    const chosen = (...only: string[]) =>
      planOf({ only }).benchmarks.map(({ name, source, program, every }) => [name, source, program, every]);
    expect(chosen('y/a/parse', 'b', 'y/a/drop', 'b/unused')).toEqual([
      ['b', 'b.bpf.c', undefined, true],
      ['y/a/parse', 'y/a.bpf.c', 'parse', undefined],
      ['y/a/drop', 'y/a.bpf.c', 'drop', undefined],
    ]);
    for (const unknown of ['a', 'b/', 'z/a/parse']) expect(() => chosen(unknown)).toThrow('which is no benchmark');
  });

  it('measures only what was asked for', () => {
    expect(planOf({ only: ['add', 'fnv1a'] }).benchmarks.map(({ name }) => name)).toEqual(['fnv1a', 'add']);
    expect(() => planOf({ only: ['fnv1'] })).toThrow('--only is `fnv1`, which is no benchmark (did you mean `fnv1a`?)');
  });
});

describe('with sources', () => {
  it('makes one benchmark of a source, named after its file', () => {
    write('bpf/parse.bpf.c');
    expect(planOf({ source: ['./bpf/parse.bpf.c'], cflag: ['-Ibpf', '-DX=1'] }).benchmarks).toEqual([
      {
        name: 'parse',
        source: 'bpf/parse.bpf.c',
        cflags: ['-Ibpf', '-DX=1'],
        inputs: allBuiltinPackets(),
        genericInputs: true,
        expect: {},
        limits: { maxSlowdownPercent: 5 },
      },
    ]);
  });

  it('keeps an absolute path for a source outside of the working directory', () => {
    const source = write('outside.c');
    mkdirSync(path.join(folder, 'inside'));
    const values = { source: ['../outside.c'], 'working-directory': ['inside'] };
    const { plan, workingDirectory } = planFrom({ nameOf: String, values }, folder);
    expect(workingDirectory).toBe(path.join(folder, 'inside'));
    expect(plan.benchmarks[0]!.source).toBe(source);
  });

  it('takes a file inside of a folder whose name begins with dots', () => {
    write('..hidden/a.c');
    expect(planOf({ source: ['..hidden/a.c'] }).benchmarks[0]!.source).toBe('..hidden/a.c');
  });

  it('gives each a name of its own', () => {
    write('a/f.c');
    write('b/f.c');
    expect(planOf({ source: ['a/f.c', 'b/f.c'] }).benchmarks.map(({ name }) => name)).toEqual(['f', 'f (2)']);
  });

  it('takes packets as files and as hex digits, each under its own name', () => {
    write('f.c');
    write('udp.bin', Buffer.from([1, 2, 255]));
    const plan = planOf({ source: ['f.c'], packet: ['udp.bin', '0A0b', './udp.bin', 'ff'] });
    expect(plan.benchmarks[0]!.genericInputs).toBe(false);
    expect(plan.benchmarks[0]!.inputs).toEqual([
      { name: 'udp.bin', hex: '0102ff' },
      { name: 'hex', hex: '0a0b' },
      { name: 'udp.bin (2)', hex: '0102ff' },
      { name: 'hex (2)', hex: 'ff' },
    ]);
  });

  it('takes a file whose name is hex digits as a file, and digits too long for a name as digits', () => {
    write('f.c');
    write('beef', 'AB');
    const long = 'ab'.repeat(5_000);
    expect(planOf({ source: ['f.c'], packet: ['beef', long] }).benchmarks[0]!.inputs.map(({ hex }) => hex)).toEqual([
      '4142',
      long,
    ]);
  });

  it.each([
    ['no-such-file.bin', 'which is neither a file that exists nor a built-in packet nor hex digits'],
    ['abc', '--packet is `abc`'],
    ['', 'which is a folder'],
    ['empty.bin', 'which is empty'],
    ['large.bin', 'which has 65,536 bytes'],
    ['00'.repeat(65_536), ', which has 65,536 bytes'],
  ])('refuses the packet %.20j', (packet, problem) => {
    write('f.c');
    write('empty.bin');
    write('large.bin', Buffer.alloc(65_536));
    expect(() => planOf({ source: ['f.c'], packet: [packet] })).toThrow(problem);
  });

  it.each([
    ['missing.c', 'which does not exist'],
    ['.', 'which is a folder'],
    ['f.o', 'which is no compiled object'],
    ['f.cc', 'which is neither C source nor a compiled object'],
    ['native', 'which is an object for another machine than eBPF'],
    ['f.c/g.c', 'which does not exist'],
    ['/dev/null', 'which is not a regular file'],
  ])('refuses the source %j', (source, problem) => {
    for (const name of ['f.c', 'f.cc', 'f.o']) write(name);
    write('native', elfHeader(62));
    expect(() => planOf({ source: [source] })).toThrow(`--source is \`${source}\`, ${problem}`);
  });

  it('takes objects, whatever they are named', () => {
    write('target/release/xdp', elfHeader(247));
    write('parse.bpf.o', elfHeader(247, 'big'));
    const source = ['target/release/xdp', 'parse.bpf.o'];
    expect(planOf({ source }).benchmarks).toMatchObject([
      { name: 'xdp', source: 'target/release/xdp', object: {} },
      { name: 'parse', source: 'parse.bpf.o', object: {} },
    ]);
    expect(() => planOf({ source, cflag: ['-DX'] })).toThrow('--cflag is `-DX`, beside --source `target/release/xdp`');
  });

  it('refuses a config file beside, and a program for several', () => {
    write('f.c');
    expect(() => planOf({ source: ['f.c'], config: ['kfaas.yml'] })).toThrow(
      '--config is `kfaas.yml`, beside --source',
    );
    expect(() => planOf({ source: ['f.c', 'f.c'], program: ['p'] })).toThrow('--program is `p`, beside 2 sources');
  });

  it('names the benchmark after its program', () => {
    write('f.c');
    const [benchmark] = planOf({ source: ['f.c'], program: ['parse'] }).benchmarks;
    expect(benchmark).toMatchObject({ name: 'parse', program: 'parse' });
  });
});

describe('limits', () => {
  it('gives the threshold to the benchmarks that have none of their own', () => {
    write('f.c');
    write('own.yml', 'version: 1\nbenchmarks: [{name: a, source: f.c, threshold: 2.5}, {name: b, source: f.c}]\n');
    const plan = planOf({ config: ['own.yml'], threshold: ['7'] });
    expect(plan.benchmarks.map(({ limits }) => limits)).toMatchObject([{ threshold: 2.5 }, { threshold: 7 }]);
  });

  it('has a default limit against the base, and those of the config file win', () => {
    write('f.c');
    const own = 'max-slowdown: 3, max-speedup-loss: 20, threshold: 2';
    write('own.yml', `version: 1\nbenchmarks: [{name: a, source: f.c, ${own}}, {name: b, source: f.c}]\n`);
    const limitsOf = (values: Request['values']) =>
      planOf({ config: ['own.yml'], ...values }).benchmarks.map(({ limits }) => limits);
    const ofA = { threshold: 2, maxSlowdownPercent: 3, maxSpeedupLossPercent: 20 };
    expect(limitsOf({})).toEqual([ofA, { maxSlowdownPercent: 5 }]);
    expect(limitsOf({ 'max-slowdown': ['1.5'], 'max-speedup-loss': ['9'] })).toEqual([
      ofA,
      { maxSlowdownPercent: 1.5, maxSpeedupLossPercent: 9 },
    ]);
  });

  it('gives each exact figure the limit of its own, else the one that was asked for', () => {
    write('f.c');
    const own = 'budgets: { stack-bytes: 64 }, max-growth: { stack-bytes: 0 }';
    write('own.yml', `version: 1\nbenchmarks: [{name: a, source: f.c, ${own}}, {name: b, source: f.c}]\n`);
    const limitsOf = (values: Request['values']) =>
      planOf({
        config: ['own.yml'],
        budget: ['stack-bytes=128', 'verified-insns=9', 'verified-insns=1000'],
        'max-growth': ['stack-bytes=5', 'jited-bytes=12.5,64'],
        ...values,
      }).benchmarks.map(({ limits }) => limits);
    const growth = { 'stack-bytes': { percent: 5 }, 'jited-bytes': { percent: 12.5, slack: 64 } };
    expect(limitsOf({})).toEqual([
      {
        maxSlowdownPercent: 5,
        budgets: { 'stack-bytes': 64, 'verified-insns': 1000 },
        growth: { ...growth, 'stack-bytes': { percent: 0 } },
      },
      { maxSlowdownPercent: 5, budgets: { 'stack-bytes': 128, 'verified-insns': 1000 }, growth },
    ]);
  });

  it.each([
    ['budget', 'verified-insns', 'verified-insns', ''],
    ['budget', 'verfied-insns=5', 'verfied-insns` (did you mean `verified-insns`?)', ''],
    ['max-growth', 'stack-bytes=1,2,3', '1,2,3', ' stack-bytes'],
    ['budget', 'stack-bytes=64B', '64B', ' stack-bytes'],
    ['budget', 'stack-bytes=', '', ' stack-bytes'],
    ['max-growth', 'stack-bytes=10%', '10%', ' stack-bytes'],
  ] as const)('refuses %s %j', (field, value, shown, figure) => {
    write('f.c');
    expect(() => planOf({ source: ['f.c'], [field]: [value] })).toThrow(`--${field}${figure} is \`${shown}`);
  });

  it('names the slack of a growth', () => {
    write('f.c');
    expect(() => planOf({ source: ['f.c'], 'max-growth': ['stack-bytes=10,x'] })).toThrow(
      'slack of --max-growth stack-bytes is `x`',
    );
  });

  describe('on what there is not where the kernel is measured alone', () => {
    beforeEach(() => {
      write('f.c');
      write('alone.yml', 'version: 1\nbenchmarks: [{name: a, source: f.c, twin: none}, {name: b, source: f.c}]\n');
      const limited = 'threshold: 2, budgets: { executed-insns: 9 }';
      write('limited.yml', `version: 1\nbenchmarks: [{name: a, source: f.c, ${limited}}, {name: b, source: f.c}]\n`);
    });

    it.each<[string, Request['values'], string, string]>([
      [
        'both asked for',
        { source: ['f.c'], twin: ['none'], threshold: ['5'] },
        '--threshold is `5`, beside --twin `none`: without a user-space side there is no speedup',
        'remove --twin, and user space is measured too; or --threshold, and the kernel is judged alone',
      ],
      [
        'the limit asked for, the kernel alone in the config file',
        { config: ['alone.yml'], twin: ['native'], 'max-speedup-loss': ['5'] },
        '--max-speedup-loss is `5`, and `a` has `twin: none`: without a user-space side there is no speedup',
        'give `max-speedup-loss` in the config file to the benchmarks that it is meant for, or remove `twin: none`',
      ],
      [
        'the limit in the config file, the kernel alone asked for',
        { config: ['limited.yml'], twin: ['none'], only: ['a'] },
        '--twin is `none`, and `a` has `threshold`: without a user-space side there is no speedup',
        'remove --twin, and user space is measured too; or `threshold`, and the kernel is judged alone',
      ],
      [
        'one of several limits on figures',
        { config: ['alone.yml'], budget: ['executed-insns=9', 'stack-bytes=64'] },
        '--budget is `executed-insns=9`, and `a` has `twin: none`: it is a twin that counts executed instructions',
        'give `executed-insns` in `budgets` in the config file',
      ],
      [
        'growth of executed instructions, under either name',
        { source: ['f.c'], twin: ['none'], 'max-growth': ['executed-insns=5', 'stack-bytes=5'] },
        '--max-growth is `executed-insns=5`, beside --twin `none`',
        'remove --twin',
      ],
    ])('is a mistake: %s', (_, values, message, remedy) => {
      const failure = failureFrom(() => planOf(values));
      expect(failure).toMatchObject({ kind: 'usage', message: expect.stringContaining(message) as string });
      expect(failure.remedy).toContain(remedy);
    });

    it('is none where the benchmark is not chosen, has a twin of its own, or its limits are of the kernel alone', () => {
      expect(planOf({ config: ['alone.yml'], threshold: ['5'], only: ['b'] }).benchmarks).toHaveLength(1);
      write('own.yml', 'version: 1\nbenchmarks: [{name: a, source: f.c, twin: both, threshold: 5}]\n');
      expect(planOf({ config: ['own.yml'], twin: ['none'] }).benchmarks[0]?.twin).toBe('both');
      const limits = { 'max-slowdown': ['5'], budget: ['stack-bytes=64'], 'max-growth': ['verified-insns=5'] };
      expect(planOf({ config: ['alone.yml'], ...limits }).benchmarks[0]?.twin).toBe('none');
    });
  });

  it.each([
    ['max-slowdown', '0'],
    ['max-slowdown', '5%'],
    ['max-speedup-loss', '100'],
    ['iterations', '1e12'],
    ['rounds', '1'],
    ['seed', '4294967296'],
    ['time-limit', '0'],
    ['threshold', '5x'],
    ['compare-with', 'kernel'],
    ['working-directory', 'nowhere'],
    ['config', 'nowhere.yml'],
  ] as const)('names %s and its value %j', (field, value) => {
    expect(() => planOf({ [field]: [value] })).toThrow(`--${field} is \`${value}\``);
  });
});
