/** Objects and programs: what is in a file, which program is meant, and loading it. */
import { closeSync } from 'node:fs';
import type { ProgramType } from '../domain/words.js';
import { KfaasError } from '../errors.js';
import { padded } from './instructions.js';
import { missingKernelFunction, neededProgram } from './libbpf-messages.js';
import { logLevels, type Handle, type Libbpf, type ProgramInfo, type RecordedProgram } from './libbpf.js';
import { fillMaps, type Filling } from './map-contents.js';
import { openObject, type ObjectFile } from './open-object.js';
import { programTypeFacts, programTypeOf } from './program-types.js';
import { Refusal, refusal } from './refusal.js';
import { readVerifierStatistics, type VerifierStatistics } from './verifier-log.js';

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
  return loadAmong(libbpf, request, []);
}

/** @param others that a map of programs wants: names, to which those are added that libbpf asks for */
function loadAmong(libbpf: Libbpf, request: LoadRequest, others: readonly string[]): LoadedProgram {
  try {
    return loadWith(libbpf, request, others);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { lacking = [] } = request;
    const missing = missingKernelFunction(error.messages);
    // libbpf wants every function that any program of the object calls.
    if (missing !== undefined && !lacking.includes(missing)) {
      return loadAmong(libbpf, { ...request, lacking: [...lacking, missing] }, others);
    }
    const needed = neededProgram(error.messages);
    if (needed === undefined || others.includes(needed)) throw error;
    return loadAmong(libbpf, request, [...others, needed]);
  }
}

function loadWith(libbpf: Libbpf, request: LoadRequest, others: readonly string[]): LoadedProgram {
  const object = openObject(libbpf, request);
  try {
    const program = chooseProgram(libbpf, object, request);
    const kernelType = libbpf.programType(program);
    const type = programTypeOf(kernelType) ?? libbpf.programTypeName(kernelType) ?? `type_${String(kernelType)}`;
    for (const other of libbpf.programsOf(object)) {
      libbpf.setAutoload(other, other === program || others.includes(libbpf.programName(other)));
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
    const lackingMaps =
      request.filling === undefined ? [] : fillMaps(libbpf, object, libbpf.programName(program), request.filling);
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

function verifierStatistics(libbpf: Libbpf, recorded: RecordedProgram): VerifierStatistics {
  const log = Buffer.alloc(65_536);
  const { insns, funcInfo } = padded(recorded, 0);
  closeSync(libbpf.reload(recorded.index, insns, funcInfo, { buffer: log, level: logLevels.statistics }));
  return readVerifierStatistics(textOf(log));
}
