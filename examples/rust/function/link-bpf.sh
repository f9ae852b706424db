#!/bin/sh
# The linker of the eBPF target: rustc's own assembly goes through clang, whose LLVM is older than rustc's and refuses its bitcode.
set -eu
while [ $# -gt 1 ]; do
  [ "$1" = -o ] && output=$2
  shift
done
library=$(basename "$output" .so)
exec "${CLANG:-clang-19}" -target bpf -c "$(dirname "$output")/${library#lib}.s" -o "$output"
