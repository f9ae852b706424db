import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/errors.js';
import { readConfig } from '../../../src/inputs/config.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { elfHeader } from '../../helpers/elf.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-config-'));
  writeFileSync(path.join(folder, 'f.bpf.c'), '');
  writeFileSync(path.join(folder, 'udp.bin'), Buffer.from([1, 2]));
  for (const name of ['f.bpf.o', 'no-suffix']) writeFileSync(path.join(folder, name), elfHeader(247));
  writeFileSync(path.join(folder, 'native.o'), elfHeader(62));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(...lines: string[]) {
  writeFileSync(path.join(folder, 'kfaas.yml'), lines.join('\n'));
  return readConfig({ name: '--config', text: 'kfaas.yml' }, folder);
}

function failureOfReading(...lines: string[]) {
  try {
    read(...lines);
  } catch (error) {
    return failureOf(error);
  }
  throw new Error('it was accepted');
}

it('reads every key', () => {
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - name: fnv1a',
    '    source: f.bpf.c',
    '    cflags: [-Ibpf/include, "-DX=1"]',
    '    program: hash',
    '    inputs:',
    '      - { file: udp.bin }',
    '      - { hex: "0A0b" }',
    '      - hex: 0c',
    '    expect: { retval: -1 }',
    '    threshold: 5',
    '  - { name: bare, source: f.bpf.c }',
  );
  expect(benchmarks).toEqual([
    {
      name: 'fnv1a',
      source: 'f.bpf.c',
      cflags: ['-Ibpf/include', '-DX=1'],
      program: 'hash',
      inputs: [
        { name: 'udp.bin', hex: '0102' },
        { name: 'hex', hex: '0a0b' },
        { name: 'hex (2)', hex: '0c' },
      ],
      genericInputs: false,
      expect: { retval: 0xffff_ffff },
      limits: { threshold: 5 },
    },
    {
      name: 'bare',
      source: 'f.bpf.c',
      cflags: [],
      inputs: allBuiltinPackets(),
      genericInputs: true,
      expect: {},
      limits: {},
    },
  ]);
});

it('reads built-in packets, and captures by their packets', () => {
  const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - name: a',
    '    source: f.bpf.c',
    '    inputs:',
    '      - packet: arp',
    `      - { file: ${captures}tcpdump.pcap, packets: 2-3 }`,
    `      - { file: ${captures}tcpdump.pcap, packets: 4 }`,
    '      - packet: all',
  );
  const { inputs, genericInputs } = benchmarks[0]!;
  expect(genericInputs).toBe(false);
  expect(inputs.slice(0, 5).map(({ name }) => name)).toEqual([
    'arp',
    'tcpdump.pcap#2',
    'tcpdump.pcap#3',
    'tcpdump.pcap#4',
    'udp4',
  ]);
  expect(inputs.find(({ name }) => name === 'arp (2)')).toHaveProperty('optional', true);
  expect(inputs[0]).not.toHaveProperty('optional');
});

it('reads what maps hold, from a file and beside it', () => {
  writeFileSync(path.join(folder, 'maps.yml'), 'maps: [{ map: ports, elements: [{ key: 1, value: "0A00" }] }]');
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - name: a',
    '    source: f.bpf.c',
    '    maps-file: maps.yml',
    '    seed-maps: true',
    '    maps:',
    '      - map: backends',
    '        elements:',
    '          - { key: "0a000001", value: { name: eth0, ports: [80, -1], big: "18446744073709551615" } }',
    '          - { key: 192.0.2.1, value: 0x10 }',
    '          - { key: 2, value: "" }', // text of no characters, and no bytes of it
  );
  expect(benchmarks[0]!.seedMaps).toBe(true);
  expect(benchmarks[0]!.maps).toEqual([
    { map: 'ports', elements: [{ key: { typed: 1 }, value: { hex: '0a00' } }] },
    {
      map: 'backends',
      elements: [
        {
          key: { hex: '0a000001' },
          value: { typed: { name: 'eth0', ports: [80, -1], big: '18446744073709551615' } },
        },
        { key: { typed: '192.0.2.1' }, value: { typed: 16 } },
        { key: { typed: 2 }, value: { typed: '' } },
      ],
    },
  ]);
});

it('reads limits on exact figures', () => {
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - name: a',
    '    source: f.bpf.c',
    '    budgets: { verified-insns: 4000, stack-bytes: 0 }',
    '    max-growth:',
    '      verified-insns: 12.5',
    '      stack-bytes: { percent: 0, slack: 64 }',
  );
  expect(benchmarks[0]!.limits).toEqual({
    budgets: { 'verified-insns': 4000, 'stack-bytes': 0 },
    growth: { 'verified-insns': { percent: 12.5 }, 'stack-bytes': { percent: 0, slack: 64 } },
  });
});

it('reads the growth of executed instructions under a name of its own', () => {
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - { name: a, source: f.bpf.c, max-instructions-growth: 0.5, max-growth: { stack-bytes: 1 } }',
  );
  expect(benchmarks[0]!.limits).toEqual({
    growth: { 'executed-insns': { percent: 0.5 }, 'stack-bytes': { percent: 1 } },
  });
});

it('reads objects', () => {
  const { benchmarks, build } = read(
    'version: 1',
    'benchmarks:',
    '  - { name: a, object: f.bpf.o, program: f }',
    '  - { name: b, object: ./no-suffix, base-object: f.bpf.o, every: true }',
    '  - { name: c, object: f.bpf.o, native: native.o, base-object: f.bpf.o, base-native: ./native.o }',
  );
  expect(build).toBeUndefined();
  expect(benchmarks).toMatchObject([
    { name: 'a', source: 'f.bpf.o', object: {}, cflags: [], program: 'f' },
    { name: 'b', source: 'no-suffix', object: { base: 'f.bpf.o' }, every: true },
    { name: 'c', object: { base: 'f.bpf.o', native: 'native.o', baseNative: 'native.o' } },
  ]);
});

it('reads what builds objects, which need not be there before', () => {
  const { benchmarks, build } = read(
    'version: 1',
    'build: make -C bpf',
    'benchmarks: [{ name: a, object: bpf/later.bpf.o, native: bpf/later.a }]',
  );
  expect(build).toBe('make -C bpf');
  expect(benchmarks).toMatchObject([{ source: 'bpf/later.bpf.o', object: { native: 'bpf/later.a' } }]);
});

it('reads values through anchors', () => {
  const { benchmarks } = read(
    'version: 1',
    'benchmarks:',
    '  - { name: a, source: &source f.bpf.c, inputs: &inputs [{ hex: "0a" }] }',
    '  - { name: b, source: *source, inputs: *inputs }',
  );
  expect(benchmarks[1]).toMatchObject({ source: 'f.bpf.c', inputs: [{ name: 'hex', hex: '0a' }] });
});

describe('a mistake', () => {
  const start = ['version: 1', 'benchmarks:'];
  const counts = 'it is a twin that counts executed instructions';
  it.each([
    [
      'unknown key',
      [...start, '  - name: a', '    souce: f.bpf.c'],
      4,
      5,
      'unknown key `souce` (did you mean `source`?); allowed here: `name`, `source`, `object`, `base-object`, `native`, `base-native`, `cflags`, `program`, `every`, `inputs`, `twin`, `maps`, `maps-file`, `seed-maps`, `expect`, `threshold`, `max-slowdown`, `max-speedup-loss`, `max-instructions-growth`, `budgets` or `max-growth`',
    ],
    [
      'an unknown key of the file',
      ['version: 1', 'biuld: make', 'benchmarks: []'],
      2,
      1,
      'unknown key `biuld` (did you mean `build`?); allowed here: `version`, `build` or `benchmarks`',
    ],
    ['another version', ['version: 2', 'benchmarks: []'], 1, 10, 'version is `2`'],
    ['no version', ['benchmarks:', '  - { name: a, source: f.bpf.c }'], 1, 1, '`version` is missing'],
    [
      'a name of several lines',
      [...start, '  - source: f.bpf.c', '    name: "a\\n::error::b"'],
      4,
      11,
      'name is `a\\n::error::b`',
    ],
    ['an unseen name', [...start, '  - { source: f.bpf.c, name: "\\e[31m" }'], 3, 30, 'name is `\\u001b[31m`'],
    ['no benchmarks', ['version: 1', 'benchmarks: []'], 2, 13, 'benchmarks is `[…]`'],
    ['no source', [...start, '  - name: a'], 3, 5, 'neither `source` nor `object` is given'],
    [
      'source and object',
      [...start, '  - name: a', '    source: f.bpf.c', '    object: f.bpf.o'],
      5,
      5,
      '`object` beside `source`',
    ],
    [
      'a native side of no object',
      [...start, '  - { name: a, source: f.bpf.c, native: native.o }'],
      3,
      33,
      '`native` without `object`',
    ],
    [
      "a native side without the base's",
      [...start, '  - { name: a, object: f.bpf.o, base-object: f.bpf.o, native: native.o }'],
      3,
      55,
      '`native` without `base-native`, beside `base-object`',
    ],
    [
      "a base's native side without head's",
      [...start, '  - { name: a, object: f.bpf.o, base-object: f.bpf.o, base-native: native.o }'],
      3,
      55,
      '`base-native` without `native`',
    ],
    [
      "a base's native side without its object",
      [...start, '  - { name: a, object: f.bpf.o, native: native.o, base-native: native.o }'],
      3,
      51,
      '`base-native` without `base-object`',
    ],
    [
      'a missing native side',
      [...start, '  - { name: a, object: f.bpf.o, native: g.a }'],
      3,
      41,
      'native is `g.a`, which does not exist',
    ],
    [
      'a base of no object',
      [...start, '  - { name: a, source: f.bpf.c, base-object: f.bpf.o }'],
      3,
      33,
      '`base-object` without `object`',
    ],
    [
      "a base's object that would be built",
      ['version: 1', 'build: make', 'benchmarks:', '  - { name: a, object: f.bpf.o, base-object: f.bpf.o }'],
      4,
      33,
      '`base-object` beside `build`',
    ],
    [
      'flags for what is compiled already',
      [...start, '  - name: a', '    object: f.bpf.o', '    cflags: [-DX]'],
      5,
      5,
      '`cflags` beside `object`',
    ],
    [
      'one program and every program',
      [...start, '  - { name: a, source: f.bpf.c, every: true, program: f }'],
      3,
      33,
      '`every` beside `program`',
    ],
    ['no program at all', [...start, '  - { name: a, source: f.bpf.c, every: false }'], 3, 40, 'every is `false`'],
    ['an empty build', ['version: 1', 'build: ""', 'benchmarks: []'], 2, 8, 'build is ``'],
    [
      'a missing object',
      [...start, '  - { name: a, object: g.bpf.o }'],
      3,
      24,
      'object is `g.bpf.o`, which does not exist',
    ],
    [
      'an object that is none',
      [...start, '  - { name: a, object: f.bpf.c }'],
      3,
      24,
      'object is `f.bpf.c`, which is no compiled object',
    ],
    [
      'an object of another machine',
      [...start, '  - { name: a, object: native.o }'],
      3,
      24,
      'object is `native.o`, which is an object for another machine than eBPF',
    ],
    [
      "a missing object of the base's",
      [...start, '  - { name: a, object: f.bpf.o, base-object: g.bpf.o }'],
      3,
      46,
      'base-object is `g.bpf.o`, which does not exist',
    ],
    ['a missing source', [...start, '  - name: a', '    source: g.c'], 4, 13, 'source is `g.c`, which does not exist'],
    [
      'a missing file',
      [...start, '  - { name: a, source: f.bpf.c, inputs: [{ file: x }] }'],
      3,
      50,
      'file is `x`, which does not exist',
    ],
    [
      'hex without quotes',
      [...start, '  - name: a', '    source: f.bpf.c', '    inputs: [{ hex: 0011 }]'],
      5,
      21,
      'hex is `0011`',
    ],
    ['odd hex', [...start, '  - { name: a, source: f.bpf.c, inputs: [{ hex: abc }] }'], 3, 49, 'hex is `abc`'],
    [
      'both kinds of input',
      [...start, '  - { name: a, source: f.bpf.c, inputs: [{ hex: ab, file: f }] }'],
      3,
      42,
      'inputs is `{…}`',
    ],
    [
      'an input kind of later',
      [...start, '  - { name: a, source: f.bpf.c, inputs: [{ pcap: a }] }'],
      3,
      44,
      'unknown key `pcap`; allowed here: `file`, `packets`, `hex` or `packet`',
    ],
    [
      'a selection of nothing',
      [...start, '  - { name: a, source: f.bpf.c, inputs: [{ hex: "0a", packets: 1-2 }] }'],
      3,
      42,
      'inputs is `{…}`',
    ],
    [
      'an unknown packet',
      [...start, '  - { name: a, source: f.bpf.c, inputs: [{ packet: upd4 }] }'],
      3,
      52,
      'packet is `upd4` (did you mean `udp4`?)',
    ],
    [
      'a key that YAML takes for a number',
      [...start, '  - { name: a, source: f.bpf.c, maps: [{ map: m, elements: [{ key: 00000001, value: 1 }] }] }'],
      3,
      68,
      'key is `00000001`, a number to YAML',
    ],
    [
      'a number that YAML cannot hold',
      [
        ...start,
        '  - { name: a, source: f.bpf.c, maps: [{ map: m, elements: [{ key: 1, value: [2, 9007199254740993] }] }] }',
      ],
      3,
      82,
      '1 is `9007199254740993`, beyond what a number in YAML holds',
    ],
    [
      'a file of maps that is not there',
      [...start, '  - { name: a, source: f.bpf.c, maps-file: m.yml }'],
      3,
      44,
      'maps-file is `m.yml`, which does not exist',
    ],
    ['no inputs', [...start, '  - { name: a, source: f.bpf.c, inputs: [] }'], 3, 41, 'inputs is `[…]`'],
    [
      'a threshold with a unit',
      [...start, '  - { name: a, source: f.bpf.c, threshold: 5x }'],
      3,
      44,
      'threshold is `5x`',
    ],
    [
      'a limit in percent with its sign',
      [...start, '  - { name: a, source: f.bpf.c, max-slowdown: 5 % }'],
      3,
      47,
      'max-slowdown is `5 %`',
    ],
    [
      'a threshold below zero',
      [...start, '  - { name: a, source: f.bpf.c, threshold: -1 }'],
      3,
      44,
      'threshold is `-1`',
    ],
    [
      'a return value beyond 32 bits',
      [...start, '  - { name: a, source: f.bpf.c, expect: { retval: 4294967296 } }'],
      3,
      51,
      'retval is `4294967296`',
    ],
    [
      'two of a name',
      [...start, '  - { name: a, source: f.bpf.c }', '  - { name: a, source: f.bpf.c }'],
      4,
      13,
      'name is `a`, as another benchmark is',
    ],
    [
      'a budget of an unknown figure',
      [...start, '  - name: a', '    source: f.bpf.c', '    budgets: { jitted-bytes: 1 }'],
      5,
      16,
      'unknown key `jitted-bytes` (did you mean `jited-bytes`?); allowed here: `verified-insns`, `xlated-bytes`, `jited-bytes`, `stack-bytes` or `executed-insns`',
    ],
    [
      'a budget with a unit',
      [...start, '  - name: a', '    source: f.bpf.c', '    budgets: { stack-bytes: 256 B }'],
      5,
      29,
      'stack-bytes is `256 B`',
    ],
    [
      'a budget in fractions',
      [...start, '  - name: a', '    source: f.bpf.c', '    budgets: { stack-bytes: 25.6 }'],
      5,
      29,
      'stack-bytes is `25.6`',
    ],
    [
      'a growth below zero',
      [...start, '  - name: a', '    source: f.bpf.c', '    max-growth: { verified-insns: -1 }'],
      5,
      35,
      'verified-insns is `-1`',
    ],
    [
      'a growth in percent with its sign',
      [...start, '  - name: a', '    source: f.bpf.c', '    max-growth: { verified-insns: 10 % }'],
      5,
      35,
      'verified-insns is `10 %`',
    ],
    [
      'a growth with an unknown part',
      [...start, '  - name: a', '    source: f.bpf.c', '    max-growth: { stack-bytes: { percent: 1, slak: 8 } }'],
      5,
      32,
      'stack-bytes is `{…}`',
    ],
    [
      'the growth of executed instructions twice',
      [
        ...start,
        '  - name: a',
        '    source: f.bpf.c',
        '    max-growth: { executed-insns: 1 }',
        '    max-instructions-growth: 2',
      ],
      6,
      5,
      '`max-instructions-growth` beside `executed-insns` in `max-growth`',
    ],
    ...(
      [
        ['threshold: 2', '`threshold`: without a user-space side there is no speedup'],
        ['max-speedup-loss: 5', '`max-speedup-loss`: without a user-space side there is no speedup'],
        ['max-instructions-growth: 0', `\`max-instructions-growth\` (\`executed-insns\` of \`max-growth\`): ${counts}`],
        [
          'max-growth: { executed-insns: 1 }',
          `\`max-instructions-growth\` (\`executed-insns\` of \`max-growth\`): ${counts}`,
        ],
        ['budgets: { executed-insns: 9 }', `\`executed-insns\` in \`budgets\`: ${counts}`],
      ] as const
    ).map(([limit, why]): [string, string[], number, number, string] => [
      `the kernel alone, beside ${limit}`,
      [...start, '  - name: a', '    source: f.bpf.c', `    ${limit}`, '    twin: none'],
      6,
      5,
      `\`twin: none\` beside ${why}`,
    ]),
    ['a key given twice', ['version: 1', 'version: 1'], 2, 1, 'Map keys must be unique'],
    [
      'no YAML',
      ['version: 1', 'benchmarks: ['],
      2,
      14,
      'Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['an unknown anchor', ['version: *one'], 1, 10, 'no anchor is named `one`'],
    ['a list', ['- version: 1'], 1, 1, 'the file is `[…]`'],
    ['nothing', [''], 1, 1, 'the file is `(empty)`'],
  ])('%s is named with its line and column', (_, lines, line, column, message) => {
    const failure = failureOfReading(...lines);
    expect(failure.kind).toBe('usage');
    expect(failure.message).toBe(`kfaas.yml:${line}:${column}: ${message}`);
    expect(failure.location).toEqual({ file: 'kfaas.yml', line, column });
    expect(failure.remedy).not.toBe('');
  });

  it('of a growth ends in both ways to write it', () => {
    const lines = [...start, '  - { name: a, source: f.bpf.c, max-growth: { stack-bytes: 10 % } }'];
    expect(failureOfReading(...lines).remedy).toBe(
      'give percent, such as `10`, or percent and a slack that always passes, such as `{ percent: 10, slack: 64 }`',
    );
  });

  it('ends in what is allowed', () => {
    expect(failureOfReading(...start, '  - { name: a, source: f.bpf.c, threshold: 0 }').remedy).toBe(
      'give a number above 0',
    );
    expect(failureOfReading('version: 2', 'benchmarks: []').remedy).toBe('give `1`');
    expect(failureOfReading(...start, '  - { name: a, source: f.bpf.c, inputs: [{ hex: 0011 }] }').remedy).toBe(
      'give text (in quotes where it looks like a number)',
    );
  });
});
