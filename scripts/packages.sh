# shellcheck shell=bash
# What the set-up scripts share: saying what is done, acting as root, Debian packages.

say() { printf 'setup: %s\n' "$*" >&2; }

# give_up MESSAGE REMEDY: ends the script with the exit code of an environment that cannot do what was asked.
give_up() {
  printf 'setup: %s\n  → %s\n' "$1" "$2" >&2
  exit 3
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    give_up "not root, and no sudo here to run: $*" 'run this again as root'
  fi
}

# Reads the package lists once per script, and only where a package is wanted at all.
refresh_package_lists() {
  [ -z "${package_lists_fresh:-}" ] || return 0
  command -v apt-get >/dev/null ||
    give_up "no apt-get here to install: $*" 'install the same by your own package manager; docs/setup.md lists what is needed'
  say 'reading the package lists'
  as_root apt-get update -qq
  package_lists_fresh=yes
}

# The version that apt would install of a package; nothing where it has none.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '^(none)$' || true; }

install_packages() {
  local log
  refresh_package_lists "$@"
  say "installing $*"
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    give_up "apt-get could not install: $*" 'see its messages above'
  fi
  rm "$log"
}
