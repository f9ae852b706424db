import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startGithub } from '../helpers/e2e-github.js';
import { add, lengthy } from '../helpers/e2e-programs.js';
import { secrets } from '../helpers/e2e-job.js';
import { startStep, workerOf } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';

interface Inspection {
  readonly Config: { readonly Env: string[] };
  readonly HostConfig: {
    readonly NetworkMode: string;
    readonly Privileged: boolean;
    readonly CapAdd: string[];
    readonly CapDrop: string[];
    readonly SecurityOpt: string[];
    readonly PidMode: string;
    readonly PidsLimit: number;
    readonly Memory: number;
    readonly VolumesFrom: string[] | null;
    readonly Devices: unknown[] | null;
  };
  readonly Mounts: readonly { readonly Type: string; readonly Destination: string; readonly RW: boolean }[];
}

describe.skipIf(!available('docker'))('the worker of a job, while it runs', () => {
  it('has no token, no network, no socket, one capability and read-only sources', async () => {
    const github = await startGithub();
    const checkedOut = '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eDpnaHNfZTJlVG9rZW4=\n';
    const running = startStep({
      github,
      files: add,
      with: { ...lengthy, source: 'bpf/add.bpf.c' },
      prepare: ({ workspace }) => {
        execFileSync('git', ['init', '--quiet', workspace]);
        appendFileSync(path.join(workspace, '.git/config'), checkedOut);
      },
    });
    const { worker } = await workerOf(running);
    const text = execFileSync('docker', ['inspect', worker], { encoding: 'utf8' });
    const inside = (...command: string[]): string => {
      try {
        return execFileSync('docker', ['exec', worker, ...command], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      } catch (error) {
        return String((error as { stderr: unknown }).stderr);
      }
    };
    const gitConfig = inside('cat', '/github/workspace/.git/config');
    const written = inside('touch', '/github/workspace/bpf/add.bpf.c', '/github/workspace/new');
    const interfaces = inside('ls', '/sys/class/net');
    running.client.kill('SIGINT');
    await running.finished;

    const [{ Config, HostConfig, Mounts }] = JSON.parse(text) as [Inspection];
    for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    expect(Config.Env.filter((variable) => /^(GITHUB|INPUT|ACTIONS|RUNNER)_/.test(variable))).toEqual([]);
    expect(gitConfig).toContain('No such file');
    expect(HostConfig.NetworkMode).toBe('none');
    expect(interfaces.trim()).toBe('lo');
    expect(text).not.toContain('docker.sock');
    expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], PidMode: '' });
    expect(HostConfig.CapAdd.map((name) => name.replace('CAP_', ''))).toEqual(['SYS_ADMIN', 'SYSLOG']);
    expect(HostConfig.SecurityOpt).toContain('no-new-privileges');
    expect(HostConfig.VolumesFrom ?? []).toEqual([]);
    expect(HostConfig.Devices ?? []).toEqual([]);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(written.match(/Read-only file system/g)).toHaveLength(2);
    expect(Mounts.filter(({ RW }) => RW).map(({ Type }) => Type)).toEqual(['volume', 'volume', 'volume']);
    expect(Mounts.filter(({ Type, RW }) => Type === 'bind' && RW)).toEqual([]);
  });
});
