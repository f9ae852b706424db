import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/domain/record.js';
import { allBuiltinPackets } from '../../../src/inputs/packet-set.js';
import { environmentSentence, originalLines } from '../../../src/report/facts.js';
import { renderTerminal } from '../../../src/report/terminal.js';
import {
  interval,
  sampleAdvisory,
  sampleBenchmark,
  sampleRun,
  sampleSaved,
  sampleTrees,
  type SampleRun,
} from '../../helpers/verdicts.js';

function rendered(run: SampleRun, color = false): string {
  const { verdict, record } = sampleRun(run);
  return renderTerminal(verdict, record, { color, surface: 'command' });
}

it('begins with the three lines of the original, then ladder, proof, verdict and machine', () => {
  expect(rendered({ benchmarks: [{ threshold: 5, sentence: 'speedup 9.09x (9.00 … 9.18), limit 5x' }] })).toBe(
    `\
User-space execution time: 689931.00 µs          (1,000,000 × syscall, 689.9 ns each)
Kernel-space execution time (eBPF): 75900.00 µs  (1,000,000 × tc, 75.9 ns each)
eBPF is 9.09x faster than user-space execution!

fnv1a · tc · 64 B
                               ns per run  interval  spread  against kernel
  kernel (eBPF)                      75.9   ± 1.0 %   0.3 %           1.00x
  call (native loop)                 53.1   ± 1.0 %   0.3 %           0.70x   ← as fast as the function itself gets
  syscall (pipe in, pipe out)       689.9   ± 1.0 %   0.3 %           9.09x
  wakeup (another process)          9,184   ± 1.0 %   0.3 %            121x
  floor: empty tc 2.5 ns, empty call 2.5 ns, empty syscall 2.5 ns, empty wakeup 2.5 ns

proof    ran 1,000 of 1,000 in the kernel (run_cnt), 1 input equal on both sides, 1,000,000 timed runs checked
layout   312 rounds of fresh loads, randomised; this program moves by 0.3 % with its address
verdict  pass: speedup 9.09x (9.00 … 9.18), limit 5x

columns  interval: 95 % confidence; spread: from one fresh load to the next
here     Linux 6.18.44 · x86-64 · Some CPU @ 3 GHz · clang 19.1.7 · libbpf 1.5.0 · CPU 1 of 4 · in a container · seed 7041
`,
  );
});

describe('beside a base', () => {
  const run: SampleRun = {
    builtFrom: sampleTrees,
    benchmarks: [
      { slowdown: 0.068, outcome: 'fail' },
      { name: 'same', slowdown: 0.002, unchanged: true },
      { name: 'fresh', missingBase: { reason: 'new' } },
      {
        name: 'mended',
        missingBase: { reason: 'unusable', failure: { kind: 'build', message: 'a.c does not compile', remedy: '' } },
      },
    ],
  };

  it('says how each stands to it, or why it does not', () => {
    expect(rendered(run).match(/^base {5}.*$/gm)).toEqual([
      'base     kernel time +6.8 % (+6.2 … +7.4); the base against itself +0.1 % (−0.3 … +0.5)',
      'base     kernel time +0.2 % (−0.4 … +0.8); the base against itself +0.1 % (−0.3 … +0.5); unchanged program: its instructions are the same',
      'base     new: the base has no bpf/fnv1a.bpf.c',
      'base     none that could be used: a.c does not compile',
    ]);
  });

  it('draws all of them, and ends in what both were built from', () => {
    const text = rendered(run);
    expect(text).toMatch(/^ +├─●─+┤ +fnv1a {2}fail$\n^ +├─+●─+┤ +same {3}pass$/m);
    expect(text).toContain(
      'trees    head is the working directory (aaaaaaa, with changes)\n' +
        '         the base is 3f2c1e9, which `base` names main\n',
    );
  });

  it('says what is not set up as in it, what asks for less on a line of its own', () => {
    const changes = [
      { benchmark: 'same', what: 'input `udp.bin` changed', loosened: false },
      { benchmark: 'same', what: 'threshold 5x → 4x', loosened: true },
      { what: 'build command `make` added', loosened: false },
    ];
    const text = rendered({ ...run, changes, vanished: ['old'] });
    expect(text.match(/^(loosened|changed|vanished) .*$/gm)).toEqual([
      'loosened same: threshold 5x → 4x',
      'changed  same: input `udp.bin` changed',
      'changed  build command `make` added',
      'vanished `old` is in the base and not in head; one that was renamed is told as vanished and as new',
    ]);
  });

  it('says nothing of one where there is none', () => {
    expect(rendered({})).not.toMatch(/base|trees/);
  });
});

it('tells exact figures with their budgets, and what became of those of the base', () => {
  const text = rendered({
    builtFrom: sampleTrees,
    benchmarks: [
      {
        slowdown: 0.002,
        outcome: 'fail',
        figures: [
          { metric: 'verified-insns', value: 1204, baseValue: 980 },
          { metric: 'verifier-states', value: 12, baseValue: 12 },
          { metric: 'stack-bytes', value: 16, baseValue: 0 },
        ],
        exactLimits: { budgets: { 'verified-insns': 1000 }, growth: { 'stack-bytes': { percent: 10 } } },
      },
    ],
  });
  expect(text).toContain(
    '\nfigures  980 → 1,204 of 1,000 verified instructions (+22.9 %), 12 verifier states, 0 → 16 stack bytes (limit 10 %)\n',
  );
});

describe('beside a saved record', () => {
  const savedLines = (run: SampleRun): string[] => rendered(run).match(/^saved .*(\n {9}.*)*$/gm) ?? [];

  it('says of each how it compares, and in the end why nothing is judged by it', () => {
    const benchmarks = [
      { advisory: sampleAdvisory },
      { name: 'fresh', advisory: { kind: 'none', reason: 'the saved record does not have it' } },
    ] as const;
    expect(savedLines({ savedBase: sampleSaved, benchmarks })).toEqual([
      'saved    kernel time +3.1 % (73.6 → 75.9 ns); speedup −2.0 % (9.28x → 9.09x); verified-insns 4,000 → 4,012; stack-bytes 32',
      'saved    the saved record does not have it',
      [
        'saved    the saved record old.json of 2025-12-31 23:59 UTC, commit 3f2c1e9, with changes, on Linux 6.1.0, Old CPU',
        'It is of another CPU (Old CPU, here Some CPU @ 3 GHz): times are not comparable, other figures only where nothing that they depend on differs',
        'Beside a saved record everything is advisory: max-slowdown, max-speedup-loss and growth are not judged, thresholds and budgets are',
      ].join('\n         '),
    ]);
  });

  it('says so of a benchmark that was another one then, of a machine of the same kind, and of a record of other benchmarks', () => {
    const advisory = {
      ...sampleAdvisory,
      figures: [],
      machine: [],
      workload: ['input `a` changed', 'cflags `-DX` added'],
    };
    const alike = savedLines({ savedBase: sampleSaved, benchmarks: [{ advisory }] });
    expect(alike[0]).toMatch(/; not the same benchmark since: input `a` changed, cflags `-DX` added$/);
    expect(alike[1]).toContain('of another job on a machine of the same kind');
    expect(savedLines({ savedBase: sampleSaved })[0]).toContain(
      'It has no figure of any of these benchmarks: save one of the same config',
    );
  });
});

describe('the three lines', () => {
  const linesOf = (speedup: number) => originalLines(sampleBenchmark({ speedup }), 'syscall', 1_000_000);

  it('say slower where it is slower, with a ratio above one', () => {
    expect(linesOf(0.7)[2]!.text).toBe('eBPF is 1.43x slower than user-space execution!');
  });

  it('say so where either may be ahead', () => {
    const undecided = { ...sampleBenchmark(), speedup: interval(1.004, 0.02) };
    expect(originalLines(undecided, 'syscall', 1_000_000)[2]).toEqual({
      text: 'eBPF is 1.00x faster than user-space execution!',
      note: 'either may be ahead: (0.98 … 1.02)',
    });
  });

  it('disclose that fewer invocations were measured than are shown', () => {
    const note = originalLines(sampleBenchmark(), 'wakeup', 5_000_000)[0]!.note;
    expect(note).toBe('5,000,000 × wakeup, 9,184 ns each, from 1,000,000 measured');
  });

  it('tell a syscall program from the arm of that name', () => {
    const benchmark = sampleBenchmark();
    const programs = benchmark.record.programs.map((program) => ({ ...program, type: 'syscall' as const }));
    const [, kernel] = originalLines({ ...benchmark, record: { ...benchmark.record, programs } }, 'syscall', 1_000_000);
    expect(kernel!.note).toBe('1,000,000 × syscall program, 75.9 ns each');
  });
});

it('shows no figure of a benchmark whose proof failed', () => {
  const text = rendered({ benchmarks: [{ outcome: 'untrusted', sentence: 'run_cnt grew by too little' }] });
  expect(text).toBe(
    `\
fnv1a · tc · 64 B
verdict  untrusted: run_cnt grew by too little
         no figure is shown without its proof

here     Linux 6.18.44 · x86-64 · Some CPU @ 3 GHz · clang 19.1.7 · libbpf 1.5.0 · CPU 1 of 4 · in a container · seed 7041
`,
  );
  expect(text).not.toMatch(/ µs| ns\b|\dx\b/);
});

it('shows a failure with its detail and its remedy', () => {
  const failure = {
    kind: 'build',
    message: 'a.c does not compile',
    remedy: 'mend it',
    detail: 'a.c:3:1: error: x\n  foo\n',
    location: { file: 'a.c', line: 3, column: 1 },
  } as const;
  expect(rendered({ benchmarks: [{ outcome: 'fail', failure }] })).toContain(
    'fnv1a · 64 B\n✗ a.c does not compile\n  a.c:3:1: error: x\n    foo\n  → mend it\n',
  );
});

it('shows what failed beside the benchmarks, and warnings', () => {
  const text = rendered({
    failures: [{ kind: 'environment', message: 'no clang was found', remedy: 'install it' }],
    warnings: [
      { code: 'busy', message: 'the machine is busy: stop something' },
      { code: 'few', benchmark: 'fnv1a', message: 'few rounds' },
    ],
  });
  expect(text).toContain('\n\n✗ no clang was found\n  → install it\n\n');
  expect(text).toContain('\nwarning  the machine is busy: stop something\nwarning  fnv1a: few rounds\n');
});

it('ends in what holds for all where there are several, and one of them is judged', () => {
  const inAll = 'in all   fail: the run in one sentence\n';
  expect(rendered({ benchmarks: [{ threshold: 20, outcome: 'fail' }, { name: 'b' }] })).toContain(inAll);
  expect(rendered({ benchmarks: [{}, { name: 'b' }] })).not.toContain('in all');
});

it('never says pass where nothing was held against a limit, and says what a demo is', () => {
  const text = rendered({ demo: true });
  expect(text).toContain('verdict  not gated: ');
  expect(text).not.toContain('pass');
  expect(text).toMatch(/\n\nDemo: none of this project's programs were measured, only the built-in functions\.\n$/);
});

it('says that the packets were generic', () => {
  const { verdict, record } = sampleRun();
  Object.assign(verdict.benchmarks[0]!.record.plan, { genericInputs: true, inputs: allBuiltinPackets() });
  expect(renderTerminal(verdict, record, { color: false, surface: 'command' })).toContain(
    '\ninputs   30 built-in generic packets, 8 of them timed; give real ones for real figures\nverdict  ',
  );
});

it('says what would decide an undecided limit', () => {
  const text = rendered({ benchmarks: [{ threshold: 9.05, outcome: 'inconclusive' }] });
  expect(text).toMatch(/\nverdict {2}inconclusive: .*\nnext {5}To decide it takes about .* more: --time-limit \d+\.\n/);
});

it('gives the least confidence of all intervals', () => {
  const { verdict, record } = sampleRun();
  const [kernel, ...others] = verdict.benchmarks[0]!.ladder;
  const ladder = [{ ...kernel!, timeNs: { ...kernel!.timeNs, confidence: 0.9882 } }, ...others];
  const benchmarks = [{ ...verdict.benchmarks[0]!, ladder }];
  const text = renderTerminal({ ...verdict, benchmarks }, record, { color: false, surface: 'command' });
  expect(text).toContain('columns  interval: at least 95 % confidence;');
});

it('separates benchmarks', () => {
  const blocks = rendered({ benchmarks: [{}, { name: 'b' }] }).split(`\n\n${'─'.repeat(72)}\n\n`);
  expect(blocks).toHaveLength(2);
  expect(blocks[1]).toMatch(/^User-space execution time: /);
  expect(blocks[1]).toContain('\nb (fnv1a) · tc · 64 B\n');
});

it('lets no control character of anybody’s through', () => {
  const text = rendered({
    benchmarks: [{ name: 'x\u001b[2Jy', outcome: 'untrusted', sentence: 'a\u0007b' }],
    warnings: [{ code: 'c', message: '\u202ereversed' }],
  });
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});

it('is the same text with colours', () => {
  const run = { benchmarks: [{ threshold: 20, outcome: 'fail' as const }, { name: 'b' }], demo: true };
  // eslint-disable-next-line no-control-regex
  const withoutColors = rendered(run, true).replace(/\u001b\[\d+m/g, '');
  expect(withoutColors).toBe(rendered(run));
  expect(rendered(run, true)).toContain('verdict  \u001b[31mfail\u001b[39m: ');
});

it('names what is out of the ordinary about a machine', () => {
  const environment: Environment = {
    ...sampleRun().record.environments['here']!,
    clang: 'Debian clang version 19.1.7 (3~deb12u1)',
    place: 'process',
    jit: false,
    seccomp: true,
  };
  expect(environmentSentence(environment)).toBe(
    'Linux 6.18.44 · x86-64 · Some CPU @ 3 GHz · clang 19.1.7 · libbpf 1.5.0 · CPU 1 of 4 · JIT off · seccomp makes system calls dearer',
  );
});
