/** The command line: what it offers, and what was asked for. Nothing is run from here. */
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import {
  growthLimitSchema,
  limitsSchema,
  measurementPlanSchema,
  mostMapElements,
  twinChoices,
} from '../domain/plan.js';
import { budgetMetrics, userArms } from '../domain/words.js';
import type { CaptureTarget } from '../domain/captured.js';
import { KfaasError } from '../errors.js';
import { defaultMaxSlowdownPercent } from './limits.js';
import { measurementDefaults } from './plan.js';
import type { Field, Request } from './request.js';
import { allowedNumbers, parseNumber } from './values.js';

export interface RunInvocation {
  /** `compare` is a run with a base. */
  readonly command: 'run' | 'compare';
  readonly request: Request;
  readonly json: boolean;
  readonly color: boolean;
  /** Whether every line and the code are told, and not only what is needed. */
  readonly explain: boolean;
  /** Where to save the record; absent: nowhere. */
  readonly recordFile?: string;
  /** Where verifier logs are saved; absent: the default. */
  readonly outputFolder?: string;
}

export interface ReportInvocation {
  readonly command: 'report';
  readonly recordFile: string;
  readonly json: boolean;
  readonly color: boolean;
  /** As of a run. */
  readonly explain: boolean;
}

export interface DoctorInvocation {
  readonly command: 'doctor';
  readonly json: boolean;
  readonly color: boolean;
}

export interface InitInvocation {
  readonly command: 'init';
  readonly request: Request;
  /** Whether files that are there may be overwritten. */
  readonly force: boolean;
  readonly json: boolean;
  readonly color: boolean;
}

export interface CaptureInvocation {
  readonly command: 'capture';
  readonly target: CaptureTarget;
  /** Elements of each map. */
  readonly limit: number;
  readonly json: boolean;
  readonly color: boolean;
}

/** Help or the version: print it and be done. */
export interface PrintInvocation {
  readonly command: 'print';
  readonly text: string;
}

export type Invocation =
  RunInvocation | ReportInvocation | DoctorInvocation | InitInvocation | CaptureInvocation | PrintInvocation;

const { iterations, rounds, seed, timeLimitSeconds } = measurementPlanSchema.shape;
const allowed = {
  iterations: allowedNumbers(iterations),
  rounds: allowedNumbers(rounds.unwrap()),
  seed: allowedNumbers(seed),
  'time-limit': allowedNumbers(timeLimitSeconds),
  threshold: allowedNumbers(limitsSchema.shape.threshold.unwrap()),
  'max-slowdown': allowedNumbers(limitsSchema.shape.maxSlowdownPercent.unwrap()),
  'max-speedup-loss': allowedNumbers(limitsSchema.shape.maxSpeedupLossPercent.unwrap()),
  'max-instructions-growth': allowedNumbers(growthLimitSchema.shape.percent),
};

/** Options of `run` and `compare` that make the plan; each is text here, and is parsed where the action's inputs are. */
const planOptions = {
  config: ['-c, --config <file>', 'benchmarks to run (default: kfaas.yml where it exists)'],
  program: ['-p, --program <name>', 'program in SOURCE, where it holds more than one'],
  packet: [
    '--packet <file|name|hex>',
    "input of the program: a file's bytes, a capture's packets (trace.pcap, trace.pcap#1-20), a built-in packet (udp4, all), or hex digits; may be repeated",
  ],
  cflag: ['--cflag <flag>', 'flag for clang on both sides, such as --cflag=-Iinclude; may be repeated'],
  'seed-maps': ['--seed-maps', 'put the keys that a dry run looks up in vain into their maps first'],
  twin: [
    '--twin <kind>',
    `user-space side of a program with maps or helpers: ${twinChoices.join(', ')} (default: what proves equal; one in the config file wins)`,
  ],
  only: ['--only <name>', 'run this benchmark only; may be repeated'],
  iterations: [
    '-n, --iterations <number>',
    `invocations per side and benchmark, at least: ${allowed.iterations} (default: ${measurementDefaults.iterations})`,
  ],
  'compare-with': [
    '--compare-with <arm>',
    `user-space side of the speedup: ${userArms.join(', ')} (default: ${measurementDefaults.compareWith})`,
  ],
  threshold: [
    '--threshold <ratio>',
    `smallest speedup (user ÷ kernel) that passes: ${allowed.threshold} (default: none; one in the config file wins)`,
  ],
  budget: [
    '--budget <name=number>',
    `largest exact figure that passes, of ${budgetMetrics.join(', ')}: --budget ${budgetMetrics[0]}=4000; may be repeated`,
  ],
  'time-limit': [
    '--time-limit <seconds>',
    `measuring per benchmark: ${allowed['time-limit']} (default: ${measurementDefaults.timeLimitSeconds})`,
  ],
  rounds: ['--rounds <number>', `exactly so many: ${allowed.rounds} (default: as many as the verdict needs)`],
  seed: ['--seed <number>', `of every random draw: ${allowed.seed} (default: another each time; it is printed)`],
  'working-directory': ['-C, --working-directory <folder>', 'where paths start (default: the current folder)'],
} as const satisfies { readonly [F in Exclude<Field, 'source' | BaseField>]: readonly [string, string] };

type BaseField = 'base' | 'max-slowdown' | 'max-speedup-loss' | 'max-growth' | 'max-instructions-growth';

/** What `compare` has beyond `run`. */
const baseOptions = {
  base: [
    '--base <ref|folder|record>',
    'what to compare with: a branch, tag or commit; a folder such as ../old; or a saved record.json, which nothing is judged by',
  ],
  'max-slowdown': [
    '--max-slowdown <percent>',
    `largest growth of kernel time that passes: ${allowed['max-slowdown']} (default: ${defaultMaxSlowdownPercent}; one in the config file wins)`,
  ],
  'max-speedup-loss': [
    '--max-speedup-loss <percent>',
    `largest loss of the speedup that passes: ${allowed['max-speedup-loss']} (default: none; one in the config file wins)`,
  ],
  'max-instructions-growth': [
    '--max-instructions-growth <percent>',
    `largest growth of executed instructions that passes, on every input: ${allowed['max-instructions-growth']} (default: none)`,
  ],
  'max-growth': [
    '--max-growth <name=percent[,slack]>',
    `largest growth of an exact figure that passes: --max-growth ${budgetMetrics[0]}=10, or 10,64 where up to 64 more pass as well; may be repeated`,
  ],
} as const satisfies { readonly [F in BaseField]: readonly [string, string] };

const repeatable = new Set<string>(['packet', 'cflag', 'only', 'budget', 'max-growth']);

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

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

function newProgram(version: string, onInvocation: (invocation: Invocation) => void): Command {
  const program = new Command('kfaas-bench')
    .description('Runs a function in user space and in the kernel as eBPF, proves both, and compares them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', '\nWithout a command: run.');

  const run = measuringCommand(program, 'run', planOptions);
  run.description('measure, prove and judge').addHelpText('after', examples);
  const compare = measuringCommand(program, 'compare', { ...baseOptions, ...planOptions });
  compare.description('the same against a base: is it slower now?').addHelpText('after', compareExamples);

  const report = program.command('report').argument('<RECORD>', 'file that `run --record` saved');
  report.description('judge and print a saved record again');
  const doctor = program.command('doctor').description('what this machine can do, and what to do where it cannot');
  const capture = program
    .command('capture')
    .description('what the maps of a loaded program hold, as `maps:` of a config file');
  capture.option('--id <number>', "the kernel's number for it").option('--name <name>', 'what it is called');
  capture
    .option('--pinned <path>', 'where it is pinned')
    .option('--limit <number>', `elements of each map: ${limitAllowed} (default: ${defaultLimit})`);
  const init = program
    .command('init')
    .argument('[SOURCE...]', 'C sources or objects (default: every *.bpf.c, *.bpf.o)');
  init.description('write a kfaas.yml and a workflow to start from');
  init.option('--force', 'overwrite what is there').option(...planOptions['working-directory']);
  for (const command of [run, compare, report, doctor, capture, init]) {
    command.option('--json', 'print one JSON document instead of text');
    command.option('--no-color', 'print without colours (so does the variable NO_COLOR)');
  }

  for (const command of [run, compare, report]) {
    command.option(
      '--explain',
      'tell every source line with its executed instructions, and beside a base how the code differs',
    );
  }

  run.action((sources: string[]) => onInvocation(runInvocation('run', sources, run)));
  compare.action((sources: string[]) => onInvocation(runInvocation('compare', sources, compare)));
  report.action((recordFile: string) =>
    onInvocation({ command: 'report', recordFile, ...outputOptions(report), explain: isExplaining(report) }),
  );
  doctor.action(() => onInvocation({ command: 'doctor', ...outputOptions(doctor) }));
  capture.action(() => onInvocation(captureInvocation(capture)));
  init.action((sources: string[]) => onInvocation(initInvocation(sources, init)));
  return program;
}

const limitSchema = z.int().min(1).max(mostMapElements);
const limitAllowed = allowedNumbers(limitSchema);
const defaultLimit = 1_000;

function captureInvocation(capture: Command): CaptureInvocation {
  const { id, name, pinned, limit } = capture.opts<Partial<Record<'id' | 'name' | 'pinned' | 'limit', string>>>();
  const targets: CaptureTarget[] = [
    ...(id === undefined ? [] : [{ id: parseNumber({ name: '--id', text: id }, z.int().min(1).max(0xffff_ffff)) }]),
    ...(name === undefined ? [] : [{ name }]),
    ...(pinned === undefined ? [] : [{ pinned }]),
  ];
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    throw new KfaasError({
      kind: 'usage',
      message: target === undefined ? 'capture without a program' : 'capture with several programs',
      remedy: 'give one of --id, --name and --pinned; `bpftool prog` lists what is loaded',
    });
  }
  return {
    command: 'capture',
    target,
    limit: limit === undefined ? defaultLimit : parseNumber({ name: '--limit', text: limit }, limitSchema),
    ...outputOptions(capture),
  };
}

function initInvocation(sources: readonly string[], init: Command): InitInvocation {
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

function nameOfField(field: Field): string {
  return field === 'source' ? 'SOURCE' : `--${field}`;
}

function measuringCommand(
  program: Command,
  name: string,
  options: Readonly<Record<string, readonly [flags: string, description: string]>>,
): Command {
  const command = program
    .command(name)
    .argument('[SOURCE...]', 'C sources or objects of eBPF programs, one benchmark each');
  for (const [flags, description] of Object.values(options)) {
    const option = new Option(flags, description);
    command.addOption(repeatable.has(option.name()) ? option.argParser(collect) : option);
  }
  return command
    .option('--record <file>', 'save everything that was measured, as JSON (default: not saved)')
    .option('--output <folder>', 'where verifier logs are saved, if there are any (default: kfaas-bench-out)');
}

function outputOptions(command: Command): { json: boolean; color: boolean } {
  const { json = false, color } = command.opts<{ json?: boolean; color: boolean }>();
  return { json, color };
}

function isExplaining(command: Command): boolean {
  return command.opts<{ explain?: boolean }>().explain === true;
}

function runInvocation(command: RunInvocation['command'], sources: readonly string[], run: Command): RunInvocation {
  const options = run.opts<{ record?: string; output?: string }>();
  const values: { [F in Field]?: readonly string[] } = sources.length === 0 ? {} : { source: sources };
  for (const option of run.options) {
    const name = option.name();
    if (!isPlanField(name)) continue;
    const value: unknown = run.getOptionValue(option.attributeName());
    if (typeof value === 'string') values[name] = [value];
    if (value === true) values[name] = ['true'];
    if (Array.isArray(value)) values[name] = value.map(String);
  }
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
    ...outputOptions(run),
    explain: isExplaining(run),
    ...(options.record === undefined ? {} : { recordFile: options.record }),
    ...(options.output === undefined ? {} : { outputFolder: options.output }),
  };
}

function isPlanField(name: string): name is keyof typeof planOptions | BaseField {
  return name in planOptions || name in baseOptions;
}

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
