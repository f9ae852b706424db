/** The sentences that every report says of a benchmark, each written once. None of them is for an untrusted one. */
import { mostTimedInputs } from '../domain/plan.js';
import type { BenchmarkRecord, BenchRecord, BuiltProgram, Environment, Proof } from '../domain/record.js';
import type { ArmEstimate, BenchmarkVerdict } from '../domain/verdict.js';
import type { UserArm } from '../domain/words.js';
import {
  formatBytes,
  formatCount,
  formatMicroseconds,
  formatNs,
  formatRatio,
  formatRatioInterval,
  formatShare,
} from '../units.js';

export function headProgram(record: BenchmarkRecord): BuiltProgram | undefined {
  return record.programs.find((program) => program.revision === 'head');
}

/** What the kernel ran, told apart from the user-space arm `syscall`. */
function kernelLabel(record: BenchmarkRecord): string {
  const type = headProgram(record)?.type ?? 'kernel';
  return type === 'syscall' ? 'syscall program' : type;
}

/** `fnv1a · tc · 106 B`, `filter (tuple_filter) · xdp · 7 inputs of 14 B to 106 B`. */
export function benchmarkTitle(record: BenchmarkRecord): string {
  const program = headProgram(record);
  const { name } = record.plan;
  const sizes = record.plan.inputs.map((input) => input.hex.length / 2);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const range = smallest === largest ? formatBytes(smallest) : `${formatBytes(smallest)} to ${formatBytes(largest)}`;
  return [
    program === undefined || program.program === name || record.plan.every ? name : `${name} (${program.program})`,
    ...(program === undefined ? [] : [program.type]),
    sizes.length === 1 ? range : `${formatCount(sizes.length)} inputs of ${range}`,
  ].join(' · ');
}

/** One of the first three lines, and what stands behind it; the note is empty where there is nothing to add. */
export interface AnnotatedLine {
  readonly text: string;
  readonly note: string;
}

/** The estimate × iterations is what the original benchmark printed; a smaller number of real runs is disclosed. */
function costNote(arm: ArmEstimate, label: string, iterations: number): string {
  const measured = arm.invocations < iterations ? `, from ${formatCount(arm.invocations)} measured` : '';
  return `${formatCount(iterations)} × ${label}, ${formatNs(arm.timeNs.estimate)} ns each${measured}`;
}

/**
 * The three lines of the original benchmark, with true numbers; none where the verdict is untrusted or nothing was
 * measured. The third names a ratio of at least one, whichever side is ahead, and says where the interval holds both.
 */
export function originalLines(
  verdict: BenchmarkVerdict,
  compareWith: UserArm,
  iterations: number,
): readonly AnnotatedLine[] {
  const user = verdict.ladder.find((arm) => arm.arm === compareWith);
  const kernel = verdict.ladder.find((arm) => arm.arm === 'kernel');
  const { speedup } = verdict;
  if (verdict.outcome === 'untrusted' || user === undefined || kernel === undefined || speedup === undefined) return [];
  const faster = speedup.estimate >= 1;
  const ratio = formatRatio(faster ? speedup.estimate : 1 / speedup.estimate);
  const undecided = speedup.low < 1 && speedup.high > 1;
  return [
    {
      text: `User-space execution time: ${formatMicroseconds(user.timeNs.estimate * iterations)} µs`,
      note: costNote(user, compareWith, iterations),
    },
    {
      text: `Kernel-space execution time (eBPF): ${formatMicroseconds(kernel.timeNs.estimate * iterations)} µs`,
      note: costNote(kernel, kernelLabel(verdict.record), iterations),
    },
    {
      text: `eBPF is ${ratio} ${faster ? 'faster' : 'slower'} than user-space execution!`,
      note: undecided ? `either may be ahead: ${formatRatioInterval(speedup.low, speedup.high)}` : '',
    },
  ];
}

/** `empty tc 25.1 ns, empty call 2.4 ns`; empty where no floor was measured. */
export function floorSentence(verdict: BenchmarkVerdict): string {
  const floors = verdict.ladder.flatMap(({ arm, floorNs }) => {
    if (floorNs === undefined) return [];
    return [`empty ${arm === 'kernel' ? kernelLabel(verdict.record) : arm} ${formatNs(floorNs)} ns`];
  });
  return floors.join(', ');
}

/** What proves the figures; empty without proof. */
export function proofSentence(verdict: BenchmarkVerdict): string {
  const proof = headProgram(verdict.record)?.proof;
  if (proof === undefined) return '';
  const { asked, counted } = proof.runCount;
  const inputs = proof.inputs.length === 1 ? '1 input' : `${formatCount(proof.inputs.length)} inputs`;
  const timed = verdict.ladder.find((arm) => arm.arm === 'kernel')?.invocations;
  return [
    `ran ${formatCount(counted)} of ${formatCount(asked)} in the kernel (run_cnt)`,
    verdict.record.extent === undefined ? `${inputs} equal on both sides` : `${inputs} with one result each time`,
    ...(timed === undefined ? [] : [`${formatCount(timed)} timed runs checked`, ...resetPhrase(proof)]),
  ].join(', ');
}

/** Programs that change their packets so that another run would find something else get fresh ones. */
function resetPhrase({ inputs }: Proof): string[] {
  const afresh = inputs.filter(({ isAfresh }) => isAfresh).length;
  if (afresh === 0) return [];
  const some = `${formatCount(afresh)} of ${formatCount(inputs.length)} inputs`;
  return [`the packet${afresh === inputs.length ? '' : ` of ${some}`} reset for every run, off the clock`];
}

/** Said of a program that was given no input of its own: a packet that it does not expect takes its shortest way out. */
export function genericInputsSentence({ plan, programs }: BenchmarkRecord): string {
  if (!plan.genericInputs) return '';
  if (programs.some(({ type }) => type === 'raw_tracepoint'))
    return 'all arguments are zero; give real ones for real figures';
  const count = plan.inputs.length;
  const timed = count > mostTimedInputs ? `, ${mostTimedInputs} of them timed` : '';
  return `${formatCount(count)} built-in generic ${count === 1 ? 'packet' : 'packets'}${timed}; give real ones for real figures`;
}

/** How often the program was laid out afresh, and what that does to it. */
export function layoutSentence(verdict: BenchmarkVerdict): string {
  const kernel = verdict.ladder.find((arm) => arm.arm === 'kernel');
  if (kernel === undefined) return '';
  const rounds = formatCount(verdict.record.rounds);
  return `${rounds} rounds of fresh loads, randomised; this program moves by ${formatShare(kernel.layoutSpread)} with its address`;
}

/** `19.1.7` of `Debian clang version 19.1.7 (3~deb12u1)`. */
function versionIn(text: string): string {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? text;
}

/** `Linux 6.18.44 · x86-64 · clang 19.1.7 · libbpf 1.5.0 · CPU 1`, and what is out of the ordinary. */
export function environmentSentence(environment: Environment): string {
  return [
    `Linux ${environment.kernelRelease}`,
    environment.architecture,
    environment.cpuModel,
    `clang ${versionIn(environment.clang)}`,
    `libbpf ${versionIn(environment.libbpf)}`,
    `CPU ${environment.pinnedCpu} of ${environment.cpuCount}`,
    ...(environment.place === 'container' ? ['in a container'] : []),
    ...(environment.jit ? [] : ['JIT off']),
    ...(environment.seccomp ? ['seccomp makes system calls dearer'] : []),
  ].join(' · ');
}

/** What a demo run says before anything else. */
export function demoSentence(record: Pick<BenchRecord, 'demo'>): string {
  return record.demo ? "Demo: none of this project's programs were measured, only the built-in functions." : '';
}
