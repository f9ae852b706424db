/** examples/rust, built as its README says, and run through the command line. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchRecord } from '../../src/domain/record.js';
import { runCommand } from '../helpers/command-line.js';
import { available } from '../helpers/require.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = path.join(root, 'examples/rust');
/** Debian's Rust before a rustup's. */
const environment = { PATH: `${root}/.tools/bpf-linker/bin:/usr/bin:${process.env['PATH'] ?? ''}` };
const BUILD_MS = 600_000;

describe.skipIf(!available('kernel') || !available('rust'))('programs in Rust', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-rust-'));
    const filter = (file: string): boolean => path.basename(file) !== 'target';
    cpSync(examples, folder, { recursive: true, filter });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Built and run by the `kfaas.yml` of an example. */
  async function measured(example: string): Promise<BenchRecord> {
    const words = ['run', '--json', '--iterations', '2000', '--rounds', '3'];
    const { code, stdout, stderr } = await runCommand(words, { folder: path.join(folder, example), environment });
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { record: BenchRecord }).record;
  }

  it(
    'one crate is measured on both sides by what it was compiled to',
    async () => {
      const { benchmarks, rows } = await measured('function');
      expect(benchmarks[0]).not.toHaveProperty('failure');
      expect(benchmarks[0]).not.toHaveProperty('extent');
      expect(benchmarks[0]!.programs[0]).toMatchObject({ program: 'checksum', type: 'tc' });
      expect(benchmarks[0]!.programs[0]).not.toHaveProperty('twin');
      const timed = rows.filter(({ metric }) => metric.name === 'time').map(({ arm }) => arm);
      expect(new Set(timed)).toEqual(new Set(['kernel', 'call', 'syscall', 'wakeup']));
    },
    BUILD_MS,
  );

  it(
    'those of aya are measured on both sides with their map, of the new kind and of the classic one',
    async () => {
      const { benchmarks } = await measured('aya');
      expect(benchmarks.map(({ plan }) => plan.name)).toEqual(['port-counter', 'port-counter-classic']);
      for (const { programs, extent, failure } of benchmarks) {
        expect([extent, failure]).toEqual([undefined, undefined]);
        expect(programs[0]).toMatchObject({ program: 'port_counter', type: 'xdp', twin: { kind: 'translated' } });
      }
    },
    BUILD_MS,
  );

  it('a bounds check that is left over is told, with how to be rid of it', async () => {
    const source = path.join(folder, 'indexes.rs');
    writeFileSync(source, indexing);
    const words = ['--edition', '2024', '--target', 'bpfel-unknown-none', '-Cpanic=abort', '-Copt-level=3'];
    const linked = ['-Clinker=bpf-linker', '-Cdebuginfo=2', '-Clink-arg=--btf', '-o', path.join(folder, 'indexes')];
    const options = { encoding: 'utf8', env: { ...process.env, ...environment, RUSTC_BOOTSTRAP: '1' } } as const;
    const built = spawnSync('/usr/bin/rustc', [...words, ...linked, source], options);
    expect(built.stderr).toBe('');
    const { code, stdout } = await runCommand(['run', 'indexes'], { folder });
    expect(code).toBe(1);
    expect(stdout).toContain('panic_bounds_check');
    expect(stdout).toMatch(/mask the index .*get\(\)/);
  });

  it('are configured as their README shows', () => {
    const page = readFileSync(path.join(examples, 'README.md'), 'utf8');
    expect(page).toContain(readFileSync(path.join(examples, 'function/kfaas.yml'), 'utf8'));
    expect(page).toContain(readFileSync(path.join(examples, 'aya/kfaas.yml'), 'utf8'));
  });
});

/** An index that nothing bounds. */
const indexing = `
#![no_std]
#![no_main]
static TABLE: [u8; 7] = [1, 2, 3, 4, 5, 6, 7];
#[unsafe(no_mangle)]
#[unsafe(link_section = "tc")]
pub extern "C" fn indexes(skb: &[u32; 20]) -> i32 {
    TABLE[skb[0] as usize] as i32
}
#[unsafe(no_mangle)]
#[unsafe(link_section = "license")]
pub static LICENSE: [u8; 4] = *b"GPL\\0";
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
`;
