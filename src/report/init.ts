/** What `init` did, and what to do next. */
import { visible } from './escape.js';

export interface Initialised {
  /** From the current folder: the config file, and the workflow. */
  readonly written: readonly string[];
  /** Names. */
  readonly benchmarks: readonly string[];
  /** Objects that git ignores, which are in the config file as a comment only. */
  readonly ignored: readonly string[];
}

export function renderInitialised({ written, benchmarks, ignored }: Initialised): string {
  const lines = [
    ...written.map((file) => `wrote    ${visible(file)}`),
    `measures ${visible(benchmarks.join(', '))}`,
    ...(ignored.length === 0
      ? []
      : [`left out ${visible(ignored.join(', '))}: ignored by git, so \`build:\` must make it`]),
    '',
    'next',
    '  sudo kfaas-bench run     measures them here',
    `  edit ${visible(written[0] ?? '')}`.padEnd(27) + 'inputs of your own, what to expect of them, limits',
    `  git add ${visible(written.join(' '))}`,
    '                           commit, and open a pull request: its comment tells what changed against the base',
  ];
  return `${lines.join('\n')}\n`;
}
