#!/usr/bin/env bash
# Proves dist/ fresh: builds it again elsewhere and compares with what git would commit (or, outside of a repository,
# with the folder as it stands).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT

mkdir -p "$trial/committed/dist"
if [ -e .git ]; then
  # Root may look at a clone of another owner's: git refuses that unless told.
  git() { command git -c safe.directory="$PWD" "$@"; }
  git ls-files -z dist | git checkout-index -z --stdin --prefix="$trial/committed/"
else
  cp -r dist "$trial/committed/"
fi
scripts/build.sh "$trial/rebuilt" >/dev/null

remedy='  → run: npm run build && git add dist'
if ! diff --recursive --brief "$trial/committed/dist" "$trial/rebuilt"; then
  printf 'dist/ is not what src/ builds\n%s\n' "$remedy" >&2
  exit 1
fi
if [ ! -x "$trial/committed/dist/index.js" ]; then
  printf 'dist/index.js is not executable\n%s\n' "$remedy" >&2
  exit 1
fi
