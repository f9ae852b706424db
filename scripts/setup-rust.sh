#!/usr/bin/env bash
# Sets up what examples/rust is built with: Debian's Rust, the one that has the library `core` for eBPF ready-made, and
# bpf-linker in .tools. Says what it installs. With --offered it only tells, by its exit code, whether this release has them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

packages=(rustc-web cargo-web libstd-rust-web-dev-bpf)
bpf_linker_version=0.13.0
tools=$PWD/.tools/bpf-linker

installed() { dpkg-query -W "${packages[@]}" >/dev/null 2>&1; }

offered() {
  local package
  refresh_package_lists "${packages[@]}"
  for package in "${packages[@]}"; do [ -n "$(candidate "$package")" ] || return 1; done
}

if [ "${1:-}" = --offered ]; then
  installed || offered
  exit
fi

if ! installed; then
  offered || give_up "Debian's Rust for eBPF (${packages[*]}) is not in the package lists" \
    'use Debian 12 with its security updates, or leave the Rust examples alone'
  install_packages "${packages[@]}"
fi

# aya's linker needs the LLVM that the compiler is made of, by the name of its development package.
if [ ! -x "$tools/bin/bpf-linker" ]; then
  say "building bpf-linker $bpf_linker_version into .tools"
  major=$(/usr/bin/rustc --version --verbose | sed -n 's/^LLVM version: \([0-9]*\)\..*/\1/p')
  llvm=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | sed -n "s/.*libLLVM\.so\.$major\.[0-9]* .*=> //p;T;q")
  mkdir -p "$tools/llvm/lib"
  ln -sf "$llvm" "$tools/llvm/lib/libLLVM.so"
  RUSTC=/usr/bin/rustc LLVM_PREFIX=$tools/llvm /usr/bin/cargo install --quiet --locked bpf-linker \
    --version "$bpf_linker_version" --no-default-features --features "llvm-$major" --root "$tools"
fi
