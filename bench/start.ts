/**
 * The action's own time: a step as the runner runs it against a bare command line in the same image, on the same program
 * with the same plan, in turns. What it takes more is the orchestrator's: the sibling container that may load BPF, the
 * reports, the comment (GitHub is a fake on 127.0.0.1). Prints a table; exits with 1 where the action takes 3 s more.
 *
 *   npm run bench:start [-- REPETITIONS]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installationFolder } from '../src/installation.js';
import { inputVariables, runnerCommand } from '../test/helpers/runner-command.js';
import { median, table } from './bench.js';

const GOAL_SECONDS = 3;
const repetitions = Number(process.argv[2] ?? 10);
const root = installationFolder();
const image = 'kfaas-bench-start';
const github = `kfaas-bench-start-github-${String(process.pid)}`;
const apiPort = 8080;

/** Decided at the judge's first look, so that both measure the same 30 rounds. */
const plan = { source: 'add.bpf.c', packet: '0a00000014000000', iterations: '1000', threshold: '0.001' };

function docker(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  return execFileSync('docker', argv, { encoding: 'utf8', env: { ...process.env, ...environment } });
}

function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** The folders and files of one step, made as the runner makes them. */
function layOut(folder: string): { workspace: string; temp: string; environment: Record<string, string> } {
  const workspace = path.join(folder, 'kit/kit');
  const temp = path.join(folder, '_temp');
  const commands = path.join(temp, '_runner_file_commands');
  for (const each of [workspace, commands, path.join(temp, '_github_workflow')]) mkdirSync(each, { recursive: true });
  const event = path.join(temp, '_github_workflow/event.json');
  const [output, summary] = [path.join(commands, 'set_output_1'), path.join(commands, 'step_summary_1')];
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
  for (const file of [output, summary]) writeFileSync(file, '');
  cpSync(path.join(root, 'bpf/functions/add.bpf.c'), path.join(workspace, plan.source));
  const environment = {
    ...inputVariables({ ...plan, 'github-token': 'token' }),
    GITHUB_API_URL: `http://127.0.0.1:${String(apiPort)}`,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: event,
    GITHUB_JOB: 'bench',
    GITHUB_OUTPUT: output,
    GITHUB_REPOSITORY: 'octo/kit',
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_WORKFLOW: 'CI',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
  };
  return { workspace, temp, environment };
}

function startFakeGithub(): void {
  docker([
    ...['run', '--rm', '--detach', '--name', github, '--network', 'none'],
    ...['-v', `${path.join(root, 'test/helpers/fake-github')}:/fake-github:ro`],
    ...['--entrypoint', 'node', image, '/fake-github/server.mjs', '--port', String(apiPort)],
  ]);
}

interface Repetition {
  readonly startSeconds: number;
  readonly commandLineSeconds: number;
  readonly actionSeconds: number;
}

function repetition(step: ReturnType<typeof layOut>): Repetition {
  const { source, packet, iterations, threshold } = plan;
  const { workspace, temp, environment } = step;
  // What the worker's container has, no more and no less.
  const rights = ['--cap-drop', 'ALL', '--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined'];
  const asked = ['--packet', packet, '--iterations', iterations, '--threshold', threshold];
  const action = runnerCommand({
    ...{ image, name: `kfaas_bench_start_${String(process.pid)}`, label: '6f3a1b', network: `container:${github}` },
    ...{ environment, workspace, temp },
  });
  return {
    startSeconds: seconds(() => docker(['run', '--rm', image, '--version'])),
    commandLineSeconds: seconds(() =>
      docker(['run', '--rm', ...rights, '-v', `${workspace}:/workspace:ro`, image, 'run', source, ...asked]),
    ),
    actionSeconds: seconds(() => {
      const log = docker(action.argv, action.environment);
      if (!/^Comment (created|updated)/m.test(log)) throw new Error(`the action wrote no comment:\n${log}`);
    }),
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'kfaas-bench-start-'));
try {
  docker(['build', '--quiet', '-t', image, root]);
  startFakeGithub();
  const step = layOut(folder);
  repetition(step); // nothing is in the page cache yet
  const all = Array.from({ length: repetitions }, () => repetition(step));
  const row = (what: string, values: readonly number[], unit = ''): string[] => [
    what,
    ...[Math.min(...values), median(values), Math.max(...values)].map((value) => `${value.toFixed(2)}${unit}`),
  ];
  const own = all.map(({ actionSeconds, commandLineSeconds }) => actionSeconds - commandLineSeconds);
  console.log(`${String(repetitions)} repetitions in turns, seconds of wall time\n`);
  console.log(
    table(
      ['', 'least', 'median', 'most'],
      [
        row(
          'container and Node (--version)',
          all.map(({ startSeconds }) => startSeconds),
        ),
        row(
          'bare command line',
          all.map(({ commandLineSeconds }) => commandLineSeconds),
        ),
        row(
          'action',
          all.map(({ actionSeconds }) => actionSeconds),
        ),
        row('action − command line', own),
        row(
          'action ÷ command line',
          all.map(({ actionSeconds, commandLineSeconds }) => actionSeconds / commandLineSeconds),
          'x',
        ),
      ],
    ),
  );
  process.exitCode = median(own) < GOAL_SECONDS ? 0 : 1;
} finally {
  execFileSync('docker', ['rm', '--force', github], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}
