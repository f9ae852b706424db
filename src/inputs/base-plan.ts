/** The base's own plan, of which nothing is judged: it tells what head has set up otherwise. */
import path from 'node:path';
import { planChanges, vanishedNames } from '../domain/plan-changes.js';
import type { Plan } from '../domain/plan.js';
import type { BenchRecord, Warning } from '../domain/record.js';
import { failureOf } from '../errors.js';
import { configName } from './config.js';
import { fileKind } from './files.js';
import { planFrom, type PlannedRun } from './plan.js';
import { findProgramFiles } from './program-files.js';
import { given } from './request.js';

/** What is told of it; nothing where the base has no config file, or benchmarks were not named in one. */
export interface PlanComparison extends Pick<BenchRecord, 'changes' | 'vanished'> {
  readonly warnings: readonly Warning[];
}

export interface BaseTree {
  /** What the working directory is in it; absolute. */
  readonly folder: string;
  /** The whole tree that `folder` lies in. */
  readonly root: string;
}

/** A config file of the base's that is wrong is a warning. */
export function compareWithBasePlan(head: PlannedRun, base: BaseTree): PlanComparison {
  const config = configIn(head, base);
  if (config === undefined) return { ...vanishedFiles(head, base), warnings: [] };
  try {
    const before = basePlan(head, base, config);
    const changes = head.configPath === undefined ? [] : planChanges(before, head.plan);
    const vanished = given(head.request, 'only') === undefined ? vanishedNames(before, head.plan) : [];
    return {
      ...(changes.length === 0 ? {} : { changes }),
      ...(vanished.length === 0 ? {} : { vanished }),
      warnings: [],
    };
  } catch (thrown) {
    const message = `limits and inputs are not compared with the base's, whose ${config} cannot be used: ${failureOf(thrown).message}`;
    return { warnings: [{ code: 'base-config', message }] };
  }
}

/** Where programs were only looked for: files of them that the base has and head has not, by the names of their benchmarks. */
function vanishedFiles({ request, configPath, plan }: PlannedRun, { folder }: BaseTree): Pick<BenchRecord, 'vanished'> {
  const isNamed = (['source', 'config', 'only'] as const).some((field) => given(request, field) !== undefined);
  if (isNamed || configPath !== undefined) return {};
  const here = new Set(plan.demo ? [] : plan.benchmarks.flatMap(({ name, source }) => [name, source]));
  const vanished = findProgramFiles(folder)
    .filter(({ name, file }) => !here.has(name) && !here.has(file))
    .map(({ name }) => name);
  return vanished.length === 0 ? {} : { vanished };
}

/** The config file from the base's folder; undefined where there is none, or it is no part of either tree. */
function configIn({ request, workingDirectory }: PlannedRun, { folder }: BaseTree): string | undefined {
  if (given(request, 'source') !== undefined) return undefined;
  const file = path.resolve(workingDirectory, given(request, 'config')?.text ?? configName);
  const config = path.relative(workingDirectory, file);
  return fileKind(path.resolve(folder, config)) === 'missing' ? undefined : config;
}

/** The same request, made of the base. */
function basePlan(
  { request, workingDirectory, plan: headsPlan }: PlannedRun,
  { folder, root }: BaseTree,
  config: string,
): Plan {
  const values = { ...request.values, only: [], config: [config], 'working-directory': [folder] };
  const { plan } = planFrom({ ...request, values }, undefined, 'later');
  const namedByHead = new Set(
    headsPlan.benchmarks.flatMap(({ source, object }) => [source, ...Object.values({ ...object })]),
  );
  /** Files elsewhere in the tree are named as those elsewhere in head's; of those outside of it, what leads there from either. */
  const asInHead = (file: string): string => {
    if (!path.isAbsolute(file)) return file;
    const fromHead = path.resolve(workingDirectory, path.relative(folder, file));
    return isWithin(root, file) || namedByHead.has(fromHead) ? fromHead : file;
  };
  const benchmarks = plan.benchmarks.map((each) => ({
    ...each,
    source: asInHead(each.source),
    ...(each.object && { object: mapped(each.object, asInHead) }),
  }));
  return { ...plan, benchmarks };
}

function mapped(names: Readonly<Record<string, string | undefined>>, rename: (name: string) => string) {
  const given = Object.entries(names).flatMap(([key, name]) => (name === undefined ? [] : [[key, rename(name)]]));
  return Object.fromEntries(given) as Record<string, string>;
}

function isWithin(folder: string, file: string): boolean {
  return path.relative(folder, file).split(path.sep)[0] !== '..';
}
