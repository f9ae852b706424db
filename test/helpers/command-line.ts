/** The command line as a process of its own, watched for what it might leave behind. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheHome } from './build-cache.js';
import { compiledEntry } from './compiled.js';
import { programsFolder } from './engine.js';
import { holdingsOf, markedProcesses, markVariable, newMark, remaining } from './leftovers.js';

export interface StartOptions {
  /** Where it is started; default: the folder of the test programs. */
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Words in front of the command. */
  readonly wrapper?: readonly string[];
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes, objects of the kernel's, namespaces and temporary files that are still there. */
  readonly leftovers: readonly string[];
  /** What of the kernel's its processes were seen to hold. */
  readonly seen: ReadonlySet<string>;
}

export interface RunningCommand {
  readonly pid: number;
  readonly mark: string;
  readonly ending: Promise<Ending>;
}

/** Starts `kfaas-bench` with these words, and with a folder of its own for temporary files and for verifier logs. */
export function startCommand(args: readonly string[], options: StartOptions = {}): RunningCommand {
  const mark = newMark();
  const scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-command-'));
  const [temporary, output] = [path.join(scratch, 'tmp'), path.join(scratch, 'output')];
  mkdirSync(temporary);
  const words = [...(options.wrapper ?? []), process.execPath, compiledEntry(), ...args];
  if (args[0] === 'run') words.push('--output', output);
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: options.folder ?? programsFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NO_COLOR: '1',
      XDG_CACHE_HOME: cacheHome(),
      TMPDIR: temporary,
      [markVariable]: mark,
      ...options.environment,
    },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return { pid: child.pid ?? 0, mark, ending: watched(mark, ended, text, scratch, temporary) };
}

async function watched(
  mark: string,
  ended: Promise<Pick<Ending, 'code' | 'signal'>>,
  text: Pick<Ending, 'stdout' | 'stderr'>,
  scratch: string,
  temporary: string,
): Promise<Ending> {
  const seen = new Set<string>();
  try {
    let ending: Pick<Ending, 'code' | 'signal'> | undefined;
    while (ending === undefined) {
      for (const item of holdingsOf(markedProcesses(mark))) seen.add(item);
      ending = await Promise.race([ended, sleep(100, undefined)]);
    }
    const leftovers = [
      ...markedProcesses(mark).map((pid) => `process ${pid}`),
      ...(await remaining(seen)),
      ...readdirSync(temporary).map((name) => `temporary file ${name}`),
    ];
    return { ...ending, ...text, leftovers, seen };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

export function runCommand(args: readonly string[], options?: StartOptions): Promise<Ending> {
  return startCommand(args, options).ending;
}
