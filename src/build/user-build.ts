/**
 * The project's own build command, run in a writable copy of each tree. It is untrusted and may start whatever it likes:
 * it runs in a process namespace of its own, which the kernel empties when the command ends or we do.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { KfaasError } from '../errors.js';
import { run } from './run.js';
import type { Toolchain } from './toolchain.js';
import { unprivileged } from './unprivileged.js';

export interface UserBuild {
  /** For `sh -c`. */
  readonly command: string;
  /** The whole tree, which is copied; absolute. */
  readonly root: string;
  /** Where in it the command is run; absolute. */
  readonly folder: string;
  /** Where copies are kept; absolute. */
  readonly copies: string;
  /** How messages call the tree, and what its copy is named. */
  readonly treeName: string;
  readonly toolchain: Toolchain;
  readonly timeLimitSeconds: number;
}

/** Of the command's output, this much from its end is told. */
const TAIL_BYTES = 16 * 1024;
const TAIL_LINES = 40;

/**
 * @returns what `folder` is in the copy, absolute
 * @throws KfaasError (build) where the command fails or takes too long, (environment) where the tree cannot be copied
 */
export async function buildInCopy(build: UserBuild): Promise<string> {
  // Every tree is built at one path, so that a path which ends up in an object is no difference between two of them.
  const workplace = join(build.copies, 'building');
  const [tree, temporary] = [join(workplace, 'tree'), join(workplace, 'tmp')];
  mkdirSync(temporary, { recursive: true });
  await copyTree(build, tree);
  const inTree = relative(realpathSync(build.root), realpathSync(build.folder));
  const ended = await runShell(build, join(tree, inTree), temporary);
  if (ended.problem !== undefined) throw buildFailure(build, ended.problem, ended.tail);
  const copy = join(build.copies, build.treeName);
  renameSync(tree, copy);
  rmSync(workplace, { recursive: true });
  return join(copy, inTree);
}

/** Modes, links and times are kept: by these make knows what is fresh. Owners cannot be kept without a capability. */
async function copyTree({ root, treeName }: UserBuild, target: string): Promise<void> {
  const flags = ['-R', '--no-dereference', '--preserve=mode,timestamps,links', '--reflink=auto'];
  const { code, stderr } = await run('cp', [...flags, '--', root, target]);
  if (code === 0) return;
  throw new KfaasError({
    kind: 'environment',
    message: `the tree of ${treeName} (${root}) cannot be copied for \`build\`: ${stderr.trim().split('\n')[0] ?? ''}`,
    remedy: 'see that its files may be read and that there is room for a copy among the temporary files (TMPDIR)',
    detail: lastLines(stderr),
  });
}

interface Ended {
  /** Absent where the command succeeded. */
  readonly problem?: string;
  readonly tail: string;
}

function runShell(build: UserBuild, folder: string, temporary: string): Promise<Ended> {
  const { command, toolchain, timeLimitSeconds } = build;
  // The child is killed when unshare is, and with it, as the first process of its namespace, all that it started.
  const shell = ['unshare', '--pid', '--fork', '--kill-child', ...unprivileged(['sh', '-c', command], process.env)];
  return new Promise((resolve, reject) => {
    const child = spawn(shell[0] ?? '', shell.slice(1), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: buildEnvironment(process.env, toolchain, temporary),
    });
    let tail = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-TAIL_BYTES)));
    }
    let isLate = false;
    const clock = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeLimitSeconds * 1000);
    child.on('error', (error) => {
      clearTimeout(clock);
      reject(notStarted(error));
    });
    child.on('close', (code, signal) => {
      clearTimeout(clock);
      const problem = isLate
        ? `took more than ${timeLimitSeconds} s`
        : code === 0
          ? undefined
          : `ended with ${code === null ? String(signal) : `exit code ${code}`}`;
      resolve({ tail, ...(problem === undefined ? {} : { problem }) });
    });
  });
}

/**
 * `CLANG` is the variable that makefiles of eBPF programs read. `CC` is set where nothing else is: an image without gcc has
 * no `cc`. What a make around us left for its children would confuse the one inside.
 */
export function buildEnvironment(
  ours: NodeJS.ProcessEnv,
  { clang }: Toolchain,
  temporaryFolder: string,
): NodeJS.ProcessEnv {
  const ofMake = new Set(['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES']);
  const kept = Object.fromEntries(Object.entries(ours).filter(([name]) => !ofMake.has(name)));
  return { CC: clang, ...kept, CLANG: clang, TMPDIR: temporaryFolder };
}

function buildFailure({ command, treeName }: UserBuild, problem: string, tail: string): KfaasError {
  return new KfaasError({
    kind: 'build',
    message: `\`build: ${command}\` ${problem} in the tree of ${treeName}`,
    remedy: 'run it in a fresh copy of that tree; it finds no network in the action, and clang, make and bpftool',
    detail: lastLines(tail) || 'it printed nothing',
  });
}

function notStarted(error: Error): KfaasError {
  return new KfaasError(
    {
      kind: 'environment',
      message: `\`build\` cannot be run: ${error.message}`,
      remedy: 'install unshare (Debian and Ubuntu: apt-get install util-linux)',
    },
    { cause: error },
  );
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
}
