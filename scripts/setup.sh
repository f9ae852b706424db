#!/usr/bin/env bash
# Sets up what `make bench` needs and this machine lacks, and says what it installs: clang, libbpf, headers, Node, the npm
# packages and the bundle. Debian 12, Ubuntu 24.04 or newer; elsewhere it names what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

clang_versions='20 19 18 17 16 15 14' # newest first
node_floor=20.19                      # package.json, engines
node_of_ours=24                       # what the image carries
tools=$PWD/.tools/node                # a Node of this folder's own, where the system's is too old
export PATH="$tools/node_modules/.bin:$PATH"

has() { command -v "$1" >/dev/null; }
has_library() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -F "$1 " >/dev/null; }

has_clang() {
  local version
  if [ -n "${CLANG:-}" ]; then
    has "$CLANG" || give_up "CLANG is $CLANG, which is no command here" 'unset CLANG, or correct it'
    return 0
  fi
  for version in $clang_versions; do has "clang-$version" && return; done
  has clang
}

install_clang() {
  local version
  refresh_package_lists clang
  for version in $clang_versions; do
    [ -n "$(candidate "clang-$version")" ] || continue
    install_packages "clang-$version"
    return
  done
  give_up "no clang of ${clang_versions// /, } in the package lists" 'install one of them, or set CLANG'
}

install_system_packages() {
  refresh_package_lists "$@"
  if [[ " $* " == *' libbpf1 '* && -z $(candidate libbpf1) ]]; then
    give_up 'libbpf 1.0 or newer is needed and this release has none' \
      'use Debian 12 or Ubuntu 24.04 or newer, or: docker build -t kfaas-bench . && docker run --privileged kfaas-bench'
  fi
  install_packages "$@"
}

# A wish, not a need: the program's own figures are cross-checked with it.
install_bpftool() {
  [ -n "$(candidate bpftool)" ] || return 0
  install_packages bpftool
}

missing_packages() {
  has git || echo git
  has ld || echo binutils
  [ -e /usr/include/linux/bpf.h ] || echo linux-libc-dev
  [ -e /usr/include/stdio.h ] || echo libc6-dev
  [ -e /usr/include/bpf/bpf_helpers.h ] || echo libbpf-dev
  has_library libbpf.so.1 || echo libbpf1
  has_library libelf.so.1 || echo libelf1
}

# at_least FLOOR VERSION
at_least() { printf '%s\n' "$1" "$2" | sort --version-sort --check=quiet; }

node_is_new_enough() { has node && has npm && at_least "$node_floor" "$(node --version | tr -d v)"; }

install_node() {
  local offered
  if ! has node && ! has npm; then
    refresh_package_lists nodejs npm
    offered=$(candidate nodejs)
    if at_least "$node_floor" "${offered:-0}"; then
      install_packages nodejs npm
      return
    fi
    say "Node $node_floor or newer is needed and apt has ${offered:-none}: its npm only fetches a newer one"
  fi
  has npm || install_packages npm
  install_node_of_ours
}

install_node_of_ours() {
  local machine
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) give_up "no Node $node_of_ours package for $(uname -m)" "install Node $node_floor or newer" ;;
  esac
  say "installing Node $node_of_ours and npm into .tools/node (the system's own stays as it is)"
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-save --ignore-scripts --no-fund --no-audit --loglevel=error "node-linux-$machine@$node_of_ours" npm@11 >&2
}

# node_modules/.lock-digest is the digest of the lock file that the packages were installed from.
install_npm_packages() {
  local wanted
  wanted=$(sha256sum package-lock.json)
  [ "$(cat node_modules/.lock-digest 2>/dev/null)" != "$wanted" ] || return 0
  say 'installing the npm packages'
  # npm 11 itself uses what Node 24 deprecates.
  NODE_OPTIONS=--disable-warning=DEP0169 npm ci --ignore-scripts --loglevel=error >&2
  printf '%s\n' "$wanted" >node_modules/.lock-digest
}

build_bundle() {
  [ "$(cat dist/sources.sha256 2>/dev/null)" != "$(scripts/sources-digest.sh)" ] || return 0
  say 'building dist/, which is older than src/'
  scripts/build.sh dist >&2
}

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] || install_system_packages "${missing[@]}"
has_clang || install_clang
has bpftool || [ -x /usr/sbin/bpftool ] || install_bpftool
node_is_new_enough || install_node
node_is_new_enough || give_up "Node $node_floor or newer is still not on PATH" 'install it and npm, then run this again'
install_npm_packages
build_bundle
