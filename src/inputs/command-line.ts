/** The command line: what it offers, and what was asked for. Nothing is run from here. */
import { Command, CommanderError } from 'commander';
import { KfaasError } from '../errors.js';
import { addCapture } from './command-line/capture.js';
import { addInit } from './command-line/init.js';
import type { Invocation } from './command-line/invocation.js';
import { addCompare, addRun } from './command-line/measuring.js';
import { addExplainOption, addOutputOptions, isExplaining, outputOptions } from './command-line/shared-options.js';

/**
 * @param args what follows the program's name.
 * @throws KfaasError (usage) for an unknown command or option.
 */
export function parseCommandLine(args: readonly string[], version: string): Invocation {
  let invocation: Invocation | undefined;
  let printed = '';
  const program = newProgram(version, (chosen) => {
    invocation = chosen;
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => undefined, // comes back as the error's message
    });
  }
  try {
    program.parse(args.length === 0 ? ['run'] : args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'print', text: printed };
    const command = program.commands.find((known) => known.name() === args[0]);
    throw new KfaasError({
      kind: 'usage',
      message: error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '),
      remedy: `see \`kfaas-bench ${command === undefined ? '' : `${command.name()} `}--help\` for what is allowed`,
    });
  }
  if (invocation === undefined) throw new TypeError('commander parsed a command line and called no action');
  return invocation;
}

type OnInvocation = (invocation: Invocation) => void;

/** Its help lists the commands in this order. */
function newProgram(version: string, onInvocation: OnInvocation): Command {
  const program = new Command('kfaas-bench')
    .description('Runs a function in user space and in the kernel as eBPF, proves both, and compares them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', '\nWithout a command: run.');
  addRun(program, onInvocation);
  addCompare(program, onInvocation);
  addReport(program, onInvocation);
  addDoctor(program, onInvocation);
  addCapture(program, onInvocation);
  addInit(program, onInvocation);
  return program;
}

function addReport(program: Command, onInvocation: OnInvocation): void {
  const report = program
    .command('report')
    .argument('<RECORD>', 'file that `run --record` saved')
    .description('judge and print a saved record again');
  addOutputOptions(report);
  addExplainOption(report);
  report.action((recordFile: string) => {
    onInvocation({ command: 'report', recordFile, ...outputOptions(report), explain: isExplaining(report) });
  });
}

function addDoctor(program: Command, onInvocation: OnInvocation): void {
  const doctor = program.command('doctor').description('what this machine can do, and what to do where it cannot');
  addOutputOptions(doctor);
  doctor.action(() => {
    onInvocation({ command: 'doctor', ...outputOptions(doctor) });
  });
}
