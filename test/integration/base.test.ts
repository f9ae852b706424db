/** What is told of a base before anything is built. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withBase } from '../../src/base.js';
import { planFrom } from '../../src/inputs/plan.js';
import { elfHeader } from '../helpers/elf.js';
import { commit, git, makeRepository, makeScratch, write } from './trees/scratch.js';

let scratch: ReturnType<typeof makeScratch>;
let project: string;
beforeEach(() => {
  scratch = makeScratch();
  project = makeRepository(path.join(scratch.folder, 'project'));
});
afterEach(() => scratch.remove());

function object(name: string): void {
  write(project, name, '');
  writeFileSync(path.join(project, name), elfHeader(247));
}

/** The warnings beside the base of the last commit. */
async function warnings(): Promise<readonly unknown[]> {
  const request = { nameOf: (field: string) => `--${field}`, values: { base: ['HEAD'] } };
  const head = planFrom(request, project);
  return withBase({ head, temporaryFolder: scratch.temporary }, (base) =>
    Promise.resolve(base.kind === 'tree' ? base.comparison.warnings : [base.kind]),
  );
}

it('warns once of objects that no commit holds and nothing builds: they would be new for ever', async () => {
  object('kept.bpf.o');
  write(project, '.gitignore', 'build/\n');
  commit(project);
  expect(await warnings()).toEqual([]);
  for (const name of ['build/b.bpf.o', 'build/a.bpf.o', 'loose.bpf.o']) object(name);
  expect(await warnings()).toEqual([
    {
      code: 'loose-objects',
      message: expect.stringMatching(
        /^in no commit, .*: `build\/a\.bpf\.o`, `build\/b\.bpf\.o`, `loose\.bpf\.o`; .*`build:`.*`base-object:`/,
      ) as string,
    },
  ]);
  git(project, 'add', 'loose.bpf.o');
  expect(await warnings()).toMatchObject([{ message: expect.not.stringContaining('loose.bpf.o') as string }]);
});

it('says nothing where the base has its own object, or makes it', async () => {
  write(project, '.gitignore', '*.o\n');
  write(project, 'README.md', '');
  commit(project);
  for (const name of ['a.o', 'base.o']) object(name);
  const config = (more: string, entry: string) =>
    write(project, 'kfaas.yml', `version: 1\n${more}benchmarks: [{ name: a, object: a.o${entry} }]\n`);
  config('', '');
  expect(await warnings()).toHaveLength(1);
  config('', ', base-object: base.o');
  expect(await warnings()).toEqual([]);
  config('build: make\n', '');
  expect(await warnings()).toEqual([]);
});
