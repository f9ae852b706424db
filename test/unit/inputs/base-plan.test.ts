import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWithBasePlan } from '../../../src/inputs/base-plan.js';
import { planFrom } from '../../../src/inputs/plan.js';
import type { Request } from '../../../src/inputs/request.js';
import { elfHeader } from '../../helpers/elf.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-base-plan-'));
  for (const tree of ['head', 'base'] as const) {
    write(tree, 'a.c');
    write(tree, 'udp.bin', tree);
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(tree: 'head' | 'base', name: string, content: string | Buffer = ''): void {
  const file = path.join(folder, tree, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** A config of benchmarks of `a.c`, in YAML's flow style. */
function config(tree: 'head' | 'base', ...benchmarks: string[]): void {
  const entries = benchmarks.map((entry) => `  - { source: a.c, inputs: [{ hex: "00" }], ${entry} }\n`);
  write(tree, 'kfaas.yml', `version: 1\nbenchmarks:\n${entries.join('')}`);
}

/** @param from the working directory, from either tree's root */
function compared(values: Request['values'] = {}, from = '.') {
  const head = path.join(folder, 'head');
  const request = { nameOf: (field: string) => `--${field}`, values: { base: ['main'], ...values } };
  const root = path.join(folder, 'base');
  return compareWithBasePlan(planFrom(request, path.join(head, from)), { folder: path.join(root, from), root });
}

const nothing = { warnings: [] };

it('tells what head has set up otherwise', () => {
  config('base', 'name: same, max-slowdown: 3', 'name: gone');
  config('head', 'name: same, threshold: 2', 'name: fresh');
  expect(compared()).toEqual({
    changes: [
      { benchmark: 'same', what: 'max-slowdown 3 % → 5 %', loosened: true }, // 5 % is the default
      { benchmark: 'same', what: 'threshold 2x added', loosened: false },
      { benchmark: 'fresh', what: 'new', loosened: false },
    ],
    vanished: ['gone'],
    warnings: [],
  });
});

it('tells nothing of two alike', () => {
  for (const tree of ['base', 'head'] as const) config(tree, 'name: same');
  expect(compared()).toEqual(nothing);
});

it('does not look for objects in the base, which has none that is not committed', () => {
  const entry = (limit: string) => `version: 1\nbenchmarks: [{ name: a, object: a.o, base-object: a.o${limit} }]\n`;
  write('head', 'a.o', elfHeader(247));
  write('head', 'kfaas.yml', entry(''));
  write('base', 'kfaas.yml', entry(', threshold: 2'));
  expect(compared()).toEqual({
    changes: [{ benchmark: 'a', what: 'threshold 2x removed', loosened: true }],
    warnings: [],
  });
});

it("reads the base's inputs from the base's tree", () => {
  for (const tree of ['base', 'head'] as const)
    write(tree, 'kfaas.yml', 'version: 1\nbenchmarks: [{ name: a, source: a.c, inputs: [{ file: udp.bin }] }]\n');
  expect(compared().changes).toEqual([{ benchmark: 'a', what: 'input `udp.bin` changed', loosened: false }]);
});

it('knows a source elsewhere in the tree for the same', () => {
  for (const tree of ['base', 'head'] as const)
    write(tree, 'ci/kfaas.yml', 'version: 1\nbenchmarks: [{ name: a, source: ../a.c }]\n');
  expect(compared({}, 'ci')).toEqual(nothing);
});

it("knows the base's object elsewhere in the tree for the same, and tells another one", () => {
  const entry = (base: string) => `version: 1\nbenchmarks: [{ name: a, object: ../a.o, base-object: ${base} }]\n`;
  for (const file of ['a.o', 'b.o']) write('head', file, elfHeader(247));
  write('head', 'ci/kfaas.yml', entry('../b.o'));
  write('base', 'ci/kfaas.yml', entry('../b.o'));
  expect(compared({}, 'ci')).toEqual(nothing);
  write('base', 'ci/kfaas.yml', entry('b.o'));
  expect(compared({}, 'ci').changes).toMatchObject([
    { what: expect.stringContaining('base-object `b.o` → `/') as string },
  ]);
});

it("knows the base's object outside of both trees for the same, and tells another one", () => {
  const entry = (base: string) => `version: 1\nbenchmarks: [{ name: a, object: a.o, base-object: ${base} }]\n`;
  write('head', 'a.o', elfHeader(247));
  writeFileSync(path.join(folder, 'b.o'), elfHeader(247));
  for (const tree of ['base', 'head'] as const) write(tree, 'kfaas.yml', entry('../b.o'));
  const request = { nameOf: (field: string) => `--${field}`, values: { base: ['main'] } };
  const elsewhere = path.join(folder, 'checked/out/base');
  mkdirSync(elsewhere, { recursive: true });
  writeFileSync(path.join(elsewhere, 'kfaas.yml'), entry('../b.o'));
  const head = planFrom(request, path.join(folder, 'head'));
  expect(compareWithBasePlan(head, { folder: elsewhere, root: elsewhere })).toEqual(nothing);
  writeFileSync(path.join(elsewhere, 'kfaas.yml'), entry('../c.o'));
  expect(compareWithBasePlan(head, { folder: elsewhere, root: elsewhere }).changes).toHaveLength(1);
});

it('takes limits that both trees are given for limits of both', () => {
  for (const tree of ['base', 'head'] as const) config(tree, 'name: same');
  expect(compared({ threshold: ['7'], 'max-slowdown': ['20'] })).toEqual(nothing);
  config('base', 'name: same, threshold: 8');
  expect(compared({ threshold: ['7'] }).changes).toEqual([
    { benchmark: 'same', what: 'threshold 8x → 7x', loosened: true },
  ]);
});

it('looks at the benchmarks that are run, where only some are', () => {
  config('base', 'name: a', 'name: b', 'name: gone');
  config('head', 'name: a, threshold: 2', 'name: b, threshold: 2');
  expect(compared({ only: ['b'] })).toEqual({
    changes: [{ benchmark: 'b', what: 'threshold 2x added', loosened: false }],
    warnings: [],
  });
});

describe('the config file', () => {
  it('is the one that was named, by whatever path', () => {
    for (const tree of ['base', 'head'] as const) {
      config(tree, 'name: default');
      write(tree, 'ci/gate.yml', `version: 1\nbenchmarks: [{ name: ${tree}, source: a.c }]\n`);
    }
    for (const given of ['ci/gate.yml', path.join(folder, 'head/ci/gate.yml')])
      expect(compared({ config: [given] }).vanished).toEqual(['base']);
  });

  it('that neither has leaves what is found: a file that head has no more has vanished', () => {
    for (const file of ['kept.bpf.c', 'gone.bpf.c', 'moved/x.bpf.c', 'grown.bpf.o']) write('base', file);
    for (const file of ['kept.bpf.c', 'fresh.bpf.c', 'x.bpf.c', 'grown.bpf.c']) write('head', file);
    expect(compared()).toEqual({ vanished: ['gone'], warnings: [] });
    expect(compared({ source: ['a.c'] })).toEqual(nothing);
    expect(compared({ only: ['kept'] })).toEqual(nothing);
    write('head', 'kfaas.yml', 'version: 1\nbenchmarks: [{ name: a, source: a.c }]\n');
    expect(compared()).toEqual(nothing);
  });

  it('that head has done without takes all of its benchmarks along', () => {
    config('base', 'name: gone', 'name: fnv1a'); // which a built-in function is called, too
    expect(compared()).toEqual({ vanished: ['gone', 'fnv1a'], warnings: [] });
  });

  it('may be new', () => {
    config('head', 'name: fresh');
    expect(compared()).toEqual(nothing);
  });

  it('counts for nothing where a source was named', () => {
    config('base', 'name: gone');
    expect(compared({ source: ['a.c'] })).toEqual(nothing);
  });

  it('of the base may be wrong: that is no fault of head', () => {
    config('head', 'name: a');
    write('base', 'kfaas.yml', 'version: 1\nbenchmarks: [{ nam: a }]\n');
    expect(compared()).toEqual({
      warnings: [
        {
          code: 'base-config',
          message: expect.stringMatching(
            /^limits and inputs are not compared with the base's, whose kfaas\.yml cannot be used: kfaas\.yml:2:\d+: unknown key `nam`/,
          ) as string,
        },
      ],
    });
  });
});
