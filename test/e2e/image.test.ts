import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { unprivileged, unprivilegedBuildVariable } from '../../src/build/unprivileged.js';
import { e2eImage } from '../helpers/e2e-image.js';
import { available } from '../helpers/require.js';

const megabytes = 1_000_000; // as `docker images` counts

function docker(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('docker', args, { encoding: 'utf8' });
}

function inImage(script: string, ...options: string[]): string {
  const { stdout, stderr, status } = docker('run', '--rm', ...options, '--entrypoint', 'sh', e2eImage, '-euc', script);
  expect(status, stderr).toBe(0);
  return stdout;
}

function sizeBytes(image: string): number {
  return Number(docker('image', 'inspect', '--format', '{{.Size}}', image).stdout);
}

describe.skipIf(!available('docker'))('the image', () => {
  it('runs the main job with CAP_SYS_ADMIN and nothing else', () => {
    const { status, stdout, stderr } = docker('run', '--rm', '--cap-drop', 'ALL', '--cap-add', 'SYS_ADMIN', e2eImage);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^User-space execution time: \d+\.\d\d µs/m);
    expect(stdout).toMatch(/^Kernel-space execution time \(eBPF\): \d+\.\d\d µs/m);
    expect(stdout).toMatch(/^eBPF is [\d.]+x (faster|slower) than user-space execution!$/m);
    expect(stdout).toContain('libbpf 1.5');
  });

  it('says what a container without privilege lacks', () => {
    const { status, stdout } = docker('run', '--rm', e2eImage);
    expect(status).toBe(3);
    expect(stdout).toContain('bpf(2) is not permitted here');
    expect(stdout).toContain('--cap-add SYS_ADMIN');
  });

  it('compiles without any capability, though the worker has two', () => {
    const words = unprivileged(['grep', '-E', '^(CapPrm|CapEff|CapInh|CapAmb)', '/proc/self/status'], {
      [unprivilegedBuildVariable]: '1',
    });
    const granted = ['--cap-drop', 'ALL', '--cap-add', 'SYS_ADMIN', '--cap-add', 'SYSLOG'];
    const worker = [...granted, '--security-opt', 'no-new-privileges'];
    expect(inImage('grep CapEff /proc/self/status', ...worker)).toMatch(/\t0000000400200000\n/);
    const none = inImage(words.map((word) => `'${word}'`).join(' '), ...worker);
    expect(none.match(/\t0000000000000000$/gm)).toHaveLength(4);
  });

  it("has what a user's build needs", () => {
    const built = inImage(`
      cd /tmp
      printf '%s\\n' '#include <linux/bpf.h>' '#include <bpf/bpf_helpers.h>' \\
        'SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }' 'char _license[] SEC("license") = "GPL";' >pass.bpf.c
      printf 'pass.skel.h: pass.bpf.o\\n\\tbpftool gen skeleton $< >$@\\n' >Makefile
      printf 'pass.bpf.o: pass.bpf.c\\n\\tclang -g -O2 -target bpf -c $< -o $@\\n\\tllvm-strip -g $@\\n' >>Makefile
      make --silent
      printf '%s\\n' '#include "pass.skel.h"' 'int main(void) { return pass_bpf__open() == 0; }' >user.c
      clang user.c -o user -lbpf
      ./user && git --version
    `);
    expect(built).toMatch(/^git version/);
  });

  it('adds less than 450 MB to its base, and no secret of who built it', () => {
    expect(sizeBytes(e2eImage) - sizeBytes('node:24-trixie-slim')).toBeLessThan(450 * megabytes);
    expect(inImage('ls /kfaas-bench')).toBe('LICENSE\nbpf\ndist\nnode_modules\npackage.json\n');
    expect(inImage('ls /kfaas-bench/node_modules/@koromix')).toMatch(/^koffi-linux-(x64|arm64)\n$/);
  });

  it('starts in the exec form, so that inputs with dashes in their names arrive', () => {
    const config = docker('image', 'inspect', '--format', '{{json .Config.Entrypoint}} {{json .Config.Cmd}}', e2eImage);
    expect(config.stdout).toMatch(/^\["node","\/kfaas-bench\/dist\/index\.js"\] (null|\[\])\n$/);
  });
});
