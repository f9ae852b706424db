/** `kfaas-bench run` and `kfaas-bench compare`. */
import { Option, type Command } from 'commander';
import { KfaasError } from '../../errors.js';
import type { Field } from '../request.js';
import type { RunInvocation } from './invocation.js';
import { baseOptions, isPlanField, planOptions, repeatable } from './plan-options.js';
import { addExplainOption, addOutputOptions, isExplaining, nameOfField, outputOptions } from './shared-options.js';

const exitCodeHelp = 'Exit codes: 0 passed or undecided, 1 failed, 2 wrong usage, 3 this machine cannot, 4 not proven.';

const examples = `
Without SOURCE and without a kfaas.yml every program in *.bpf.c and *.bpf.o files runs; without any, the built-in functions.

Examples:
  kfaas-bench run                                       what kfaas.yml says, or every program here
  kfaas-bench run bpf/filter.bpf.c --packet udp.bin     your own function on your own packet
  kfaas-bench run --only fnv1a --threshold 5            exit code 1 unless it is 5x faster in the kernel

${exitCodeHelp}`;

const compareExamples = `
Both are built, proven and measured here, in the same rounds. Inputs and limits are those of the working directory.
A saved record is of another job and only advice: threshold and budgets are judged beside it, limits against a base are not.

Examples:
  kfaas-bench compare --base main                       the working directory against the branch main
  kfaas-bench compare --base ../old bpf/filter.bpf.c    against the same file below another folder
  kfaas-bench compare --base record.json                beside what \`run --record\` saved

${exitCodeHelp}`;

export function addRun(program: Command, onInvocation: (invocation: RunInvocation) => void): void {
  addMeasuring(program.command('run'), planOptions, onInvocation)
    .description('measure, prove and judge')
    .addHelpText('after', examples);
}

export function addCompare(program: Command, onInvocation: (invocation: RunInvocation) => void): void {
  addMeasuring(program.command('compare'), { ...baseOptions, ...planOptions }, onInvocation)
    .description('the same against a base: is it slower now?')
    .addHelpText('after', compareExamples);
}

function addMeasuring(
  command: Command,
  options: Readonly<Record<string, readonly [flags: string, description: string]>>,
  onInvocation: (invocation: RunInvocation) => void,
): Command {
  command.argument('[SOURCE...]', 'C sources or objects of eBPF programs, one benchmark each');
  for (const [flags, description] of Object.values(options)) {
    const option = new Option(flags, description);
    command.addOption(repeatable.has(option.name()) ? option.argParser(collect) : option);
  }
  command
    .option('--record <file>', 'save everything that was measured, as JSON (default: not saved)')
    .option('--output <folder>', 'where verifier logs are saved, if there are any (default: kfaas-bench-out)');
  addOutputOptions(command);
  addExplainOption(command);
  return command.action((sources: string[]) => {
    onInvocation(invocationOf(sources, command));
  });
}

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

function invocationOf(sources: readonly string[], parsed: Command): RunInvocation {
  const options = parsed.opts<{ record?: string; output?: string }>();
  const values: { [F in Field]?: readonly string[] } = sources.length === 0 ? {} : { source: sources };
  for (const option of parsed.options) {
    const name = option.name();
    if (!isPlanField(name)) continue;
    const value: unknown = parsed.getOptionValue(option.attributeName());
    if (typeof value === 'string') values[name] = [value];
    if (value === true) values[name] = ['true'];
    if (Array.isArray(value)) values[name] = value.map(String);
  }
  const command = parsed.name() === 'compare' ? 'compare' : 'run';
  if (command === 'compare' && values.base === undefined) {
    throw new KfaasError({
      kind: 'usage',
      message: 'compare without --base',
      remedy:
        'give --base: a branch, tag or commit, a folder, or a saved record; `kfaas-bench run` measures without one',
    });
  }
  return {
    command,
    request: { nameOf: nameOfField, values },
    ...outputOptions(parsed),
    explain: isExplaining(parsed),
    ...(options.record === undefined ? {} : { recordFile: options.record }),
    ...(options.output === undefined ? {} : { outputFolder: options.output }),
  };
}
