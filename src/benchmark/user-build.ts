/** The user-space side of one revision, as it is timed, or why there is none. */
import type { Twin } from '../domain/record.js';

export interface UserBuild {
  /** Of the relocatable object, without harness. */
  readonly sha256: string;
  /** Variants of the user-space library. */
  readonly libraries: readonly string[];
  /** How it was proven; absent where it is the C source alone, with nothing of the kernel's. */
  readonly twin?: Twin;
  /** The translated twin that is timed beside it, or a clause why there is none. */
  readonly beside?: UserBuild | NoUserSide;
}

export interface NoUserSide {
  /** A clause: why there is none. */
  readonly missing: string;
}
