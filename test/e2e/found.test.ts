/** `uses:` alone: what is found in a project is held against its base, through the whole action, on the real kernel. */
import { describe, expect, it } from 'vitest';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { fnv1a, fnv1aPlanted } from '../helpers/e2e-programs.js';
import { pullRequest, stepOf } from '../helpers/e2e-pull-request.js';
import { runStep } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';

const source = (section: string, name: string, body: string) =>
  [
    ...['#include <linux/bpf.h>', '#include <bpf/bpf_helpers.h>'],
    ...[`SEC("${section}") int ${name}(void *ctx)`, `{ ${body} }`],
    ...['char LICENSE[] SEC("license") = "GPL";', ''],
  ].join('\n');

describe.skipIf(!available('docker'))('a project without a config file', () => {
  it('has every program in its table, and what grew, came or went is told', async () => {
    const pull = pullRequest({
      base: {
        'net/hash.bpf.c': fnv1a,
        'net/refused.bpf.c': source('tc', 'refused', 'struct __sk_buff *skb = ctx; return *(int *)(long)skb->data;'),
        'trace/gone.bpf.c': source('kprobe/do_nanosleep', 'gone', 'return 0;'),
        'trace/kept.bpf.c': source('kprobe/do_nanosleep', 'kept', 'return 0;'),
      },
      head: {
        'net/hash.bpf.c': fnv1aPlanted,
        'trace/fresh.bpf.c': source('kprobe/do_nanosleep', 'fresh', 'return 1;'),
      },
      removed: ['trace/gone.bpf.c'],
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, outputs } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(1);
    expect(outputs).toMatchObject({ verdict: 'fail', worst: 'hash/fnv1a' });
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toMatch(
      /^- `hash\/fnv1a`: .*verified instructions grew from \d+ to \d+ \(.*\), beyond the limit of 10 % or 100/m,
    );
    expect(comment).toMatch(/^🗑️ \*\*Vanished:\*\* `gone` is in the base and not in head/m);
    const rowOf = (name: string) => comment.split('\n').findLast((line) => line.includes(`| **\`${name}\`**`));
    expect(rowOf('hash/fnv1a')).toMatch(/^\| ❌ \| .* · tc \| yes \| \d+\s→\s\d+ \(\*\*\+/);
    expect(rowOf('refused/refused')).toMatch(/^\| {2}\| .* \| \*\*no\*\* \|/);
    expect(comment).toMatch(/^- `refused\/refused`: does not load: the verifier rejects it/m);
    expect(rowOf('kept/kept')).toMatch(/^\| ✅ \| .* · kprobe \| yes \|/);
    expect(comment).toMatch(
      /^- .*`kept\/kept`.*: .* a kprobe program is not run: the kernel has no test run for such/m,
    );
    expect(rowOf('fresh/fresh')).toMatch(/^\| {2}\| .* · kprobe \| yes \|/);
    expect(comment).toMatch(/^On generic packets, since none is named: 1 of 4 benchmarks\./m);
  });
});
