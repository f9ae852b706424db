/**
 * What a run might leave behind it, as this machine sees it. Processes are known by a mark in their environment, which
 * descendants inherit wherever they end up; what they hold, by their open descriptors while they live.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

export const markVariable = 'KFAAS_TEST_MARK';
export const newMark = (): string => randomUUID();

/** What a process was seen to have: `program 12`, `map 3`, `link 5`, `namespace net:[4026532]`. */
export type Holdings = ReadonlySet<string>;

/** Ids of living processes with the mark; a zombie has no environment any more. */
export function markedProcesses(mark: string): number[] {
  const isMarked = (pid: string): boolean =>
    contentOf(`/proc/${pid}/environ`).split('\0').includes(`${markVariable}=${mark}`);
  return processes().filter(isMarked).map(Number);
}

/** The marked process that was started with these words at the end of its command line. */
export function markedProcess(mark: string, words: string): number | undefined {
  return markedProcesses(mark).find((pid) => commandLine(pid).endsWith(words));
}

export function commandLine(pid: number): string {
  return contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** What these processes hold open of the kernel's, beside the namespace that we are in ourselves. */
export function holdingsOf(pids: readonly (number | string)[]): Holdings {
  const own = targetOf('/proc/self/ns/net');
  const held = pids.flatMap((pid) =>
    filesIn(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = targetOf(`/proc/${pid}/fd/${fd}`);
      if (target.startsWith('net:') && target !== own) return `namespace ${target}`;
      // proc_pid_fdinfo(5); a link names its program as well, which is held by it.
      const [, kind, id] = /^(prog|map|link)_id:\s*(\d+)$/m.exec(contentOf(`/proc/${pid}/fdinfo/${fd}`)) ?? [];
      return kind === undefined ? [] : `${kind} ${id ?? ''}`;
    }),
  );
  return new Set(held);
}

/**
 * What of it is still there, after the kernel has had its time: it frees programs and maps behind the back of whoever
 * closed them.
 */
export async function remaining(holdings: Holdings): Promise<string[]> {
  let left: string[] = [];
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 50) {
    const there = new Set([...liveObjects(), ...holdingsOf(processes())]);
    left = [...holdings].filter((item) => there.has(item));
    if (left.length === 0) break;
    await sleep(50);
  }
  return left;
}

/** Every program, map and link of this kernel, held by whomever or by nobody. Ids are not used again. */
function liveObjects(): string[] {
  return Object.entries(nextIds()).flatMap(([kind, next]) => {
    const ids: string[] = [];
    const id = [0];
    while (next(id[0] ?? 0, id) === 0) ids.push(`${kind} ${id[0] ?? 0}`);
    return ids;
  });
}

type NextId = (after: number, id: number[]) => number;

function nextIds(): Record<'prog' | 'map' | 'link', NextId> {
  const library = koffi.load('libbpf.so.1');
  const declare = (kind: string): NextId =>
    library.func(`int bpf_${kind}_get_next_id(uint32_t after, _Out_ uint32_t *id)`);
  return { prog: declare('prog'), map: declare('map'), link: declare('link') };
}

function processes(): string[] {
  return filesIn('/proc').filter((name) => /^\d+$/.test(name));
}

function contentOf(file: string): string {
  return orNothing(() => readFileSync(file, 'latin1'), '');
}

function targetOf(link: string): string {
  return orNothing(() => readlinkSync(link), '');
}

function filesIn(folder: string): string[] {
  return orNothing(() => readdirSync(folder), []);
}

/** Processes end while we look at them. */
function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}
