/** A process group: what a detached child and its descendants are to the kernel, and how all of it is ended. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Signals every process of a group that we may signal. `group` is its leader's process id. */
export function signalGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return; // the leader was never started; 0 would be our own group
  try {
    process.kill(-group, signal);
  } catch {
    // ESRCH: all of it has ended already
  }
}

/** Resolves when a killed group is gone, or after 2 s: a killed process may be at work in the kernel for a moment more. */
export async function groupGone(group: number | undefined): Promise<void> {
  for (let waitedMs = 0; waitedMs < 2000 && group !== undefined && hasLivingProcess(group); waitedMs += 5)
    await sleep(5);
}

/** Zombies do not count: they hold nothing, and their new parent may take its time to reap them, or never do. */
function hasLivingProcess(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // proc_pid_stat(5): pid (comm) state ppid pgrp …; comm may hold anything, but ends at the last parenthesis.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false; // ended while we looked
    }
  });
}
