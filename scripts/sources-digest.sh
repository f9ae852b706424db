#!/usr/bin/env bash
# Prints the digest of everything that dist/ is made from. dist/sources.sha256 holds the one that it was made from: file
# times say nothing after a clone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
find src tsconfig.json tsconfig.build.json package-lock.json -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1
