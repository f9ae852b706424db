import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

describe('available', () => {
  beforeEach(() => {
    vi.resetModules(); // answers are remembered for a test file's life
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere.sock');
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const load = () => import('../../helpers/require.js');

  it('says no, with the reason, on a laptop', async () => {
    vi.stubEnv('KFAAS_REQUIRE', '');
    const { available } = await load();
    expect(available('docker')).toBe(false);
    expect(available('docker')).toBe(false);
    expect(console.warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^skipped, needs docker: no Docker|^skipped, needs docker: no docker/),
    );
  });

  it('throws where the need is required', async () => {
    vi.stubEnv('KFAAS_REQUIRE', 'kernel,docker');
    const { available } = await load();
    expect(() => available('docker')).toThrow('docker is required here');
  });

  it('refuses a requirement that it does not know', async () => {
    vi.stubEnv('KFAAS_REQUIRE', 'dokcer');
    const { available } = await load();
    expect(() => available('docker')).toThrow('KFAAS_REQUIRE names dokcer; it may list kernel, docker, apt, rust');
  });
});
