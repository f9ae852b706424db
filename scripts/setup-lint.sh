#!/usr/bin/env bash
# Sets up what only lint needs: shellcheck from apt, actionlint by Go into .tools/bin. Without Go actionlint is left
# out, with a word; under CI that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

actionlint=github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

command -v shellcheck >/dev/null || install_packages shellcheck
[ ! -x .tools/bin/actionlint ] || exit 0
if command -v go >/dev/null; then
  say "installing $actionlint into .tools/bin"
  GOBIN="$PWD/.tools/bin" go install "$actionlint"
elif [ -n "${CI:-}" ]; then
  give_up 'actionlint is required under CI and there is no Go to install it with' 'install Go 1.25 or newer'
else
  say 'no Go here, so no actionlint: the workflows are not checked'
fi
