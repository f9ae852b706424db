/** What a loaded program's code looks like, whatever it is written in: functions of lines. */

/** One instruction. */
export interface CodeLine {
  /** As a disassembler writes it. */
  readonly text: string;
  /** The same without what depends on where code and data lie: two that are equal here do the same. */
  readonly sameAs: string;
  /** Where it jumps to, as the place of a line of its own function. */
  readonly target?: number;
}

export interface CodeFunction {
  readonly name: string;
  readonly lines: readonly CodeLine[];
}
