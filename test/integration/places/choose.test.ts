import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { choosePlace } from '../../../src/places/choose.js';
import { buildOrchestratorImage, orchestratorImage } from '../../helpers/orchestrator-image.js';
import { available } from '../../helpers/require.js';

const script = `
  import { choosePlace } from '/kfaas-bench/lib/places/choose.js';
  try {
    console.log((await choosePlace()).name);
  } catch ({ failure }) {
    console.log(JSON.stringify(failure));
  }
`;

function chosenIn(...options: string[]): string {
  const words = [
    'run',
    '--rm',
    ...options,
    '--entrypoint',
    'node',
    orchestratorImage,
    '--input-type=module',
    '-e',
    script,
  ];
  return spawnSync('docker', words, { encoding: 'utf8' }).stdout.trim();
}

describe.skipIf(!available('kernel'))('the place for the worker, with the privilege to load BPF', () => {
  it('is a child process', async () => {
    expect((await choosePlace()).name).toBe('process');
  });
});

describe.skipIf(!available('docker'))('the place for the worker, in a container', () => {
  const socket = ['-v', '/var/run/docker.sock:/var/run/docker.sock'];
  beforeAll(buildOrchestratorImage, 300_000);

  it('is a child process where that may load BPF', () => {
    expect(chosenIn('--cap-add', 'SYS_ADMIN', ...socket)).toBe('process');
  });

  it('is a sibling where it may not', () => {
    expect(chosenIn(...socket)).toBe('container');
  });

  it('is none without a socket, and the message says what would help', () => {
    const told = chosenIn();
    expect(told).toContain('there is no Docker socket at /var/run/docker.sock');
    expect(told).toContain('ubuntu-slim');
    expect(told).toContain('--cap-add SYS_ADMIN');
  });

  it('is none where we cannot prove which container we are', () => {
    expect(chosenIn('--read-only', ...socket)).toContain('runs in no container that the Docker engine');
  });
});
