/** What the command line can be asked for. */
import type { CaptureTarget } from '../../domain/captured.js';
import type { Request } from '../request.js';

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
