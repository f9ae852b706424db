#!/usr/bin/env bash
# try-bare.sh SUITE [TARGET…]: runs `make TARGET` (by default bench, bench again, test) on this commit in a bare Debian or
# Ubuntu container (`bookworm`, `trixie`, `noble`…), which has make and certificates and nothing else. Needs root, a Docker
# engine and debootstrap.
#
#   KFAAS_OVERLAY=FOLDER   is copied over the container's root first: certificates, package manager settings
#   KFAAS_MIRROR=URL       where the suite is fetched from; by default its distribution's own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
suite=${1:?usage: scripts/try-bare.sh SUITE [TARGET…]}
shift
[ $# -gt 0 ] || set -- bench bench test

image=kfaas-bare:$suite
scratch=$(mktemp -d)
container=
finish() {
  [ -z "$container" ] || docker rm --force "$container" >/dev/null
  rm -rf "$scratch"
}
trap finish EXIT

make_image() {
  local options=(--variant=minbase '--include=make,ca-certificates')
  # Debian has everything in main; Ubuntu keeps clang and libbpf in universe, which Debian does not know.
  grep -qs ubuntu "/usr/share/debootstrap/scripts/$suite" && options+=('--components=main,universe')
  debootstrap "${options[@]}" "$suite" "$scratch/root" ${KFAAS_MIRROR:+"$KFAAS_MIRROR"} >"$scratch/log" || {
    tail -n 20 "$scratch/log" >&2
    exit 1
  }
  tar -C "$scratch/root" -c . | docker import - "$image" >/dev/null
}

docker image inspect "$image" >/dev/null 2>&1 || make_image
# SYS_ADMIN is what loading eBPF needs; nothing else is asked for.
container=$(docker run --detach --cap-add SYS_ADMIN --workdir /kfaas-bench "$image" sleep infinity)
[ -z "${KFAAS_OVERLAY:-}" ] || tar -C "$KFAAS_OVERLAY" -c . | docker exec --interactive "$container" tar -C / -x
git archive HEAD | docker exec --interactive "$container" tar -x

for target in "$@"; do
  started=$SECONDS
  docker exec --env CI --env KFAAS_REQUIRE "$container" make "$target"
  printf '== %s: make %s took %d s\n' "$suite" "$target" $((SECONDS - started))
done
