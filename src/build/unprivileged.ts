/** Compiling needs no capability: the words that run a command without any. */
export function unprivileged(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return command;
}
