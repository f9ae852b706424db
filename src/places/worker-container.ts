/** The worker's container, as the API takes it (API: ContainerCreate). Pure. */
import { isWithin, sourceMounts, type Mount } from './mounts.js';
import type { Job } from './protocol.js';
import type { Self } from './self.js';

/** The value is the id of the container that started this one. */
export const orchestratorLabel = 'kfaas-bench.orchestrator';

export const workerLimits = {
  /** clang needs about 150 MB a process; the rest is for a build command of the user's own. */
  memoryBytes: 4 * 1024 ** 3,
  /** Enough for `make -j` on a large machine; stops a fork bomb. */
  processes: 1024,
} as const;

const capabilities = [
  'SYS_ADMIN', // BPF with run statistics: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON together do not do
  'SYSLOG', // the kernel shows machine code to those alone who may see its addresses (kallsyms_show_value)
];

export interface WorkerContainerOptions {
  readonly self: Self;
  readonly job: Job;
  /** `node` and the script that are started with `worker`, by their paths in the image. */
  readonly command: readonly [string, string];
  /** The folder of the image that this program is installed in. */
  readonly installation: string;
  /** What the worker reads, as absolute folders. */
  readonly sources: readonly string[];
  /** Folders in the sources that are hidden from it. */
  readonly hidden: readonly string[];
  readonly timeLimitSeconds: number;
}

export function workerContainer(options: WorkerContainerOptions) {
  const { self, command, timeLimitSeconds } = options;
  return {
    Image: self.Image,
    // `timeout` ends a worker whose orchestrator was killed and can no longer do it.
    Entrypoint: ['timeout', '--signal=KILL', String(timeLimitSeconds), ...command, 'worker'],
    Cmd: [],
    Env: ['HOME=/tmp', 'LANG=C.UTF-8', 'KFAAS_BENCH_UNPRIVILEGED_BUILD=1'], // the last: src/build/unprivileged.ts
    WorkingDir: '/',
    User: '0:0',
    Labels: { [orchestratorLabel]: self.Id },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: capabilities,
      // Docker's seccomp filter makes system calls dearer (getppid 165 → 205 ns), and they are what is measured.
      SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
      ReadonlyRootfs: true,
      PidsLimit: workerLimits.processes,
      Memory: workerLimits.memoryBytes,
      MemorySwap: workerLimits.memoryBytes, // together with memory: no swap
      LogConfig: { Type: 'none' }, // what it says is read as it comes, and kept nowhere
      Mounts: mounts(options),
    },
  };
}

/** Volumes and not tmpfs: a copy of a tree may be large, and native code must be allowed to run from there. */
function mounts({ job, self, installation, sources, hidden }: WorkerContainerOptions): Mount[] {
  const writable = ['/tmp', ...(job.kind === 'measure' ? [job.folders.cache, job.folders.output] : [])];
  const copies = job.kind === 'measure' ? job.build?.folder : undefined;
  if (copies !== undefined && !isWithin(copies, '/tmp')) writable.push(copies);
  return [
    ...sourceMounts(sources, self.Mounts, installation),
    ...hidden.map((folder): Mount => ({ Type: 'tmpfs', Target: folder, ReadOnly: true })),
    ...writable.map((folder): Mount => ({ Type: 'volume', Target: folder })),
  ];
}
