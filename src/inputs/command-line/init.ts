/** `kfaas-bench init`. */
import type { Command } from 'commander';
import type { InitInvocation } from './invocation.js';
import { planOptions } from './plan-options.js';
import { addOutputOptions, nameOfField, outputOptions } from './shared-options.js';

export function addInit(program: Command, onInvocation: (invocation: InitInvocation) => void): void {
  const init = program
    .command('init')
    .argument('[SOURCE...]', 'C sources or objects (default: every *.bpf.c, *.bpf.o)')
    .description('write a kfaas.yml and a workflow to start from')
    .option('--force', 'overwrite what is there')
    .option(...planOptions['working-directory']);
  addOutputOptions(init);
  init.action((sources: string[]) => {
    onInvocation(invocationOf(sources, init));
  });
}

function invocationOf(sources: readonly string[], init: Command): InitInvocation {
  const { force = false, workingDirectory } = init.opts<{ force?: boolean; workingDirectory?: string }>();
  return {
    command: 'init',
    request: {
      nameOf: nameOfField,
      values: {
        source: sources,
        ...(workingDirectory === undefined ? {} : { 'working-directory': [workingDirectory] }),
      },
    },
    force,
    ...outputOptions(init),
  };
}
