import { describe, expect, it } from 'vitest';
import { inputVariables, runnerCommand, type RunnerStep } from '../../helpers/runner-command.js';

const step: RunnerStep = {
  image: '6f3a1b:0d1c',
  name: '6f3a1b0d1c_a1b2c3',
  label: '6f3a1b',
  environment: {
    'INPUT_MAX-SLOWDOWN': '5',
    GITHUB_WORKSPACE: '/home/runner/work/kit/kit',
    GITHUB_OUTPUT: '/home/runner/work/_temp/_runner_file_commands/set_output_1',
    RUNNER_TEMP: '/home/runner/work/_temp',
    RUNNER_TOOL_CACHE: '/opt/hostedtoolcache',
    NOTE: '/home/runner/work/_tempting',
  },
  workspace: '/home/runner/work/kit/kit',
  temp: '/home/runner/work/_temp',
};

describe("the runner's docker command", () => {
  it('is exactly that of the runner', () => {
    expect(runnerCommand(step).argv.join(' ')).toBe(
      'run --name 6f3a1b0d1c_a1b2c3 --label 6f3a1b --workdir /github/workspace --rm' +
        ' -e INPUT_MAX-SLOWDOWN -e GITHUB_WORKSPACE -e GITHUB_OUTPUT -e RUNNER_TEMP -e RUNNER_TOOL_CACHE -e NOTE -e HOME' +
        ' -e GITHUB_ACTIONS=true -e CI=true' +
        ' -v /var/run/docker.sock:/var/run/docker.sock' +
        ' -v /home/runner/work/_temp:/github/runner_temp' +
        ' -v /home/runner/work/_temp/_github_home:/github/home' +
        ' -v /home/runner/work/_temp/_github_workflow:/github/workflow' +
        ' -v /home/runner/work/_temp/_runner_file_commands:/github/file_commands' +
        ' -v /home/runner/work/kit/kit:/github/workspace' +
        ' 6f3a1b:0d1c',
    );
  });

  it('hands values over in the environment, with the paths of the container', () => {
    expect(runnerCommand(step).environment).toEqual({
      'INPUT_MAX-SLOWDOWN': '5',
      GITHUB_WORKSPACE: '/github/workspace',
      GITHUB_OUTPUT: '/github/file_commands/set_output_1',
      RUNNER_TEMP: '/github/runner_temp',
      RUNNER_TOOL_CACHE: '/opt/hostedtoolcache',
      NOTE: '/home/runner/work/_tempting',
      HOME: '/github/home',
    });
  });

  it('never asks for privilege, a user or an init process', () => {
    const { argv } = runnerCommand(step);
    expect(argv.filter((word) => /^--(privileged|user|init|cap-add|security-opt|pid)/.test(word))).toEqual([]);
  });

  it("adds the job's network and the action's arguments, and leaves a CI of the job's own", () => {
    const { argv } = runnerCommand({ ...step, network: 'n1', args: ['a b'], environment: { CI: '1' } });
    expect(argv).toEqual(expect.arrayContaining(['--network', 'n1', '-e', 'CI']));
    expect(argv).not.toContain('CI=true');
    expect(argv.at(-1)).toBe('a b');
  });

  it('leaves RUNNER_TEMP where an older runner does not mount it', () => {
    const { argv, environment } = runnerCommand({ ...step, mountsTemp: false });
    expect(argv.join(' ')).not.toContain('/github/runner_temp');
    expect(environment.RUNNER_TEMP).toBe('/home/runner/work/_temp');
  });
});

describe('inputs', () => {
  it('keep their dashes', () => {
    expect(inputVariables({ 'github-token': 'x', 'with space': 'y' })).toEqual({
      'INPUT_GITHUB-TOKEN': 'x',
      INPUT_WITH_SPACE: 'y',
    });
  });
});
