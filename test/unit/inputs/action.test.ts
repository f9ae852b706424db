import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { actionInputs } from '../../../src/inputs/action-inputs.js';
import { planAction, readActionSettings } from '../../../src/inputs/action.js';

const defaults = Object.entries(actionInputs).map(([name, value]) => [name, value ?? ''] as const);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-action-'));
  writeFileSync(path.join(folder, 'f.bpf.c'), '');
  // As the runner does: every declared input, the ones that were not given with their defaults.
  give(Object.fromEntries(defaults));
  give({ 'working-directory': folder });
});
const readActionInputs = () => planAction(readActionSettings());
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function give(inputs: { readonly [name: string]: string }): void {
  for (const [name, value] of Object.entries(inputs)) vi.stubEnv(`INPUT_${name.toUpperCase()}`, value);
}

it('declares the same inputs and defaults as action.yml', () => {
  const declared = parse(readFileSync('action.yml', 'utf8')) as { inputs: Record<string, { default?: string }> };
  const declaredDefaults = Object.entries(declared.inputs).map(([name, input]) => [name, input.default ?? '']);
  expect(Object.fromEntries(declaredDefaults)).toEqual(Object.fromEntries(defaults));
});

it('takes the defaults', () => {
  const run = readActionInputs();
  expect(run).toMatchObject({
    workingDirectory: folder,
    comment: 'always',
    failOnInconclusive: false,
    plan: { demo: false, measurement: { iterations: 1_000_000, compareWith: 'syscall', timeLimitSeconds: 20 } },
  });
});

it('takes every input', () => {
  give({
    source: 'f.bpf.c',
    program: 'parse',
    packet: '0a0b\n  0c  \n',
    iterations: '5000',
    'compare-with': 'wakeup',
    threshold: '2.5',
    'max-slowdown': '3',
    'max-speedup-loss': '10',
    'max-instructions-growth': '2',
    base: 'main',
    comment: 'never',
    'fail-on-inconclusive': 'true',
    'time-limit': '7',
    'github-token': 'secret',
  });
  const run = readActionInputs();
  expect(run).toMatchObject({ comment: 'never', failOnInconclusive: true, token: 'secret' });
  expect(run.base).toEqual({ name: 'input base', text: 'main' });
  expect(run.plan.measurement).toMatchObject({ iterations: 5000, compareWith: 'wakeup', timeLimitSeconds: 7 });
  expect(run.plan.benchmarks).toMatchObject([
    {
      source: 'f.bpf.c',
      program: 'parse',
      inputs: [
        { name: 'hex', hex: '0a0b' },
        { name: 'hex (2)', hex: '0c' },
      ],
      limits: {
        threshold: 2.5,
        maxSlowdownPercent: 3,
        maxSpeedupLossPercent: 10,
        growth: { 'executed-insns': { percent: 2 } },
      },
    },
  ]);
});

it('takes an empty input as one that was not given', () => {
  give({ comment: '', iterations: '', 'fail-on-inconclusive': '', 'github-token': '' });
  const run = readActionInputs();
  expect(run).toMatchObject({ comment: 'always', failOnInconclusive: false });
  for (const absent of ['token', 'base']) expect(run).not.toHaveProperty(absent);
});

describe('a mistake names the input and its value', () => {
  it.each([
    ['compare-with', 'sycall', ' (did you mean `syscall`?)'],
    ['threshold', '5x', ''],
    ['threshold', '-1', ''],
    ['max-slowdown', '5 %', ''],
    ['max-speedup-loss', '100', ''],
    ['max-instructions-growth', '-1', ''],
    ['iterations', '1e12', ''],
    ['time-limit', '20s', ''],
    ['comment', 'sometimes', ''],
    ['fail-on-inconclusive', 'yes', ''],
    ['source', 'missing.c', ', which does not exist'],
    ['config', 'missing.yml', ', which is not a file that can be read'],
    ['program', 'parse', ', without input source'],
    ['packet', '00', ', without input source'],
    ['working-directory', '/nowhere', ', which does not exist'],
  ])('%s: %s', (name, value, problem) => {
    give({ [name]: value });
    expect(readActionInputs).toThrow(`input ${name} is \`${value}\`${problem}`);
  });

  it('an input that is not declared', () => {
    give({ treshold: '5' });
    expect(readActionInputs).toThrow('unknown input treshold with value `5` (did you mean `threshold`?)');
  });
});
