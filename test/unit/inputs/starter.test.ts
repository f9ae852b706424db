import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema, configSchemaAddress } from '../../../src/inputs/config-schema.js';
import { defaultGrowth } from '../../../src/inputs/limits.js';
import { parseLocatedYaml } from '../../../src/inputs/located-yaml.js';
import { starterConfig, starterWorkflow } from '../../../src/inputs/starter.js';

const program = (name: string, file: string) => ({ name, file, isObject: file.endsWith('.o') });
const read = (text: string) => parseLocatedYaml(text, 'kfaas.yml', configSchema).data;

describe('the config file to start from', () => {
  const programs = [program('filter', 'bpf/filter.bpf.c'), program('parse', 'build/parse.bpf.o')];
  const ignored = [program('made', 'build/made.bpf.o')];
  const text = starterConfig(programs, ignored);

  it('has what runs without one', () => {
    const every = { every: true, 'max-growth': defaultGrowth };
    expect(read(text)).toEqual({
      version: 1,
      benchmarks: [
        { name: 'filter', source: 'bpf/filter.bpf.c', ...every },
        { name: 'parse', object: 'build/parse.bpf.o', ...every },
      ],
    });
  });

  it('is valid with everything in it that is a comment, too', () => {
    const [, ...lines] = text.split('\n'); // the first is the editors'
    const uncommented = lines.join('\n').replace(/^( *)# (?= *(- |[a-z-]+:( |$)))/gm, '$1');
    const { build, benchmarks } = read(uncommented);
    expect(build).toBe('make');
    expect(Object.keys(benchmarks[0]!).sort()).toEqual(
      Object.keys(configSchema.shape.benchmarks.element.shape)
        .filter(
          (key) =>
            !['object', 'base-object', 'native', 'base-native', 'program', 'maps-file', 'max-speedup-loss'].includes(
              key,
            ),
        )
        .sort(),
    );
    expect(benchmarks.map(({ name }) => name)).toEqual(['filter', 'parse', 'made']);
  });

  it('names the schema for editors', () => {
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${configSchemaAddress}`);
    const schema = JSON.parse(readFileSync('schema/kfaas.schema.json', 'utf8')) as { $id: string };
    expect(schema.$id).toBe(configSchemaAddress);
  });

  it.each(['a: b', 'true', '07', '# a', "it's", 'a, b] }', '- a', '*a', 'Ünï "code"', 'x'.repeat(200)])(
    'keeps a file named %s',
    (name) => {
      const odd = program(name, `${name}.bpf.c`);
      const { benchmarks } = read(starterConfig([odd, odd], []));
      expect(benchmarks[1]).toMatchObject({ name, source: `${name}.bpf.c` });
      const commented = starterConfig([odd], [odd]).replace(/^ {2}# - /m, '  - ');
      expect(read(commented).benchmarks[1]).toMatchObject({ name, object: `${name}.bpf.c` });
    },
  );
});

describe('the workflow to start from', () => {
  it('is the example', () => {
    expect(starterWorkflow({ hasSubmodules: false })).toBe(readFileSync('examples/workflows/kfaas-bench.yml', 'utf8'));
  });

  it('fetches submodules, and starts where the config file is', () => {
    const text = starterWorkflow({ workingDirectory: 'net: bpf/x', hasSubmodules: true });
    const workflow = parse(text) as { jobs: { 'kfaas-bench': { steps: { with: unknown }[] } } };
    expect(workflow.jobs['kfaas-bench'].steps.map((step) => step.with)).toEqual([
      { 'persist-credentials': false, submodules: 'recursive' },
      { 'working-directory': 'net: bpf/x' },
    ]);
  });
});
