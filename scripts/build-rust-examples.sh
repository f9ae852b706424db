#!/usr/bin/env bash
# Builds examples/rust with Debian's Rust, the one that has the library `core` for eBPF ready-made, and says what it installs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

bpf_linker_version=0.13.0
tools=$PWD/.tools/bpf-linker

for package in rustc-web cargo-web libstd-rust-web-dev-bpf; do
  dpkg-query -W "$package" >/dev/null 2>&1 && continue
  refresh_package_lists "$package"
  [ -n "$(candidate "$package")" ] ||
    give_up "$package, Debian's Rust, is not in the package lists" 'use Debian 12 with its security updates'
  install_packages rustc-web cargo-web libstd-rust-web-dev-bpf
done

# A rustup in the PATH would choose another compiler for the dependencies than for the example.
export RUSTC=/usr/bin/rustc
cargo() { /usr/bin/cargo "$@"; }

(cd examples/rust/function && CLANG=${CLANG:-} cargo build --release --quiet)

# aya's linker needs the LLVM that the compiler is made of, by the name of its development package.
if [ ! -x "$tools/bin/bpf-linker" ]; then
  say "building bpf-linker $bpf_linker_version"
  llvm=$(rustc_llvm=$("$RUSTC" --version --verbose | sed -n 's/^LLVM version: \([0-9]*\)\..*/\1/p') &&
    ldconfig -p | sed -n "s/.*libLLVM\.so\.$rustc_llvm\.[0-9]* .*=> //p;T;q")
  mkdir -p "$tools/llvm/lib"
  ln -sf "$llvm" "$tools/llvm/lib/libLLVM.so"
  LLVM_PREFIX=$tools/llvm cargo install --quiet --locked bpf-linker --version "$bpf_linker_version" \
    --no-default-features --features llvm-22 --root "$tools"
fi
(cd examples/rust/aya && PATH="$tools/bin:$PATH" cargo build --release --quiet)
