import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand, type RunningCommand, type StartOptions } from '../../helpers/command-line.js';
import { commandLine, holdingsOf, markedProcess, markedProcesses, remaining } from '../../helpers/leftovers.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('a run leaves nothing behind', () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-leftovers-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  const xdp = ['run', 'every_type.bpf.c', '--program', 'on_xdp'];
  const endless = ['--rounds', '100000', '--time-limit', '600'];

  /** XDP programs need all there is: a program, a map, a link and a namespace of their own. */
  const everything = ['link', 'map', 'namespace', 'prog'];
  const kinds = (items: Iterable<string>): string[] =>
    [...new Set([...items].map((item) => item.split(' ')[0]!))].sort();

  async function until(what: string, condition: () => boolean): Promise<void> {
    for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 20) {
      if (condition()) return;
      await sleep(20);
    }
    throw new Error(`waited in vain for ${what}`);
  }

  /** Started, and so far that it measures. */
  async function measuring(options?: StartOptions): Promise<RunningCommand> {
    const command = startCommand([...xdp, ...endless], options);
    await until('the measuring', () => kinds(holdingsOf(markedProcesses(command.mark))).includes('link'));
    expect(markedProcesses(command.mark).length).toBeGreaterThanOrEqual(3); // command, worker, harness
    return command;
  }

  /** Its user-space side hangs, in a process that knows nothing of us. */
  async function hanging(): Promise<RunningCommand> {
    const command = startCommand(['run', 'crashes.bpf.c', '--program', 'never_returns', ...endless]);
    const harness = /\/kfaas-bench\/[0-9a-f]{64}$/;
    const slots = (): number[] => markedProcesses(command.mark).filter((pid) => harness.test(commandLine(pid)));
    await until('the harness and its process', () => slots().length === 2);
    return command;
  }

  function workerOf({ mark }: RunningCommand): number {
    return markedProcess(mark, 'main.js worker')!;
  }

  it('when it succeeds', async () => {
    const ending = await runCommand([...xdp, '--rounds', '150', '--iterations', '100']);
    expect(ending.code).toBe(0);
    expect(kinds(ending.seen)).toEqual(everything);
    expect(ending.leftovers).toEqual([]);
  });

  it('when it fails in the middle of measuring', async () => {
    const ending = await runCommand(['run', 'thousand.bpf.c', '--program', 'thousand_xdp', '--iterations', '100']);
    expect(ending.stdout).toContain('did not give the proved result');
    expect({ code: ending.code, leftovers: ending.leftovers }).toEqual({ code: 4, leftovers: [] });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('when it is interrupted while it measures: %s', async (signal, code) => {
    const command = await measuring();
    const held = holdingsOf(markedProcesses(command.mark));
    expect(kinds(held)).toEqual(everything);
    process.kill(command.pid, signal);
    const ending = await command.ending;
    expect(await remaining(held)).toEqual([]);
    expect({ code: ending.code, leftovers: ending.leftovers }).toEqual({ code, leftovers: [] });
    expect(ending.stderr).toContain(`interrupted by ${signal}`);
    expect(ending.stdout).toBe('');
  });

  it('when it is interrupted while it builds', async () => {
    const clang = path.join(scratch, 'clang');
    writeFileSync(
      clang,
      '#!/bin/sh\n[ "$1" = --version ] && echo clang version 1 && exit\ntouch "$TMPDIR/$$"\nsleep 600\n',
    );
    chmodSync(clang, 0o755);
    const command = startCommand([...xdp, ...endless], { environment: { CLANG: clang } });
    await until('the compiler', () => markedProcess(command.mark, 'sleep 600') !== undefined);
    process.kill(command.pid, 'SIGINT');
    const ending = await command.ending;
    expect(ending.code).toBe(130);
    expect(ending.leftovers).toEqual([]);
  });

  it('when it is interrupted while the program hangs in user space', async () => {
    const command = await hanging();
    process.kill(command.pid, 'SIGINT');
    const ending = await command.ending;
    expect({ code: ending.code, leftovers: ending.leftovers }).toEqual({ code: 130, leftovers: [] });
  });

  it('when its worker is killed, which is told', async () => {
    const command = await measuring();
    process.kill(workerOf(command), 'SIGKILL');
    const ending = await command.ending;
    expect({ code: ending.code, leftovers: ending.leftovers }).toEqual({ code: 3, leftovers: [] });
    expect(ending.stderr).toContain('SIGKILL');
    expect(ending.stderr).toMatch(/→ \S/);
  });

  it.each([
    ['while it measures', measuring],
    ['while the program hangs in user space', hanging],
  ])('when it is killed itself, %s', async (_, started) => {
    const command = await started();
    const held = holdingsOf(markedProcesses(command.mark));
    process.kill(command.pid, 'SIGKILL');
    await until('its processes to end', () => markedProcesses(command.mark).length === 0);
    expect(await remaining(held)).toEqual([]);
    await command.ending;
  });
});
