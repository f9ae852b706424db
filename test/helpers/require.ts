/**
 * What a test needs of the machine. On a laptop a test without its need is skipped and the reason printed; a need that
 * `KFAAS_REQUIRE` lists (`KFAAS_REQUIRE=kernel,docker,apt`) fails the test file instead, so that no skip hides a regression.
 *
 *     describe.skipIf(!available('kernel'))('…', () => { … });
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Why this machine cannot, ending in what to do; nothing where it can. */
type Shortfall = string | undefined;

const capSysAdmin = 21n; // include/uapi/linux/capability.h

function kernel(): Shortfall {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((effective >> capSysAdmin) & 1n) === 1n
    ? undefined
    : 'no CAP_SYS_ADMIN, so bpf(2) refuses to load programs: run as root, a container with --cap-add SYS_ADMIN';
}

function docker(): Shortfall {
  const version = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  if (version.error !== undefined)
    return `no docker command (${version.error.message}): install docker.io and docker-cli`;
  if (version.status !== 0) return `no Docker engine answers (${version.stderr.trim()}): start dockerd`;
  return undefined;
}

/** The compiler that examples/rust is built with, and its `core` for eBPF. */
function rust(): Shortfall {
  const target = ['--print', 'target-libdir', '--target', 'bpfel-unknown-none'];
  const { stdout, status } = spawnSync('/usr/bin/rustc', target, { encoding: 'utf8' });
  const linker = fileURLToPath(new URL('../../.tools/bpf-linker/bin/bpf-linker', import.meta.url));
  return status === 0 && existsSync(stdout.trim()) && existsSync(linker)
    ? undefined
    : 'no Rust for eBPF, or no bpf-linker: on Debian 12 run scripts/setup-rust.sh';
}

/** Debian's packages, for tests that fetch what they are about. */
function apt(): Shortfall {
  const { error } = spawnSync('apt-get', ['--version']);
  return error === undefined ? undefined : `no apt-get (${error.message}): use Debian 12 or newer`;
}

const needs = { kernel, docker, apt, rust };
export type Need = keyof typeof needs;

function required(): Need[] {
  const names = (process.env.KFAAS_REQUIRE ?? '').split(',').filter((name) => name !== '');
  return names.map((name) => {
    if (Object.hasOwn(needs, name)) return name as Need;
    throw new Error(`KFAAS_REQUIRE names ${name}; it may list ${Object.keys(needs).join(', ')}`);
  });
}

const seen = new Map<Need, boolean>();

/** Whether this machine has what a test needs. Throws where `KFAAS_REQUIRE` lists the need and the machine lacks it. */
export function available(need: Need): boolean {
  const known = seen.get(need);
  if (known !== undefined) return known;
  const shortfall = needs[need]();
  if (shortfall !== undefined && required().includes(need)) throw new Error(`${need} is required here: ${shortfall}`);
  if (shortfall !== undefined) console.warn(`skipped, needs ${need}: ${shortfall}`);
  seen.set(need, shortfall === undefined);
  return shortfall === undefined;
}
