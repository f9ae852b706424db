/** Debian packages at test time: fetched by apt as the machine is set up to, unpacked in part, never committed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const ROOM_BYTES = 1 << 26;

/** Standard output. Throws where the command fails. */
export function sh(command: string, folder: string, ...parameters: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(
    'bash',
    ['-euo', 'pipefail', '-c', command, 'bash', ...parameters],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: ROOM_BYTES,
    },
  );
  if (status === 0) return stdout;
  throw new Error(`${command} (${parameters.join(' ')}) failed: ${error?.message ?? stderr}`);
}

/** The kernel's source that the release's `linux-source` stands for, such as `linux-source-6.1`. */
export function linuxSourcePackage(): string {
  const depends = sh('apt-cache show --no-all-versions linux-source', '.');
  const name = /^Depends: .*\b(linux-source-[\d.]+)/m.exec(depends)?.[1];
  if (name === undefined) throw new Error(`linux-source depends on no source here:\n${depends}`);
  return name;
}

/** A package's file, as `NAME_VERSION_ARCHITECTURE.deb` in the folder; fetched where it is not there. */
function fetchPackage(name: string, folder: string): string {
  const held = (): string | undefined => readdirSync(folder).find((file) => file.startsWith(`${name}_`));
  if (held() === undefined) sh('apt-get download -o APT::Sandbox::User=root "$1"', folder, name);
  const file = held();
  if (file === undefined) throw new Error(`apt-get downloaded no ${name}`);
  return file;
}

/** Unpacks once: `unpack` gets the package's file and an empty folder of the package's name, which is returned. */
function unpacked(name: string, folder: string, unpack: (file: string, to: string) => void): string {
  const to = path.join(folder, name);
  if (existsSync(to)) return to;
  const draft = `${to}.draft`;
  mkdirSync(folder, { recursive: true });
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  const file = fetchPackage(name, folder);
  unpack(file, draft);
  rmSync(path.join(folder, file));
  sh('mv "$1" "$2"', folder, draft, to);
  return to;
}

/** The folder of a kernel source's BPF selftests and of what they include, `tools/` within. */
export function unpackSelftests(name: string, folder: string): string {
  const wanted = ['selftests/bpf/progs', 'selftests/bpf/*.h'].map((part) => `*/tools/testing/${part}`);
  const all = [
    ...wanted,
    '*/tools/lib/bpf/*.h',
    '*/tools/include/linux',
    '*/tools/include/uapi',
    '*/tools/arch/*/include/uapi',
  ];
  return unpacked(name, folder, (file, to) => {
    sh(
      'file=$1 to=$2 name=$3; shift 3; dpkg-deb --fsys-tarfile "$file" | tar -xO "./usr/src/$name.tar.xz" | xz -dc | tar -x -C "$to" --strip-components=1 --wildcards "$@"',
      folder,
      ...[file, to, name, ...all],
    );
  });
}

/** The folder of a package's files. */
export function unpackPackage(name: string, folder: string): string {
  return unpacked(name, folder, (file, to) => {
    sh('dpkg-deb -x "$1" "$2"', folder, file, to);
  });
}
