/**
 * The command line with which the GitHub runner starts a Docker container action: actions/runner v2.336,
 * `ContainerActionHandler.RunAsync` and `DockerCommandManager.DockerRun`. Pure.
 */
import path from 'node:path';

export interface RunnerStep {
  readonly image: string;
  /** The runner makes it from the image's name and six random digits. */
  readonly name: string;
  /** Six hex digits of the runner's own, by which it finds what it started. */
  readonly label: string;
  /** As the step's environment is on the runner's machine, inputs included; paths are those of the machine. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of the runner's machine, or names of volumes where the runner is a container itself. */
  readonly workspace: string;
  readonly temp: string;
  /** The job's network, where it has services or a container of its own. */
  readonly network?: string;
  readonly socket?: string;
  /** Older runners mount no `/github/runner_temp` (actions/runner#4011, September 2025). */
  readonly mountsTemp?: boolean;
  readonly args?: readonly string[];
}

export interface RunnerCommand {
  /** Arguments of `docker`. */
  readonly argv: string[];
  /** What `docker` finds in its own environment: values never stand on the command line. */
  readonly environment: Record<string, string>;
}

export function runnerCommand(step: RunnerStep): RunnerCommand {
  const folders = mountedFolders(step);
  const environment = Object.fromEntries(
    Object.entries({ ...step.environment, HOME: path.posix.join(step.temp, '_github_home') }).map(([name, value]) => [
      name,
      inContainer(value, folders),
    ]),
  );
  return {
    argv: [
      'run',
      ...['--name', step.name],
      ...['--label', step.label],
      ...['--workdir', '/github/workspace'],
      '--rm',
      ...Object.keys(environment).flatMap((name) => ['-e', name]),
      ...['-e', 'GITHUB_ACTIONS=true'],
      ...('CI' in environment ? [] : ['-e', 'CI=true']),
      ...(step.network === undefined ? [] : ['--network', step.network]),
      ...['-v', `${step.socket ?? '/var/run/docker.sock'}:/var/run/docker.sock`],
      ...folders.flatMap(([machine, container]) => ['-v', `${machine}:${container}`]),
      step.image,
      ...(step.args ?? []),
    ],
    environment,
  };
}

/** Pairs of a folder of the machine and where the container has it, in the runner's order. */
function mountedFolders({ temp, workspace, mountsTemp = true }: RunnerStep): [string, string][] {
  return [
    ...(mountsTemp ? [[temp, '/github/runner_temp'] as [string, string]] : []),
    [path.posix.join(temp, '_github_home'), '/github/home'],
    [path.posix.join(temp, '_github_workflow'), '/github/workflow'],
    [path.posix.join(temp, '_runner_file_commands'), '/github/file_commands'],
    [workspace, '/github/workspace'],
  ];
}

/** A value that is a path of the machine, or starts with one, as the container sees it; the longest path counts. */
function inContainer(value: string, folders: readonly [string, string][]): string {
  const mapping = [...folders]
    .sort(([a], [b]) => b.length - a.length)
    .find(([machine]) => value === machine || value.startsWith(`${machine}/`));
  return mapping === undefined ? value : mapping[1] + value.slice(mapping[0].length);
}

/** `with:` of a workflow as the runner hands it over: spaces become underscores, dashes stay. */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}
