#!/usr/bin/env bash
# Builds examples/rust with what scripts/setup-rust.sh sets up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup-rust.sh

# A rustup in the PATH would choose another compiler for the dependencies than for the example.
export RUSTC=/usr/bin/rustc
PATH=$PWD/.tools/bpf-linker/bin:$PATH
for crate in function aya; do (cd "examples/rust/$crate" && /usr/bin/cargo build --release --locked --quiet); done
