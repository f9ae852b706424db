import { describe, expect, it } from 'vitest';
import { unprivilegedBuildVariable } from '../../../src/build/unprivileged.js';
import type { Job } from '../../../src/places/protocol.js';
import { sourceFolders } from '../../../src/places/repositories.js';
import { workerContainer } from '../../../src/places/worker-container.js';
import { addBenchmark, measureJob } from '../../helpers/measure-job.js';

const self = {
  Id: 'c0ffee',
  Image: 'sha256:1234',
  Mounts: [
    { Type: 'bind', Source: '/home/runner/work/_temp', Destination: '/github/runner_temp' },
    { Type: 'bind', Source: '/home/runner/work/kit/kit', Destination: '/github/workspace' },
  ],
};
const job = measureJob({
  place: 'container',
  trees: [{ revision: 'head', folder: '/github/workspace' }],
  benchmarks: [{ ...addBenchmark, source: '/kfaas-bench/bpf/functions/add.bpf.c' }],
  folders: { cache: '/github/home/cache', output: '/github/home/output' },
});

function container(hidden: string[] = [], of: Job = job) {
  return workerContainer({
    self,
    job: of,
    command: ['/usr/local/bin/node', '/kfaas-bench/dist/index.js'],
    installation: '/kfaas-bench',
    sources: sourceFolders(of),
    hidden,
    timeLimitSeconds: 400,
  });
}

describe("the worker's container", () => {
  it('has one capability, no network, no new privileges, and limits', () => {
    expect(container().HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      CapAdd: ['SYS_ADMIN', 'SYSLOG'],
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
      PidsLimit: 1024,
      Memory: 4 * 1024 ** 3,
      MemorySwap: 4 * 1024 ** 3,
    });
    expect(container().HostConfig).not.toHaveProperty('Privileged');
  });

  it('is of our own image and ends by itself', () => {
    expect(container()).toMatchObject({
      Image: 'sha256:1234',
      Entrypoint: ['timeout', '--signal=KILL', '400', '/usr/local/bin/node', '/kfaas-bench/dist/index.js', 'worker'],
      Cmd: [],
      Labels: { 'kfaas-bench.orchestrator': 'c0ffee' },
    });
  });

  it('gets nothing of our environment', () => {
    expect(container().Env).toEqual(['HOME=/tmp', 'LANG=C.UTF-8', `${unprivilegedBuildVariable}=1`]);
  });

  it('sees the sources read-only, and writes into volumes of its own', () => {
    expect(container().HostConfig.Mounts).toEqual([
      { Type: 'bind', Source: '/home/runner/work/kit/kit', Target: '/github/workspace', ReadOnly: true },
      { Type: 'volume', Target: '/tmp' },
      { Type: 'volume', Target: '/github/home/cache' },
      { Type: 'volume', Target: '/github/home/output' },
    ]);
  });

  it("sees the base's whole tree, read-only, and nothing of what lies beside it", () => {
    const [head] = job.trees;
    const root = '/github/runner_temp/kfaas-bench-base-a1/tree';
    const base = { revision: 'base' as const, folder: `${root}/sub`, root };
    const trees = [base, head!, { ...base, revision: 'again' as const }];
    expect(container([], { ...job, trees }).HostConfig.Mounts.slice(0, 3)).toEqual([
      {
        Type: 'bind',
        Source: '/home/runner/work/_temp/kfaas-bench-base-a1/tree',
        Target: root,
        ReadOnly: true,
      },
      { Type: 'bind', Source: '/home/runner/work/kit/kit', Target: '/github/workspace', ReadOnly: true },
      { Type: 'volume', Target: '/tmp' },
    ]);
  });

  it("sees a base's object from outside of the trees", () => {
    const mountsOf = (object: { base?: string }) =>
      container([], { ...job, benchmarks: [{ ...job.benchmarks[0]!, object }] }).HostConfig.Mounts;
    const [source] = container().HostConfig.Mounts;
    expect(mountsOf({ base: '/github/workspace/base.o' })[0]).toEqual(source);
    expect(() => mountsOf({ base: '/elsewhere/base.o' })).toThrow('/elsewhere is on no volume');
  });

  it('has room for copies of trees to build in', () => {
    const mountsWith = (folder: string) =>
      container([], { ...job, build: { command: 'make', folder } }).HostConfig.Mounts;
    expect(mountsWith('/tmp/copies')).toEqual(container().HostConfig.Mounts);
    const room = { Type: 'volume', Target: '/github/home/copies' };
    expect(mountsWith('/github/home/copies')).toEqual([...container().HostConfig.Mounts, room]);
  });

  it('sees an empty folder where a token lies', () => {
    expect(container(['/github/workspace/.git']).HostConfig.Mounts[1]).toEqual({
      Type: 'tmpfs',
      Target: '/github/workspace/.git',
      ReadOnly: true,
    });
  });

  it('sees no sources for a probe', () => {
    expect(container([], { protocol: 1, kind: 'probe' }).HostConfig.Mounts).toEqual([
      { Type: 'volume', Target: '/tmp' },
    ]);
  });
});
