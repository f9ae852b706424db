#!/usr/bin/env bash
# Sets up what only the tests need. A Docker engine and Rust are installed where KFAAS_REQUIRE asks for them; elsewhere their
# tests run if they are there and say why they are skipped if they are not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

has() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null; }

missing=()
has ip || missing+=(iproute2)
has xz || missing+=(xz-utils)
case ",${KFAAS_REQUIRE:-}," in
  *,docker,*)
    has dockerd || missing+=(docker.io)
    has iptables || missing+=(iptables)
    has debootstrap || missing+=(debootstrap)
    if ! has docker; then # newer releases have the command in a package of its own
      refresh_package_lists docker.io
      [ -z "$(candidate docker-cli)" ] || missing+=(docker-cli)
    fi
    ;;
esac
# The corpus is fetched by apt-get download, which needs the lists.
if has apt-get && [ -z "$(candidate linux-source)" ]; then refresh_package_lists linux-source; fi
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
case ",${KFAAS_REQUIRE:-}," in *,rust,*) scripts/setup-rust.sh ;; esac
