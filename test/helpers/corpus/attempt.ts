/** One program of the corpus: loaded, proven by its twins, and what came of it. */
import { closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KfaasError } from '../../../src/errors.js';
import { empty } from '../../../src/load/instructions.js';
import { Errno, type Libbpf } from '../../../src/load/libbpf.js';
import { loadProgram } from '../../../src/load/object.js';
import { openObject } from '../../../src/load/open-object.js';
import { buildTwin, type TwinBuilder, type TwinTools } from '../../../src/twin/build.js';
import { nativeBuilder } from '../../../src/twin/native.js';
import { proveTwin } from '../../../src/twin/proof.js';
import type { ProofInput, TwinVerdict } from '../../../src/twin/verdict.js';
import type { CorpusObject } from './objects.js';

export interface Outcome {
  readonly kind: TwinVerdict['kind'] | 'refused';
  /** What is unsupported, the first difference, or why the kernel refuses it; empty for what is equal. */
  readonly reason: string;
}

export interface Attempt extends Outcome {
  readonly object: string;
  /** Empty where the object has none that could be looked at. */
  readonly program: string;
  /** Of the native twin, where that was asked for and there is a source. */
  readonly native?: Outcome;
}

export interface AttemptOptions {
  readonly tools: TwinTools;
  readonly inputs: readonly ProofInput[];
  /** Tries the native twin of what has a source too. */
  readonly native: boolean;
}

/** `enum bpf_prog_type`: socket_filter, sched_cls, sched_act, xdp, cgroup_skb, lwt_*, flow_dissector. */
const TYPES = [1, 3, 4, 6, 8, 10, 11, 12, 19, 22];

interface Named {
  readonly name: string;
  readonly type: number;
}

/** All programs of an object that are of the types that the corpus is about. */
export async function attemptAll(options: AttemptOptions, { name, object, unit }: CorpusObject): Promise<Attempt[]> {
  if ('refused' in object) return [refusedWhole(name, `it does not compile: ${object.refused}`)];
  let programs: Named[];
  try {
    programs = programsOf(options.tools.libbpf, object.path);
  } catch (error) {
    if (!(error instanceof KfaasError)) throw error;
    return [refusedWhole(name, error.message)];
  }
  const attempts: Attempt[] = [];
  for (const program of programs) {
    const translated = await attempt(options, object.path, program, buildTwin);
    const tries = options.native && unit !== undefined && translated.kind !== 'refused';
    const native = tries ? { native: await attempt(options, object.path, program, nativeBuilder(unit)) } : {};
    attempts.push({ object: name, program: program.name, ...translated, ...native });
  }
  return attempts;
}

function refusedWhole(object: string, reason: string): Attempt {
  return { object, program: '', kind: 'refused', reason: reason.split('\n')[0] ?? '' };
}

function programsOf(libbpf: Libbpf, file: string): Named[] {
  const object = openObject(libbpf, { object: file, source: path.basename(file) });
  try {
    return libbpf
      .programsOf(object)
      .filter((program) => libbpf.programSection(program) !== '.text')
      .map((program) => ({ name: libbpf.programName(program), type: libbpf.programType(program) }))
      .filter(({ type }) => TYPES.includes(type));
  } finally {
    libbpf.closeObject(object);
  }
}

async function attempt(
  { tools, inputs }: AttemptOptions,
  object: string,
  { name, type }: Named,
  build: TwinBuilder,
): Promise<Outcome> {
  const fitting = fittingInputs(tools.libbpf, type, inputs);
  try {
    const { verdict } = await proveTwin(tools, { object, program: name, inputs: fitting }, build);
    return { kind: verdict.kind, reason: reasonOf(verdict) };
  } catch (error) {
    if (error instanceof KfaasError) return { kind: 'unsupported', reason: error.message };
    if (!(error instanceof Errno)) throw error;
    const hasNoTestRun = error.message.startsWith('BPF_PROG_TEST_RUN');
    if (hasNoTestRun) return { kind: 'unsupported', reason: `the kernel has no test run for it (${error.code})` };
    return { kind: 'refused', reason: refusal(tools.libbpf, object, name) ?? error.message };
  }
}

const fitting = new Map<number, readonly ProofInput[]>();

/** Those that the kernel runs an empty program of the type on; all where it runs it on none. */
function fittingInputs(libbpf: Libbpf, type: number, inputs: readonly ProofInput[]): readonly ProofInput[] {
  const known = fitting.get(type);
  if (known !== undefined) return known;
  const fd = libbpf.loadPlain({ type, expectedAttachType: 0, flags: 0, insns: empty(0) });
  const found = inputs.filter(({ bytes }) => runs(libbpf, fd, bytes));
  closeSync(fd);
  const those = found.length === 0 ? inputs : found;
  fitting.set(type, those);
  return those;
}

function runs(libbpf: Libbpf, fd: number, dataIn: Buffer): boolean {
  try {
    libbpf.testRun({ fd, repeat: 1, dataIn });
    return true;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return false;
  }
}

/** What the product says of a program that the kernel does not take. */
function refusal(libbpf: Libbpf, object: string, program: string): string | undefined {
  const logFile = path.join(tmpdir(), `kfaas-corpus-${String(process.pid)}.log`);
  try {
    loadProgram(libbpf, { object, source: path.basename(object), program, logFile }).unload();
    return undefined;
  } catch (error) {
    if (!(error instanceof KfaasError)) throw error;
    return error.message.replace(`${program}: `, '').split('\n')[0];
  }
}

function reasonOf(verdict: TwinVerdict): string {
  if (verdict.kind === 'unsupported') return verdict.what;
  if (verdict.kind !== 'differs') return '';
  return verdict.difference + (verdict.input === undefined ? '' : ` on ${verdict.input.name}`);
}
