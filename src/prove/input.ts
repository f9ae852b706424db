/** An input before and after its proof. */

export interface GivenInput {
  readonly name: string;
  readonly bytes: Buffer;
}

/** An input with what a run makes of it, the same on every side. */
export interface ProvedInput {
  readonly name: string;
  readonly bytes: Buffer;
  readonly retval: number;
  readonly output: Buffer;
  /** The program changes its packet so that each run needs a fresh one: run again on its own output it gives something else. */
  readonly isAfresh?: boolean;
}
