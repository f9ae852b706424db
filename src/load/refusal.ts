/** Why a program does not load, by what libbpf, the verifier and bpf(2) say. */
import { closeSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { KfaasError, type Failure, type Location } from '../errors.js';
import { callsNothing, empty } from './instructions.js';
import { complaintIn, missingFunction, panicRemedy } from './libbpf-messages.js';
import { Errno, type Libbpf } from './libbpf.js';
import { hasLeftoverPanic, undefinedIn, type ObjectFile } from './open-object.js';
import { programTypeFacts } from './program-types.js';
import { readVerifierLog, type VerifierComplaint } from './verifier-log.js';

/** The object, and where the whole log of a program that is refused is kept; the folder exists. */
interface Request extends ObjectFile {
  readonly logFile: string;
}

/** This machine loads programs, but not this one. */
export class NotPermittedHere extends KfaasError {}

/** Knows what libbpf said. */
export class Refusal extends KfaasError {
  constructor(
    failure: Failure,
    readonly messages: string,
  ) {
    super(failure);
  }
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

export function refusal(libbpf: Libbpf, request: Request, refused: Refused, error: unknown): KfaasError {
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
function missingFunctionOf(request: Request, { name, insns }: Refused): string | undefined {
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
function locationOf({ location }: VerifierComplaint, { source }: Request): Location {
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
