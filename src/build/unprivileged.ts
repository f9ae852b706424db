/** Compiling needs no capability, and what is compiled is not trusted. Pure. */

type Command = readonly [string, ...string[]];

/**
 * Set to `1` for a worker in a container of its own, whose image has `capsh`. Elsewhere the compiler keeps the rights of
 * whoever started it: root without CAP_DAC_OVERRIDE may not even read a user's home.
 */
export const unprivilegedBuildVariable = 'KFAAS_BENCH_UNPRIVILEGED_BUILD';

/**
 * The words that run a command without any capability. The worker may neither change its user nor empty the bounding set
 * (it has no CAP_SETUID and no CAP_SETPCAP), but any process may drop what it holds; that root regains it at exec is
 * prevented by no_new_privs (capabilities(7), prctl(2)).
 */
export function unprivileged(command: Command, environment: NodeJS.ProcessEnv): Command {
  if (environment[unprivilegedBuildVariable] !== '1') return command;
  return ['capsh', '--no-new-privs', '--caps=', '--shell=/usr/bin/env', '--', ...command];
}
