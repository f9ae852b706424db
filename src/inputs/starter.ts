/** What `init` writes: a config file and a workflow to start from. Pure. */
import { stringify } from 'yaml';
import { configSchemaAddress } from './config-schema.js';
import { defaultGrowth, defaultMaxSlowdownPercent } from './limits.js';
import type { ProgramFile } from './program-files.js';

/** Where both are written, from the working directory and from the top of the checkout. */
export const workflowFile = '.github/workflows/kfaas-bench.yml';

const documentation = 'https://github.com/kiinitix/kfaas-bench/blob/v1/docs/config.md';

/** A value as YAML would have it in a flow mapping, on one line. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: /[,[\]{}]/.test(text) ? 'QUOTE_DOUBLE' : 'PLAIN' }).trim();
}

/**
 * @param programs what becomes a benchmark, at least one
 * @param ignored objects that git ignores, for which a build command has to be named first
 */
export function starterConfig(programs: readonly ProgramFile[], ignored: readonly ProgramFile[]): string {
  const entries = programs.flatMap((program, index) => ['', ...entryLines(program, index === 0)]);
  return `${[
    `# yaml-language-server: $schema=${configSchemaAddress}`,
    `# What kfaas-bench measures here, and which limits hold. Every key: ${documentation}`,
    'version: 1',
    '',
    '# What makes objects, run by the shell in a writable copy of each tree, base and head:',
    '# build: make',
    '',
    'benchmarks:',
    ...entries.slice(1),
    ...ignoredLines(ignored),
  ].join('\n')}\n`;
}

function entryLines({ name, file, isObject }: ProgramFile, isFirst: boolean): string[] {
  const code = [`  - name: ${scalar(name)}`, `    ${isObject ? 'object' : 'source'}: ${scalar(file)}`];
  if (!isFirst) return [...code, '    every: true', '    max-growth: *growth'];
  const growth = Object.entries(defaultGrowth).map(
    ([metric, { percent, slack }]) => `      ${metric}: { percent: ${percent}, slack: ${slack} }`,
  );
  return [
    ...code,
    '    # Every program in it. To measure one alone, put its name here instead: program: NAME',
    '    every: true',
    ...(isObject ? [] : ['    # cflags: [-Ibpf/include] # for clang, on both sides']),
    '    # Without inputs of its own each is run on the built-in packets:',
    '    # inputs:',
    '    #   - file: test/packets/trace.pcap # raw bytes, or a capture',
    '    #   - packet: udp4 # a built-in one',
    '    #   - hex: "0a0b0c0d0e0f0a0b0c0d0e0f0800"',
    '    # What maps hold first: bytes in hex, or values by their types; or by a dry run that tells which keys are looked up.',
    '    # maps: [{ map: ports, elements: [{ key: 80, value: "01000000" }] }]',
    '    # seed-maps: true',
    '    # twin: translated # user-space side of a program with maps; native, translated, both or none',
    '    # expect: { retval: 2 }',
    '    # threshold: 5 # smallest speedup over user space',
    `    # max-slowdown: ${defaultMaxSlowdownPercent} # of kernel time against the base, in percent`,
    '    # max-instructions-growth: 2 # of executed eBPF instructions, in percent: the same on every machine',
    '    # budgets: { verified-insns: 4000, stack-bytes: 256 }',
    '    # Largest growth against the base: percent, and what passes in any case (instructions, bytes).',
    '    max-growth: &growth',
    ...growth,
  ];
}

function ignoredLines(ignored: readonly ProgramFile[]): string[] {
  if (ignored.length === 0) return [];
  return [
    '',
    '  # Git ignores these, so the base has none of them until `build` makes them in both trees:',
    ...ignored.map(({ name, file }) => `  # - { name: ${scalar(name)}, object: ${scalar(file)}, every: true }`),
  ];
}

export interface WorkflowOptions {
  /** From the top of the checkout; absent: the top. */
  readonly workingDirectory?: string;
  readonly hasSubmodules: boolean;
}

export function starterWorkflow({ workingDirectory, hasSubmodules }: WorkflowOptions): string {
  return `${[
    'name: eBPF performance',
    '',
    'on:',
    '  pull_request:',
    '',
    'permissions:',
    '  contents: read',
    '  pull-requests: write # for the comment',
    '',
    'jobs:',
    '  kfaas-bench:',
    '    runs-on: ubuntu-24.04',
    '    steps:',
    '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
    '        with:',
    '          persist-credentials: false',
    ...(hasSubmodules ? ['          submodules: recursive'] : []),
    '      - uses: kiinitix/kfaas-bench@v1',
    ...(workingDirectory === undefined
      ? []
      : ['        with:', `          working-directory: ${scalar(workingDirectory)}`]),
  ].join('\n')}\n`;
}
