import { expect, it } from 'vitest';
import { readHelperNames } from '../../../src/build/helper-names.js';

it.each([
  ['with their numbers', 'enum bpf_func_id { BPF_FUNC_unspec = 0, BPF_FUNC_map_lookup_elem = 1, BPF_FUNC_a = 26, };'],
  [
    'counted',
    `enum bpf_func_id {\n BPF_FUNC_unspec, BPF_FUNC_map_lookup_elem, ${'BPF_FUNC_b, '.repeat(24)} BPF_FUNC_a,\n __BPF_FUNC_MAX_ID,\n};`,
  ],
])('helpers are known by their numbers, in headers that have them %s', (_, text) => {
  const names = readHelperNames(`enum other { BPF_FUNC_no = 1 };\n${text}`);
  expect(names.get(1)).toBe('bpf_map_lookup_elem');
  expect(names.get(26)).toBe('bpf_a');
});

it('headers without them leave none', () => {
  expect(readHelperNames('int x;').size).toBe(0);
});
