/** `build:` of a config file, from the command line to the record. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema } from '../../../src/domain/record.js';
import { runCommand, startCommand } from '../../helpers/command-line.js';
import { commandLine, markedProcesses } from '../../helpers/leftovers.js';
import { available } from '../../helpers/require.js';

const fnv1a = readFileSync('bpf/functions/fnv1a.bpf.c', 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-build-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A project whose build command writes the source that its benchmark names. */
function give(tree: 'head' | 'base', makefile: readonly string[]): void {
  mkdirSync(path.join(folder, tree));
  const config = 'version: 1\nbuild: make\nbenchmarks: [{ name: f, source: f.bpf.c, cflags: [-include, made.h] }]\n';
  writeFileSync(path.join(folder, tree, 'kfaas.yml'), config);
  writeFileSync(path.join(folder, tree, 'f.bpf.c'), fnv1a);
  writeFileSync(path.join(folder, tree, 'Makefile'), `made.h:\n${makefile.map((line) => `\t${line}\n`).join('')}`);
}

const quick = ['--iterations', '1000', '--rounds', '5'];
const inHead = () => ({ folder: path.join(folder, 'head') });
const files = () => readdirSync(path.join(folder, 'head')).sort();
const untouched = ['Makefile', 'f.bpf.c', 'kfaas.yml'];

async function compare() {
  const { code, stdout, leftovers } = await runCommand(
    ['compare', '--base', '../base', '--json', '--max-slowdown', '500', ...quick],
    inHead(),
  );
  const { record } = JSON.parse(stdout) as { record: unknown };
  return { code, leftovers, benchmark: recordSchema.parse(record).benchmarks[0]! };
}

describe.skipIf(!available('kernel'))('a build command', () => {
  it('makes what both trees need, and leaves them as they were', async () => {
    give('head', ['touch made.h']);
    give('base', ['touch made.h']);
    const { code, leftovers, benchmark } = await compare();
    expect({ code, leftovers }).toEqual({ code: 0, leftovers: [] });
    const [base, again, head] = benchmark.programs;
    expect([base?.tag, again?.tag]).toEqual([head?.tag, head?.tag]);
    expect(files()).toEqual(untouched);
  });

  it('makes objects, the base from its own tree', async () => {
    const config = 'version: 1\nbuild: make\nbenchmarks: [{ name: f, object: out/f.o }]\n';
    const source = '-O2 -g -target bpf -I$(BPF) -idirafter /usr/include/$$(uname -m)-linux-gnu -c f.bpf.c';
    for (const [tree, retval] of [
      ['head', 7],
      ['base', 8],
    ] as const) {
      give(tree, ['mkdir out', `$(CLANG) ${source.replace('$(BPF)', path.resolve('bpf/include'))} -o out/f.o`]);
      writeFileSync(path.join(folder, tree, 'kfaas.yml'), config);
      const code = `#include <kfaas.h>\nSEC("tc") int f(struct __sk_buff *skb) { return ${retval}; }\n`;
      writeFileSync(path.join(folder, tree, 'f.bpf.c'), code);
    }
    const { code, benchmark } = await compare();
    expect({ code, failure: benchmark.failure }).toEqual({ code: 0, failure: undefined });
    const retvals = benchmark.programs.map(({ revision, proof }) => [revision, proof?.inputs[0]?.retval]);
    expect(retvals).toEqual([
      ['base', 8],
      ['again', 8],
      ['head', 7],
    ]);
  });

  it('that fails in the base leaves head without one, and says why', async () => {
    give('head', ['touch made.h']);
    give('base', ['echo no such thing; exit 1']);
    const { benchmark } = await compare();
    expect(benchmark.failure).toBeUndefined();
    expect(benchmark.missingBase).toMatchObject({
      reason: 'unusable',
      failure: {
        kind: 'build',
        message: '`build: make` ended with exit code 2 in the tree of base',
        detail: expect.stringContaining('no such thing') as string,
      },
    });
  });

  it('that fails in head fails the run, with what it printed', async () => {
    give('head', ['echo no such thing; exit 1']);
    const { code, stdout, stderr, leftovers } = await runCommand(['run', ...quick], inHead());
    expect({ code, leftovers }).toEqual({ code: 1, leftovers: [] });
    expect(stdout + stderr).toContain('`build: make` ended with exit code 2 in the tree of head');
    expect(stdout + stderr).toContain('no such thing');
  });

  it('that is interrupted leaves nothing behind', async () => {
    give('head', ['sleep 1000']);
    const command = startCommand(['run', ...quick], inHead());
    const sleeps = () => markedProcesses(command.mark).some((pid) => commandLine(pid) === 'sleep 1000');
    for (let waitedMs = 0; !sleeps() && waitedMs < 30_000; waitedMs += 20) await sleep(20);
    process.kill(command.pid, 'SIGINT');
    const { code, leftovers } = await command.ending;
    expect({ code, leftovers }).toEqual({ code: 130, leftovers: [] });
    expect(files()).toEqual(untouched);
  });
});
