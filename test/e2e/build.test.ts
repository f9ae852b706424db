/** `build:` through the whole action: objects that a project makes itself, of head and base, on the real kernel. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { fnv1a, fnv1aPlanted, withoutOurHeader } from '../helpers/e2e-programs.js';
import { pullRequest, stepOf } from '../helpers/e2e-pull-request.js';
import { runStep } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import { commandsObeyed } from '../helpers/runner-log.js';

/** One that is slower, one that is not, and where they are built. */
const project = {
  'kfaas.yml': JSON.stringify({
    version: 1,
    build: 'make -C bpf',
    benchmarks: ['hash', 'same'].map((name) => ({ name, object: `bpf/out/${name}.o`, 'max-slowdown': 20 })),
  }),
  'bpf/Makefile': [
    'all: out/hash.o out/same.o',
    'out/%.o: %.bpf.c',
    '\tmkdir -p out',
    '\t$(CLANG) -O2 -g -target bpf -c $< -o $@',
    '',
  ].join('\n'),
  '.gitignore': 'out/\n',
  'bpf/hash.bpf.c': withoutOurHeader(fnv1a),
  'bpf/same.bpf.c': withoutOurHeader(fnv1a),
};

describe.skipIf(!available('docker'))('a project that builds its own objects', () => {
  it('has base and head built, each in a copy, and is held against its base', async () => {
    const pull = pullRequest({ base: project, head: { 'bpf/hash.bpf.c': withoutOurHeader(fnv1aPlanted) } });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, outputs, folders } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(1);
    expect(outputs).toMatchObject({ verdict: 'fail', worst: 'hash' });
    expect(Number(outputs['slowdown'])).toBeGreaterThan(20);
    expect(log).toContain('build: make -C bpf, in the tree of head');
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toMatch(/^### ❌ `hash` is [\d.]+ % slower in the kernel than its base \(limit 20 %\)$/m);
    expect(comment).toMatch(/^\| ✅ \| \*\*`same`\*\* .* unchanged program \|/m);
    expect(readdirSync(`${folders.workspace}/bpf`).sort()).toEqual(['Makefile', 'hash.bpf.c', 'same.bpf.c']);
  });

  it('is red where it does not build, with what make said', async () => {
    const broken = withoutOurHeader(fnv1a).replace('return hash;', 'return hash');
    const pull = pullRequest({ base: project, head: { 'bpf/hash.bpf.c': broken } });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, lines, outputs } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(1);
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toContain('`build: make -C bpf` ended with exit code 2 in the tree of head');
    expect(comment).toContain("expected ';'");
    expect(commandsObeyed(lines).some(({ command }) => command === 'error')).toBe(true);
    expect(outputs['verdict']).not.toBe('pass');
  });

  it('is measured without a base where only that does not build', async () => {
    const broken = withoutOurHeader(fnv1a).replace('return hash;', 'return hash');
    const pull = pullRequest({
      base: { ...project, 'bpf/hash.bpf.c': broken },
      head: { 'bpf/hash.bpf.c': withoutOurHeader(fnv1a) },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(0);
    const [comment = ''] = commentsAfter(github.calls()).values();
    expect(comment).toMatch(/^- `hash`: base: none that could be used: .*ended with exit code 2 in the tree of base/m);
  });
});
