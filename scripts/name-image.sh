#!/usr/bin/env bash
# name-image.sh IMAGE: makes action.yml run a published image (docker://registry/name@sha256:…) instead of the Dockerfile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
image=${1:?usage: scripts/name-image.sh docker://REGISTRY/NAME@sha256:DIGEST}

if ! [[ $image =~ ^docker://[a-z0-9./_-]+@sha256:[0-9a-f]{64}$ ]]; then
  printf '%s names no image by digest\n  → docker://REGISTRY/NAME@sha256: and 64 hex digits\n' "$image" >&2
  exit 2
fi
grep -qx '  image: Dockerfile' action.yml || {
  printf 'action.yml has no line "  image: Dockerfile"\n  → start from main, where it has\n' >&2
  exit 2
}
sed -i "s|^  image: Dockerfile$|  image: $image|" action.yml
