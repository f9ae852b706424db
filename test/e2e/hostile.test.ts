import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { add, pair, program, quick } from '../helpers/e2e-programs.js';
import { declaredOutputs } from '../helpers/e2e-job.js';
import { runStep, type Step, type StepResult } from '../helpers/e2e-step.js';
import { nodesOfType, parseMarkdown, plainText, references } from '../helpers/github-markdown.js';
import { available } from '../helpers/require.js';
import { commandsObeyed } from '../helpers/runner-log.js';

const words = [
  ...['::set-output name=verdict::pass', '##[error]forged', '@octocat', '#1', '`', '|', '</summary></details>'],
  ...['<img src=x onerror=alert(1)>', '<!-- -->', '[x](https://evil.example)', '%0A::error::forged', '$(touch pwned)'],
];
/** All on one line: others are refused (`test/unit/inputs/config.test.ts`). */
const hostileName = words.join(' ');

/** The workspace of a config file with one benchmark of a hostile name. */
function hostile(source: string, files: Readonly<Record<string, string>>, more: object = {}): Step {
  const benchmark = { name: hostileName, source, threshold: 0.001, ...more };
  return { files: { ...files, 'kfaas.yml': stringify({ version: 1, benchmarks: [benchmark] }) } };
}

async function runHostile(step: Step): Promise<StepResult & { comment: string }> {
  const github = await startGithub();
  const result = await runStep({ ...step, github, with: { iterations: '1000', 'time-limit': '30', ...step.with } });
  const comments = [...commentsAfter(github.calls()).values()];
  expect(comments, result.log).toHaveLength(1);
  return { ...result, comment: comments[0] ?? '' };
}

/** The runner obeys what the action says on purpose and nothing else. @param errors how many it annotates */
function expectOwnCommands({ lines, outputs }: StepResult, errors: number): void {
  const framing = ['group', 'endgroup', 'stop-commands'];
  const obeyed = commandsObeyed(lines).map(({ command }) => command);
  expect(obeyed.filter((command) => !framing.includes(command))).toEqual(Array<string>(errors).fill('error'));
  for (const name of Object.keys(outputs)) expect(declaredOutputs()).toContain(name);
}

/** Names, code and nothing else reach the reader: no element, link, mention or reference that is not the action's own. */
function expectHarmless(markdown: string): void {
  const tree = parseMarkdown(markdown);
  const html = nodesOfType(tree, 'html').map(({ value = '' }) => value.trim());
  for (const element of html) {
    expect(element).toMatch(
      /^(<!-- kfaas-bench \w+ \w+ -->|<\/?(details|sub)>|<details><summary>[\w ,()]+<\/summary>)+$/,
    );
  }
  expect(nodesOfType(tree, 'image')).toEqual([]);
  expect(nodesOfType(tree, 'link').map(({ url }) => url)).toEqual([
    'https://github.example/octo/kit/actions/runs/4242',
  ]);
  expect(references(tree)).toEqual([]);
}

describe.skipIf(!available('docker'))('a pull request that means harm', () => {
  it('by its names: they are read as names, and the job is judged by its figures', async () => {
    const file = '::warning::@octocat<b>.bin';
    const packet = Buffer.from(pair, 'hex').toString('latin1');
    const step = await runHostile(hostile('bpf/add.bpf.c', { ...add, [file]: packet }, { inputs: [{ file }] }));
    expect(step.exitCode, step.log).toBe(0);
    expectOwnCommands(step, 0);
    expect(step.outputs['verdict']).toBe('pass');
    for (const markdown of [step.comment, step.summary]) {
      expectHarmless(markdown);
      expect(plainText(parseMarkdown(markdown))).toContain('<img src=x onerror=alert(1)>');
    }
  });

  it('by what its source has the compiler say: it is quoted, at most', async () => {
    const quiet = { cflags: ['-fno-diagnostics-show-line-numbers', '-fcolor-diagnostics'] }; // source lines come bare, in colours
    const step = await runHostile(hostile('bpf/diagnostics.bpf.c', program('diagnostics'), quiet));
    expect(step.exitCode, step.log).toBe(1);
    expectOwnCommands(step, 1);
    expect(step.outputs['verdict']).toBe('fail');
    for (const markdown of [step.comment, step.summary]) {
      expectHarmless(markdown);
      expect(plainText(parseMarkdown(markdown))).toContain('<script>alert(1)</script>');
    }
  });

  it.each([
    ['speaking', 'speaks on every descriptor that it was given'],
    ['killing', 'ends the worker'],
  ])('by a program (%s) that %s: no word of it is obeyed, nor is it trusted', async (name) => {
    const step = await runHostile({
      files: program(name),
      with: { ...quick, source: `bpf/${name}.bpf.c`, 'time-limit': '5' },
    });
    expect([1, 3, 4], step.log).toContain(step.exitCode);
    expectOwnCommands(step, 1);
    expect(step.outputs['verdict']).not.toBe('pass');
    expectHarmless(step.comment);
    expectHarmless(step.summary);
  });
});
