import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/errors.js';
import { parseCommandLine } from '../../../src/inputs/command-line.js';

const parse = (...args: string[]) => parseCommandLine(args, '1.2.3');

function failureOfParsing(...args: string[]) {
  try {
    parse(...args);
  } catch (error) {
    return failureOf(error);
  }
  throw new Error('it was accepted');
}

describe('compare', () => {
  it('takes what run takes, a base, and the limits against it', () => {
    const invocation = parse(
      ...['compare', '--base', 'main', 'a.c', '--max-slowdown', '3', '--max-speedup-loss', '10%', '--seed', '1'],
      ...['--record', 'r.json', '--budget', 'stack-bytes=1', '--budget', 'jited-bytes=2', '--max-growth', 'x'],
    );
    expect(invocation).toMatchObject({
      command: 'compare',
      recordFile: 'r.json',
      request: {
        values: {
          source: ['a.c'],
          base: ['main'],
          'max-slowdown': ['3'],
          'max-speedup-loss': ['10%'],
          budget: ['stack-bytes=1', 'jited-bytes=2'],
          'max-growth': ['x'],
          seed: ['1'],
        },
      },
    });
  });

  it('asks for the base', () => {
    expect(failureOfParsing('compare', 'a.c')).toMatchObject({
      kind: 'usage',
      message: 'compare without --base',
      remedy: expect.stringContaining('--base') as string,
    });
  });

  it.each(['--base', '--max-slowdown', '--max-speedup-loss', '--max-growth'])('alone knows %s', (option) => {
    expect(failureOfParsing('run', option, '1').kind).toBe('usage');
  });
});

describe('run', () => {
  it('takes every option as text', () => {
    const invocation = parse(
      ...['run', 'a.c', 'b.c', '--config', 'c.yml', '--program', 'p', '--packet', '00', '--packet', 'udp.bin'],
      ...['--cflag', '-Ix', '--cflag=-DY=1', '--only', 'a', '--iterations', '-1', '--compare-with', 'call'],
      ...['--rounds', '9', '--seed', 'abc', '--time-limit', '3', '--threshold', '5x', '-C', 'there'],
      ...['--record', 'r.json', '--output', 'out', '--json', '--no-color'],
    );
    expect(invocation).toMatchObject({
      command: 'run',
      json: true,
      color: false,
      recordFile: 'r.json',
      outputFolder: 'out',
      request: {
        values: {
          source: ['a.c', 'b.c'],
          config: ['c.yml'],
          program: ['p'],
          packet: ['00', 'udp.bin'],
          cflag: ['-Ix', '-DY=1'],
          only: ['a'],
          iterations: ['-1'],
          'compare-with': ['call'],
          rounds: ['9'],
          seed: ['abc'],
          'time-limit': ['3'],
          threshold: ['5x'],
          'working-directory': ['there'],
        },
      },
    });
  });

  it('leaves out what was not given', () => {
    const invocation = parse('run');
    expect(invocation).toMatchObject({ json: false, color: true, request: { values: {} } });
    expect(invocation).not.toHaveProperty('recordFile');
    expect(invocation).not.toHaveProperty('outputFolder');
  });

  it('is what a bare name does', () => {
    expect(parse()).toMatchObject({ command: 'run', request: { values: {} } });
  });

  it('names its options as they are typed', () => {
    const invocation = parse('run');
    if (invocation.command !== 'run') throw new Error(invocation.command);
    expect(invocation.request.nameOf('time-limit')).toBe('--time-limit');
    expect(invocation.request.nameOf('source')).toBe('SOURCE');
  });
});

it('init takes files, a folder and whether to overwrite', () => {
  expect(parse('init')).toMatchObject({
    command: 'init',
    force: false,
    json: false,
    request: { values: { source: [] } },
  });
  expect(parse('init', 'a.c', 'b.o', '-C', 'sub', '--force', '--json')).toMatchObject({
    command: 'init',
    force: true,
    json: true,
    request: { values: { source: ['a.c', 'b.o'], 'working-directory': ['sub'] } },
  });
});

it('takes the other commands', () => {
  expect(parse('doctor', '--json')).toEqual({ command: 'doctor', json: true, color: true });
  expect(parse('report', 'r.json', '--no-color')).toEqual({
    command: 'report',
    recordFile: 'r.json',
    json: false,
    color: false,
    explain: false,
  });
  expect(parse('report', 'r.json', '--explain')).toMatchObject({ explain: true });
  expect(parse('run', 'f.bpf.c', '--explain')).toMatchObject({ command: 'run', explain: true });
});

it('prints the version and help', () => {
  expect(parse('--version')).toEqual({ command: 'print', text: '1.2.3\n' });
  for (const args of [['--help'], ['help'], ['-h']]) {
    expect(parse(...args)).toMatchObject({ text: expect.stringContaining('doctor') as string });
  }
});

it('documents every option with its default and what is allowed', () => {
  const help = parse('run', '--help');
  if (help.command !== 'print') throw new Error(help.command);
  const text = help.text.replace(/\s+/g, ' ');
  expect(text).toContain('a whole number from 1 to 1,000,000,000 (default: 1000000)');
  expect(text).toContain('call, syscall, wakeup (default: syscall)');
  expect(text).toContain('--record <file> save everything that was measured, as JSON (default: not saved)');
  expect(text).toContain(
    'Exit codes: 0 passed or undecided, 1 failed, 2 wrong usage, 3 this machine cannot, 4 not proven.',
  );
});

describe('a mistake', () => {
  it.each([
    [['dcotor'], "unknown command 'dcotor' (Did you mean doctor?)", '`kfaas-bench --help`'],
    [
      ['run', '--iteratons', '5'],
      "unknown option '--iteratons' (Did you mean --iterations?)",
      '`kfaas-bench run --help`',
    ],
    [['--seed', '5'], "unknown option '--seed'", '`kfaas-bench --help`'],
    [['run', '--seed'], "option '--seed <number>' argument missing", '`kfaas-bench run --help`'],
    [['report'], "missing required argument 'RECORD'", '`kfaas-bench report --help`'],
    [
      ['doctor', 'x'],
      "too many arguments for 'doctor'. Expected 0 arguments but got 1.",
      '`kfaas-bench doctor --help`',
    ],
  ])('%j', (args, message, remedy) => {
    expect(failureOfParsing(...args)).toEqual({ kind: 'usage', message, remedy: `see ${remedy} for what is allowed` });
  });
});
