#!/usr/bin/env bash
# as-root.sh COMMAND…: runs it as root, by sudo where needed, with the caller's PATH and the settings that matter here.
set -euo pipefail
[ "$(id -u)" -ne 0 ] || exec "$@"
command -v sudo >/dev/null || {
  printf 'loading eBPF needs root, and there is no sudo here\n  → run this again as root\n' >&2
  exit 3
}
exec sudo --preserve-env=CI,CLANG,DOCKER_HOST,FORCE_COLOR,KFAAS_REQUIRE,NO_COLOR env "PATH=$PATH" "$@"
