import { expect, it } from 'vitest';
import { builtinBenchmarks } from '../../../src/inputs/builtins.js';
import { readConfig } from '../../../src/inputs/config.js';

/** What `make bench` runs here is what runs where a project has no function of its own. */
it('stand in kfaas.yml as well', () => {
  const { benchmarks } = readConfig({ name: 'config', text: 'kfaas.yml' }, process.cwd());
  const essence = ({ name, inputs, expect: { retval } }: (typeof benchmarks)[number]) => {
    return { name, inputs: inputs.map(({ hex }) => hex), retval };
  };
  expect(benchmarks.map(essence)).toEqual(builtinBenchmarks().map(essence));
});
