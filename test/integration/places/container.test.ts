import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/errors.js';
import { probeDocker } from '../../../src/places/container.js';
import type { MeasureJob, WorkerEvent } from '../../../src/places/protocol.js';
import { buildOrchestratorImage, orchestratorImage } from '../../helpers/orchestrator-image.js';
import { available } from '../../helpers/require.js';

const socket = '/var/run/docker.sock';
const label = 'kfaas-bench.orchestrator';
const docker = (...args: string[]) =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const workers = () =>
  docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`).split('\n').filter(Boolean);

function job(manner: string, tree = '/ws', output = '/out'): MeasureJob {
  const plan = { source: 'source.c', cflags: [], inputs: [{ name: 'hex', hex: '00' }], genericInputs: false };
  return {
    protocol: 1,
    kind: 'measure',
    place: 'container',
    trees: [{ revision: 'head', folder: tree }],
    benchmarks: [{ name: manner, ...plan, expect: {}, limits: {} }],
    measurement: { iterations: 1000, compareWith: 'syscall', timeLimitSeconds: 20, seed: 1 },
    folders: { cache: '/cache', output },
  };
}

interface Run {
  readonly job: MeasureJob;
  /** Arguments of `docker run`. */
  readonly args?: readonly string[];
  readonly options?: { timeLimitSeconds?: number };
  /** What happens at the first event; the orchestrator's container is named. */
  readonly atFirstEvent?: (name: string) => void;
}

interface Outcome {
  readonly messages: string[];
  readonly events: WorkerEvent[];
  readonly settled: string | undefined;
  readonly failure: Failure | undefined;
}

type Line = { event: WorkerEvent } | { settled: string; failure?: Failure };

/** Starts an orchestrator as the runner would, with no privilege and the socket. */
async function orchestrate({ job, args = [], options = {}, atFirstEvent }: Run): Promise<Outcome> {
  const name = `kfaas-bench-test-${randomBytes(4).toString('hex')}`;
  const orchestrator = spawn(
    'docker',
    ['run', '--rm', '--name', name, '-e', 'ORCHESTRATE', '-e', 'GITHUB_TOKEN', ...args, orchestratorImage],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ORCHESTRATE: JSON.stringify({ job, options }), GITHUB_TOKEN: 'ghs_secret' },
    },
  );
  const lines: Line[] = [];
  for await (const text of createInterface(orchestrator.stdout)) {
    lines.push(JSON.parse(text) as Line);
    if (lines.length === 1) atFirstEvent?.(name);
  }
  const events = lines.flatMap((line) => ('event' in line ? [line.event] : []));
  const last = lines.find((line) => 'settled' in line);
  return {
    events,
    messages: events.flatMap((event) => (event.event === 'warning' ? [event.warning.message] : [])),
    settled: last?.settled,
    failure: last?.failure,
  };
}

describe.skipIf(!available('docker'))('a worker in a sibling container', { timeout: 60_000 }, () => {
  let volumesBefore = '';
  let scratch = '';
  let mounts: string[] = [];
  const volumes: string[] = [];

  beforeAll(buildOrchestratorImage, 300_000);
  beforeEach(() => {
    volumesBefore = docker('volume', 'ls', '--quiet');
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-container-'));
    for (const folder of ['ws/.git', 'out']) mkdirSync(path.join(scratch, folder), { recursive: true });
    writeFileSync(path.join(scratch, 'ws/source.c'), 'int x;\n');
    writeFileSync(path.join(scratch, 'ws/.git/config'), '[http "https://github.com/"]\n\textraheader = basic eDp5\n');
    mounts = ['-v', `${socket}:${socket}`, '-v', `${scratch}/ws:/ws`, '-v', `${scratch}/out:/out`];
  });
  afterEach(() => {
    rmSync(scratch, { recursive: true });
    for (const volume of volumes.splice(0)) docker('volume', 'rm', volume);
    expect(workers()).toEqual([]);
    expect(docker('volume', 'ls', '--quiet')).toBe(volumesBefore);
  });

  function volume(): string {
    volumes.push(docker('volume', 'create'));
    return volumes.at(-1)!;
  }

  it('reads the sources and cannot write them, nor the image; a kept token is hidden', async () => {
    const { settled, messages } = await orchestrate({ job: job('look'), args: mounts });
    expect(messages).toEqual(['int x;', 'EROFS', 'EROFS', 'EROFS', '']);
    expect(settled).toBe('resolved');
    expect(readFileSync(path.join(scratch, 'ws/source.c'), 'utf8')).toBe('int x;\n');
  });

  it('has two capabilities, and no token, network, socket or way to more', async () => {
    let worker = '';
    await orchestrate({
      job: job('hangs'),
      args: mounts,
      atFirstEvent: (name) => {
        worker = docker('inspect', ...workers());
        docker('kill', '--signal', 'SIGTERM', name);
      },
    });
    const [{ Config, HostConfig, Mounts, NetworkSettings }] = JSON.parse(worker) as [Inspection];
    expect(HostConfig.CapAdd).toEqual([
      expect.stringMatching(/^(CAP_)?SYS_ADMIN$/),
      expect.stringMatching(/^(CAP_)?SYSLOG$/),
    ]);
    expect(HostConfig.CapDrop).toEqual(['ALL']);
    expect(HostConfig.Privileged).toBe(false);
    expect(HostConfig.SecurityOpt).toContain('no-new-privileges');
    expect(Object.keys(NetworkSettings.Networks)).toEqual(['none']);
    expect(JSON.stringify(Config)).not.toContain('ghs_secret');
    expect(worker).not.toContain('docker.sock');
    expect(
      Mounts.filter(({ RW }) => RW)
        .map(({ Destination, Type }) => `${Type} ${Destination}`)
        .sort(),
    ).toEqual(['volume /cache', 'volume /out', 'volume /tmp']);
  });

  it('brings its output back, its failure too, and nothing but plain files', async () => {
    const { failure } = await orchestrate({ job: job('writes'), args: mounts });
    expect(failure?.message).toBe('the worker ended with exit code 1 before it was done');
    expect(readdirSync(path.join(scratch, 'out'))).toEqual(['verifier.log']);
    expect(readFileSync(path.join(scratch, 'out/verifier.log'), 'utf8')).toBe('R1 !read_ok');
  });

  it('sees a workspace that is a named volume', async () => {
    const workspace = volume();
    docker(
      'run',
      '--rm',
      '-v',
      `${workspace}:/ws`,
      '-v',
      `${scratch}/ws:/from`,
      '--entrypoint',
      'cp',
      orchestratorImage,
      '-r',
      '/from/.',
      '/ws',
    );
    const args = ['-v', `${socket}:${socket}`, '-v', `${workspace}:/ws`, '-v', `${volume()}:/out`];
    expect((await orchestrate({ job: job('look'), args })).messages[0]).toBe('int x;');
  });

  it('sees a workspace deep inside a larger mount', async () => {
    const args = ['-v', `${socket}:${socket}`, '-v', `${scratch}:/home/runner/work`];
    const deep = job('look', '/home/runner/work/ws', '/home/runner/work/out');
    expect((await orchestrate({ job: deep, args })).messages[0]).toBe('int x;');
  });

  it("is found though the hostname is another container's", async () => {
    const other = docker('run', '--rm', '--detach', '--entrypoint', 'sleep', orchestratorImage, '60');
    try {
      const args = [...mounts, '--cgroupns', 'private', '--network', `container:${other}`];
      expect((await orchestrate({ job: job('look'), args })).settled).toBe('resolved');
    } finally {
      docker('rm', '--force', other);
    }
  });

  it('is told apart by its last words', async () => {
    const { failure } = await orchestrate({ job: job('dies'), args: mounts });
    expect(failure).toMatchObject({
      kind: 'internal',
      message: 'the worker ended with exit code 7 before it was done',
      detail: '| something broke\n| ::error::not for the runner\n| ## [error]nor this',
    });
  });

  it.each([
    ['garbage', 'a line that is not JSON: "make: Entering directory"'],
    ['killed', 'killed by SIGKILL'],
    ['mute', 'exit code 0 before it was done'],
    ['floods', 'a line of more than'],
  ])('that is no good worker (%s) is reported', async (manner, message) => {
    const { settled, failure } = await orchestrate({ job: job(manner), args: mounts });
    expect(settled).toBe('rejected');
    expect(failure?.message).toContain(message);
  });

  it('that lingers after done is removed, and the run is good', async () => {
    expect((await orchestrate({ job: job('lingers'), args: mounts })).settled).toBe('resolved');
  });

  it('that hangs is removed at its time limit', async () => {
    const { failure } = await orchestrate({ job: job('hangs'), args: mounts, options: { timeLimitSeconds: 2 } });
    expect(failure?.message).toBe('the worker was not done after 2 s and was ended');
  });

  it.each(['SIGINT', 'SIGTERM'])("is gone after %s, within the runner's patience", async (signal) => {
    const { failure } = await orchestrate({
      job: job('stubborn'),
      args: mounts,
      atFirstEvent: (name) => docker('kill', '--signal', signal, name),
    });
    expect(failure?.message).toBe(signal);
    expect(workers()).toEqual([]);
  });

  it('whose orchestrator was killed is removed by the next one, and no other is', async () => {
    let left = '';
    let alive = '';
    await orchestrate({
      job: job('hangs'),
      args: mounts,
      atFirstEvent: (name) => {
        left = workers()[0]!;
        docker('kill', name);
      },
    });
    expect(workers()).toEqual([left]);
    const other = docker(
      'run',
      '--detach',
      '--label',
      `${label}=${docker('ps', '-lq', '--no-trunc')}`,
      '--entrypoint',
      'sleep',
      orchestratorImage,
      '60',
    );
    try {
      alive = docker(
        'run',
        '--detach',
        '--label',
        `${label}=${other}`,
        '--entrypoint',
        'sleep',
        orchestratorImage,
        '60',
      );
      await orchestrate({ job: job('look'), args: mounts });
      expect(workers()).toContain(alive);
      expect(workers()).not.toContain(left);
    } finally {
      docker('rm', '--force', other, alive);
    }
  });

  it('cannot be started without a socket', async () => {
    const { failure } = await orchestrate({ job: job('look'), args: mounts.slice(2) });
    expect(failure?.kind).toBe('environment');
    expect(failure?.message).toBe(`there is no Docker socket at ${socket}`);
    expect(failure?.remedy).toContain('ubuntu-slim');
  });

  it('cannot be started where nobody listens at the socket', async () => {
    writeFileSync(path.join(scratch, 'docker.sock'), '');
    const args = ['-v', `${scratch}/docker.sock:${socket}`, ...mounts.slice(2)];
    expect((await orchestrate({ job: job('look'), args })).failure?.message).toBe(
      `no Docker engine listens at ${socket}`,
    );
  });

  it('cannot be started for a tree that only the orchestrator has', async () => {
    const { failure } = await orchestrate({ job: job('look', '/etc'), args: mounts });
    expect(failure?.message).toContain('/etc is on no volume');
  });

  it('cannot be started for a tree that others may not read', async () => {
    chmodSync(path.join(scratch, 'ws'), 0o700);
    chownSync(path.join(scratch, 'ws'), 1001, 1001);
    const { failure } = await orchestrate({ job: job('look'), args: mounts });
    expect(failure?.message).toBe(
      'the worker may not read /ws: it belongs to user 1001 and is closed to others (mode 700)',
    );
    expect(failure?.remedy).toContain('chmod -R a+rX /ws');
  });

  it('reads headers beside the working directory, in the same checkout', async () => {
    mkdirSync(path.join(scratch, 'ws/sub'));
    const above = { ...job('above'), trees: [{ revision: 'head' as const, folder: '/ws/sub', root: '/ws' }] };
    expect((await orchestrate({ job: above, args: mounts })).messages[0]).toBe('int x;');
  });

  it('reads the workspace of another user', async () => {
    for (const file of ['ws', 'ws/source.c']) chownSync(path.join(scratch, file), 1001, 1001);
    chmodSync(path.join(scratch, 'ws'), 0o755);
    expect((await orchestrate({ job: job('look'), args: mounts })).messages[0]).toBe('int x;');
  });

  it('is looked for by doctor', async () => {
    expect(await probeDocker()).toMatchObject({ name: 'docker', answer: 'yes', optional: true });
    expect(await probeDocker('/nonexistent.sock')).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('-v') as string,
    });
  });
});

interface Inspection {
  readonly Config: unknown;
  readonly HostConfig: { CapAdd: string[]; CapDrop: string[]; Privileged: boolean; SecurityOpt: string[] };
  readonly Mounts: { Destination: string; Type: string; RW: boolean }[];
  readonly NetworkSettings: { Networks: Record<string, unknown> };
}
