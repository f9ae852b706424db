/** Objects and programs: what is in a file, which program is meant, and what the kernel makes of it. */
import { closeSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProgramType } from '../domain/words.js';
import { KfaasError, type Failure, type Location } from '../errors.js';
import { callsNothing, empty, padded } from './instructions.js';
import {
  complaintIn,
  missingFunction,
  missingKernelFunction,
  needsOtherPrograms,
  panicRemedy,
} from './libbpf-messages.js';
import { Errno, logLevels, type Handle, type Libbpf, type ProgramInfo, type RecordedProgram } from './libbpf.js';
import { fillMaps, type Filling } from './map-contents.js';
import { hasLeftoverPanic, openObject, undefinedIn, type ObjectFile } from './open-object.js';
import { programTypeFacts, programTypeOf } from './program-types.js';
import {
  readVerifierLog,
  readVerifierStatistics,
  type VerifierComplaint,
  type VerifierStatistics,
} from './verifier-log.js';

/** A program that the kernel took, as it was written: no padding. */
export interface LoadedProgram {
  readonly name: string;
  /** A `ProgramType`, or what libbpf calls one that has no test run. */
  readonly type: string;
  /** As in the source. */
  readonly section: string;
  /** Open until `unload`. */
  readonly fd: number;
  readonly recorded: RecordedProgram;
  readonly info: ProgramInfo;
  readonly verifiedInsns: number;
  /** Undefined where the kernel does not tell. */
  readonly verifierStates: number | undefined;
  /** Undefined where the kernel does not tell. */
  readonly stackBytes: number | undefined;
  /** Maps that were to be filled and that it does not have. */
  readonly lackingMaps: readonly string[];
  unload(): void;
}

/** One that BPF_PROG_TEST_RUN runs. */
export type RunnableProgram = LoadedProgram & { readonly type: ProgramType };

export function isRunnable(program: LoadedProgram): program is RunnableProgram {
  return Object.hasOwn(programTypeFacts, program.type);
}

/** This machine loads programs, but not this one. */
export class NotPermittedHere extends KfaasError {}

export interface LoadRequest extends ObjectFile {
  /** Absent: the only one in the object. */
  readonly program: string | undefined;
  /** What its maps are to hold beside what the object puts there. */
  readonly filling?: Filling;
  /** Where the whole verifier log is kept if the program is refused; the folder exists. */
  readonly logFile: string;
}

/** Room for the log of a program of a million verified instructions at the basic level; the kernel cuts what is longer. */
const LOG_BYTES = 16 * 1024 * 1024;

/** The program that is meant, and its type where it can be measured. Throws a KfaasError of kind build or usage. */
export function programIn(libbpf: Libbpf, request: LoadRequest): { name: string; type: ProgramType | undefined } {
  const object = openObject(libbpf, request);
  try {
    const program = chooseProgram(libbpf, object, request);
    return { name: libbpf.programName(program), type: programTypeOf(libbpf.programType(program)) };
  } finally {
    libbpf.closeObject(object);
  }
}

/** The names of all programs, in the order of the object. Throws a KfaasError of kind build. */
export function programNamesIn(libbpf: Libbpf, request: LoadRequest): string[] {
  const object = openObject(libbpf, request);
  try {
    return programsIn(libbpf, object).map((program) => libbpf.programName(program));
  } finally {
    libbpf.closeObject(object);
  }
}

/**
 * Opens the object, loads the one program and leaves the others out. Throws a KfaasError of kind build, usage or verifier,
 * and of kind environment where the machine does not permit it.
 */
export function loadProgram(libbpf: Libbpf, request: LoadRequest): LoadedProgram {
  try {
    return loadAmong(libbpf, request, 'alone');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { lacking = [] } = request;
    const missing = missingKernelFunction(error.messages);
    // libbpf wants every function that any program of the object calls.
    if (missing !== undefined && !lacking.includes(missing)) {
      return loadProgram(libbpf, { ...request, lacking: [...lacking, missing] });
    }
    if (needsOtherPrograms(error.messages)) return loadAmong(libbpf, request, 'with the others');
    throw error;
  }
}

/** Knows what libbpf said. */
class Refusal extends KfaasError {
  constructor(
    failure: Failure,
    readonly messages: string,
  ) {
    super(failure);
  }
}

function loadAmong(libbpf: Libbpf, request: LoadRequest, company: 'alone' | 'with the others'): LoadedProgram {
  const object = openObject(libbpf, request);
  try {
    const program = chooseProgram(libbpf, object, request);
    const kernelType = libbpf.programType(program);
    const type = programTypeOf(kernelType) ?? libbpf.programTypeName(kernelType) ?? `type_${String(kernelType)}`;
    for (const other of libbpf.programsOf(object)) {
      libbpf.setAutoload(other, other === program || company === 'with the others');
    }
    const log = Buffer.alloc(LOG_BYTES);
    libbpf.setLogBuffer(program, log);
    try {
      libbpf.loadObject(object);
    } catch (error) {
      const said = { log: textOf(log), messages: libbpf.takeMessages() };
      const refused = { name: libbpf.programName(program), type, insns: libbpf.programInsns(program), ...said };
      throw refusal(libbpf, request, refused, error);
    }
    const lackingMaps = request.filling === undefined ? [] : fillMaps(libbpf, object, request.source, request.filling);
    const fd = libbpf.programFd(program);
    const recorded = libbpf.recordedProgram(fd);
    const info = libbpf.programInfo(fd);
    const statistics = verifierStatistics(libbpf, recorded);
    return {
      name: libbpf.programName(program),
      type,
      section: libbpf.programSection(program),
      fd,
      recorded,
      info,
      verifiedInsns: info.verifiedInsns || (statistics.verifiedInsns ?? 0),
      verifierStates: statistics.states,
      stackBytes: statistics.stackBytes,
      lackingMaps,
      unload: () => {
        libbpf.closeObject(object);
      },
    };
  } catch (error) {
    libbpf.closeObject(object);
    throw error;
  }
}

/** Where an object has one function alone, libbpf takes it for a program, also without a SEC(). */
function programsIn(libbpf: Libbpf, object: Handle): Handle[] {
  return libbpf.programsOf(object).filter((program) => libbpf.programSection(program) !== '.text');
}

function chooseProgram(libbpf: Libbpf, object: Handle, request: LoadRequest): Handle {
  const all = programsIn(libbpf, object);
  const names = all.map((program) => libbpf.programName(program));
  const list = all.map((program) => `${libbpf.programName(program)} (${libbpf.programSection(program)})`).join(', ');
  if (request.program !== undefined) {
    const chosen = all[names.indexOf(request.program)];
    if (chosen !== undefined) return chosen;
    throw new KfaasError({
      kind: 'usage',
      message: `${request.source}: there is no program named ${request.program}`,
      remedy: all.length === 0 ? 'give a function a SEC(), such as SEC("xdp")' : `name one of: ${list}`,
    });
  }
  const [only, second] = all;
  if (only !== undefined && second === undefined) return only;
  throw new KfaasError({
    kind: 'usage',
    message: `${request.source}: ${only === undefined ? 'no program is in it' : `${String(all.length)} programs are in it`}`,
    remedy: only === undefined ? 'give a function a SEC(), such as SEC("xdp")' : `choose by "program": ${list}`,
  });
}

function textOf(log: Buffer): string {
  const end = log.indexOf(0);
  return log.toString('utf8', 0, end < 0 ? log.length : end);
}

interface Refused {
  readonly name: string;
  readonly type: string;
  /** As libbpf relocated them, or as far as it came. */
  readonly insns: Buffer;
  /** The verifier's. */
  readonly log: string;
  /** libbpf's. */
  readonly messages: string;
}

function refusal(libbpf: Libbpf, request: LoadRequest, refused: Refused, error: unknown): KfaasError {
  const { name, log, messages } = refused;
  const code = error instanceof Errno ? error.code : String(error);
  const complaint = complaintIn(messages);
  const isUnread = log.trim() === '';
  if (isUnread && complaint === undefined && (code === 'EPERM' || code === 'EACCES')) {
    return notPermitted(libbpf, refused, code);
  }
  const missing = isUnread ? undefined : missingFunctionOf(request, refused);
  writeFileSync(request.logFile, isUnread ? messages : missing === undefined ? log : `${log}${messages}`);
  if (isUnread || missing !== undefined) {
    const known = complaint ?? (missing === undefined ? undefined : missingFunction(missing));
    const failure: Failure = {
      kind: 'verifier',
      message: `${name}: libbpf or the kernel refuses to load it (${code})${known === undefined ? '' : `: ${known.clause}`}`,
      remedy: `${known?.remedy ?? 'read what libbpf says'}; the whole of it is in ${request.logFile}`,
      detail: messages,
      location: { file: request.source },
    };
    return new Refusal(failure, messages);
  }
  const complaintOfVerifier = readVerifierLog(log);
  const isCut = code === 'ENOSPC'; // which then hides the verifier's own code
  const remedy = hasLeftoverPanic(request) ? panicRemedy : 'mend the program where the log points';
  return new KfaasError({
    kind: 'verifier',
    message: `${name}: the verifier rejects it${isCut ? '' : ` (${code})`}: ${complaintOfVerifier.message}`,
    remedy: `${remedy}; ${isCut ? 'as much of the log as the kernel gives' : 'the whole log'} is in ${request.logFile}`,
    detail: detailOf(complaintOfVerifier).join('\n'),
    location: locationOf(complaintOfVerifier, request),
  });
}

/** A function that this kernel lacks, and that the program calls. */
function missingFunctionOf(request: LoadRequest, { name, insns }: Refused): string | undefined {
  if (!callsNothing(insns)) return undefined;
  return undefinedIn(request, name).find((used) => request.lacking?.includes(used));
}

function detailOf({ context, omittedLines, source, location }: VerifierComplaint): string[] {
  const place = location === undefined ? '' : ` @ ${location.file}:${String(location.line)}`;
  return [
    ...(omittedLines > 0 ? [`(${String(omittedLines)} ${omittedLines === 1 ? 'line' : 'lines'} left out)`] : []),
    ...context,
    ...(source === undefined ? [] : [`source: ${source}${place}`]),
  ];
}

/** The log names files without their folders, so a line is believed of the source alone and not of some header. */
function locationOf({ location }: VerifierComplaint, { source }: LoadRequest): Location {
  return location?.file === basename(source) ? { file: source, line: location.line } : { file: source };
}

/** bpf(2) said no before any verification. What libbpf says then, of RLIMIT_MEMLOCK, is beside the point since Linux 5.11. */
function notPermitted(libbpf: Libbpf, { name, type }: Refused, code: string): KfaasError {
  if (loadsAnything(libbpf)) {
    return new NotPermittedHere({
      kind: 'environment',
      message: `${name}: this kernel does not permit ${type} programs here (${code}), though it does load others`,
      remedy:
        'look at /sys/kernel/security/lockdown, where `confidentiality` forbids tracing, and for CAP_PERFMON; `kfaas-bench doctor` tells more',
    });
  }
  return new KfaasError({
    kind: 'environment',
    message: `bpf(2) is not permitted here (${code})`,
    remedy:
      'run as root, or in a container started with `--privileged` or `--cap-add SYS_ADMIN`; `kfaas-bench doctor` tells more',
  });
}

function loadsAnything(libbpf: Libbpf): boolean {
  const { kernelType, expectedAttachType, flags } = programTypeFacts.socket_filter;
  try {
    closeSync(libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) }));
    return true;
  } catch {
    return false;
  }
}

function verifierStatistics(libbpf: Libbpf, recorded: RecordedProgram): VerifierStatistics {
  const log = Buffer.alloc(65_536);
  const { insns, funcInfo } = padded(recorded, 0);
  closeSync(libbpf.reload(recorded.index, insns, funcInfo, { buffer: log, level: logLevels.statistics }));
  return readVerifierStatistics(textOf(log));
}
