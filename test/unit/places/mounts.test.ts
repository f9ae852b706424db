import { describe, expect, it } from 'vitest';
import { isWithin, sourceMounts } from '../../../src/places/mounts.js';

const bind = (Source: string, Destination: string) => ({ Type: 'bind', Source, Destination });
const readOnly = (Source: string, Target: string) => ({ Type: 'bind', Source, Target, ReadOnly: true });
const image = '/kfaas-bench';
const runner = [
  bind('/var/run/docker.sock', '/var/run/docker.sock'),
  bind('/home/runner/work/_temp', '/github/runner_temp'),
  bind('/home/runner/work/kit/kit', '/github/workspace'),
];

describe('what a sibling mounts', () => {
  it('is the folder, from where the machine has it, read-only', () => {
    expect(sourceMounts(['/github/workspace'], runner, image)).toEqual([
      readOnly('/home/runner/work/kit/kit', '/github/workspace'),
    ]);
  });

  it('is no more than the folder, where that lies deep in a larger mount', () => {
    expect(sourceMounts(['/work/kit/kit/bpf'], [bind('/', '/work'), bind('/srv', '/work/kit')], image)).toEqual([
      readOnly('/srv/kit/bpf', '/work/kit/kit/bpf'),
    ]);
    expect(sourceMounts(['/host/src'], [bind('/', '/host')], image)).toEqual([readOnly('/src', '/host/src')]);
  });

  it('is a volume by the place where the engine keeps it', () => {
    const volume = { Type: 'volume', Source: '/var/lib/docker/volumes/ws/_data', Destination: '/ws' };
    expect(sourceMounts(['/ws/a'], [volume], image)).toEqual([readOnly('/var/lib/docker/volumes/ws/_data/a', '/ws/a')]);
  });

  it('brings along what is mounted inside of it, but never a socket', () => {
    const own = [
      bind('/a', '/ws'),
      bind('/b', '/ws/third_party'),
      bind('/var/run/docker.sock', '/ws/docker.sock'),
      { Type: 'tmpfs', Source: '', Destination: '/ws/tmp' },
    ];
    expect(sourceMounts(['/ws'], own, image)).toEqual([readOnly('/a', '/ws'), readOnly('/b', '/ws/third_party')]);
  });

  it('mounts a folder once, and not again for one within', () => {
    expect(sourceMounts(['/github/workspace/', '/github/workspace/bpf', '/github/workspace'], runner, image)).toEqual([
      readOnly('/home/runner/work/kit/kit', '/github/workspace'),
    ]);
  });

  it('needs nothing for what the image brings', () => {
    expect(sourceMounts(['/kfaas-bench/bpf/functions'], runner, image)).toEqual([]);
  });

  it('mounts the installation, too, where that is a mount itself', () => {
    expect(sourceMounts(['/kfaas-bench/bpf'], [bind('/repo', '/kfaas-bench')], image)).toEqual([
      readOnly('/repo/bpf', '/kfaas-bench/bpf'),
    ]);
  });

  it('refuses a folder that only this container has', () => {
    expect(() => sourceMounts(['/github/workspace2'], runner, image)).toThrow('/github/workspace2 is on no volume');
    const tmpfs = { Type: 'tmpfs', Source: '', Destination: '/scratch' };
    expect(() => sourceMounts(['/scratch/a'], [tmpfs], image)).toThrow('/scratch/a');
  });
});

describe('lying within', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/a', '/', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a/..b', '/a', true],
  ])('%s in %s: %s', (file, folder, expected) => {
    expect(isWithin(file, folder)).toBe(expected);
  });
});
