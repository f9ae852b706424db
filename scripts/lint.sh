#!/usr/bin/env bash
# Runs every static check, all of them even where one fails, and names those that failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
PATH="$PWD/node_modules/.bin:$PWD/.tools/bin:$PATH"

failed=()
check() { # check NAME COMMAND…
  local name=$1
  shift
  printf '%s\n' "lint: $name"
  "$@" || failed+=("$name")
}

# optional NAME COMMAND…: a tool that a laptop may lack, and CI may not.
optional() {
  if command -v "$2" >/dev/null; then
    check "$@"
  elif [ -n "${CI:-}" ]; then
    printf '%s\n' "lint: $2 is required under CI" >&2
    failed+=("$1")
  else
    printf '%s\n' "lint: no $2 here, $1 left out; make lint installs it where it can" >&2
  fi
}

# A lock file that names a registry's host sends everybody there.
lock_names_no_host() { ! grep -n '"resolved"' package-lock.json; }

mapfile -t shell_scripts < <(find scripts .ci -type f \( -name '*.sh' -o -path '.ci/*' \) | sort)
mapfile -t workflows < <(find .github/workflows examples/workflows -name '*.yml' | sort)

check types tsc --noEmit
check eslint eslint --max-warnings 0 .
check prettier prettier --check --log-level warn .
check package-lock.json lock_names_no_host
check action.yml action-validator action.yml
optional 'shell scripts' shellcheck --external-sources "${shell_scripts[@]}"
optional workflows actionlint "${workflows[@]}"

if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
