/** Load for the machine while it is measured, one kind at a time. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const loadKinds = ['busy', 'memory', 'bursts'] as const;
export type LoadKind = (typeof loadKinds)[number];

export const loadTitles: { readonly [K in LoadKind]: string } = {
  busy: 'two busy loops',
  memory: 'two processes that copy 64 MiB to and fro',
  bursts: 'two processes that are busy for 1 to 30 ms and sleep for 1 to 100 ms, in turns',
};

const PROCESSES = 2;

export interface LoadMaker {
  /** Settles when it is that kind that runs, or nothing. */
  change(kind: LoadKind | undefined): Promise<void>;
  end(): void;
}

/** Its processes run where this one may run when it is called. */
export function openLoadMaker(): LoadMaker {
  const program = fileURLToPath(new URL('load-process.js', import.meta.url));
  const processes = Array.from({ length: PROCESSES }, () => fork(program));
  return {
    async change(kind) {
      await Promise.all(processes.map((process) => tell(process, kind ?? 'none')));
    },
    end() {
      for (const process of processes) process.disconnect();
    },
  };
}

async function tell(process: ChildProcess, kind: LoadKind | 'none'): Promise<void> {
  const answered = once(process, 'message');
  process.send(kind);
  await answered;
}
