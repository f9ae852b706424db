/** Objects and programs: what is in a file, which program is meant, and what the kernel makes of it. */
import { closeSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProgramType } from '../domain/words.js';
import { programTypes } from '../domain/words.js';
import { KfaasError, type Location } from '../errors.js';
import { padded } from './instructions.js';
import { Errno, logLevels, type Handle, type Libbpf, type ProgramInfo, type RecordedProgram } from './libbpf.js';
import { programTypeOf } from './program-types.js';
import { readVerifierLog, readVerifierStatistics, type VerifierComplaint } from './verifier-log.js';

/** A program that the kernel took, as it was written: no padding. */
export interface LoadedProgram {
  readonly name: string;
  readonly type: ProgramType;
  /** Open until `unload`. */
  readonly fd: number;
  readonly recorded: RecordedProgram;
  readonly info: ProgramInfo;
  readonly verifiedInsns: number;
  /** Undefined where the kernel does not tell. */
  readonly stackBytes: number | undefined;
  unload(): void;
}

export interface LoadRequest {
  /** Path of the compiled object. */
  readonly object: string;
  /** What to call it in messages: the source's path. */
  readonly source: string;
  /** Absent: the only one in the object. */
  readonly program: string | undefined;
  /** Where the whole verifier log of a refused program is kept; the folder exists. */
  readonly logFolder: string;
}

/** Room for the log of a program of a million verified instructions at the basic level; the kernel cuts what is longer. */
const LOG_BYTES = 16 * 1024 * 1024;

/** The name of the program that is meant. Throws a KfaasError of kind build or usage. */
export function programNameIn(libbpf: Libbpf, request: LoadRequest): string {
  const object = openObject(libbpf, request);
  try {
    return libbpf.programName(chooseProgram(libbpf, object, request));
  } finally {
    libbpf.closeObject(object);
  }
}

/** Opens the object, loads the one program and leaves the others out. Throws a KfaasError of kind build, usage or verifier. */
export function loadProgram(libbpf: Libbpf, request: LoadRequest): LoadedProgram {
  const object = openObject(libbpf, request);
  try {
    const program = chooseProgram(libbpf, object, request);
    const type = typeOf(libbpf, program, request);
    for (const other of libbpf.programsOf(object)) libbpf.setAutoload(other, other === program);
    const log = Buffer.alloc(LOG_BYTES);
    libbpf.setLogBuffer(program, log);
    try {
      libbpf.loadObject(object);
    } catch (error) {
      throw refusal(libbpf.programName(program), request, textOf(log), libbpf.takeMessages(), error);
    }
    const fd = libbpf.programFd(program);
    const recorded = libbpf.recordedProgram(fd);
    const info = libbpf.programInfo(fd);
    const statistics = verifierStatistics(libbpf, recorded);
    return {
      name: libbpf.programName(program),
      type,
      fd,
      recorded,
      info,
      verifiedInsns: info.verifiedInsns || (statistics.verifiedInsns ?? 0),
      stackBytes: statistics.stackBytes,
      unload: () => {
        libbpf.closeObject(object);
      },
    };
  } catch (error) {
    libbpf.closeObject(object);
    throw error;
  }
}

function openObject(libbpf: Libbpf, request: LoadRequest): Handle {
  libbpf.takeMessages();
  try {
    return libbpf.openObject(request.object);
  } catch (error) {
    throw new KfaasError(
      {
        kind: 'build',
        message: `${request.source}: libbpf cannot read the compiled object`,
        remedy: 'define every function that is called, and maps in SEC(".maps"); for the rest see what libbpf says',
        detail: libbpf.takeMessages() || String(error),
        location: { file: request.source },
      },
      { cause: error },
    );
  }
}

function chooseProgram(libbpf: Libbpf, object: Handle, request: LoadRequest): Handle {
  // Where an object has one function alone, libbpf takes it for a program, also without a SEC().
  const all = libbpf.programsOf(object).filter((program) => libbpf.programSection(program) !== '.text');
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

function typeOf(libbpf: Libbpf, program: Handle, request: LoadRequest): ProgramType {
  const type = programTypeOf(libbpf.programType(program));
  if (type !== undefined) return type;
  throw new KfaasError({
    kind: 'usage',
    message: `${request.source}: SEC("${libbpf.programSection(program)}") is of a program type that cannot be measured`,
    remedy: `use one of: ${programTypes.join(', ')}`,
    location: { file: request.source },
  });
}

function textOf(log: Buffer): string {
  const end = log.indexOf(0);
  return log.toString('utf8', 0, end < 0 ? log.length : end);
}

function refusal(name: string, request: LoadRequest, log: string, messages: string, error: unknown): KfaasError {
  const code = error instanceof Errno ? error.code : String(error);
  if (log.trim() === '' && (code === 'EPERM' || code === 'EACCES')) return notPermitted(code);
  const path = join(request.logFolder, `${name.replaceAll(/[^\w.-]/g, '_')}.verifier.log`);
  writeFileSync(path, log.trim() === '' ? messages : log);
  if (log.trim() === '') {
    return new KfaasError({
      kind: 'verifier',
      message: `${name}: libbpf or the kernel refuses to load it (${code})`,
      remedy: `read what libbpf says; the whole of it is in ${path}`,
      detail: messages,
      location: { file: request.source },
    });
  }
  const complaint = readVerifierLog(log);
  const isCut = code === 'ENOSPC'; // which then hides the verifier's own code
  return new KfaasError({
    kind: 'verifier',
    message: `${name}: the verifier rejects it${isCut ? '' : ` (${code})`}: ${complaint.message}`,
    remedy: `mend the program where the log points; ${isCut ? 'as much of the log as the kernel gives' : 'the whole log'} is in ${path}`,
    detail: detailOf(complaint).join('\n'),
    location: locationOf(complaint, request),
  });
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
function notPermitted(code: string): KfaasError {
  return new KfaasError({
    kind: 'environment',
    message: `bpf(2) is not permitted here (${code})`,
    remedy:
      'run as root, or in a container started with `--privileged` or `--cap-add SYS_ADMIN`; `kfaas-bench doctor` tells more',
  });
}

function verifierStatistics(libbpf: Libbpf, recorded: RecordedProgram): ReturnType<typeof readVerifierStatistics> {
  const log = Buffer.alloc(65_536);
  const { insns, funcInfo } = padded(recorded, 0);
  closeSync(libbpf.reload(recorded.index, insns, funcInfo, { buffer: log, level: logLevels.statistics }));
  return readVerifierStatistics(textOf(log));
}
